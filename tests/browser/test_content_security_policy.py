"""The strict content security policy.

The tests of accessibility visit every other page in every state, and fail if one breaks the policy.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.browser import states
from tests.browser.visitor import Visitor
from tests.fake_providers import StandIn
from tests.support.live import Live

POLICY = {
    "default-src 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "font", "connect", "manifest")),
    "form-action 'self'",
}
REPORT = """document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile }) =>
  reportViolation(`${location.pathname}: ${violatedDirective} ${blockedURI} ${sourceFile}`));"""


@pytest.fixture
def violations(newcomer: Visitor) -> Iterator[list[str]]:
    reported: list[str] = []
    newcomer.context.expose_function("reportViolation", lambda words: reported.append(words))
    newcomer.context.add_init_script(REPORT)
    yield reported
    newcomer.forgive("status of (404|400)|Status Error Code 400")


def passed(walk: Iterator[str]) -> int:
    return len(list(walk))


def test_it_is_strict(live: Live) -> None:
    for path in ("/accounts/login/", "/nowhere/", "/admin/"):
        header = requests.get(f"{live.base_url}{path}", timeout=10).headers["Content-Security-Policy"]
        assert {directive.strip() for directive in header.split(";")} == POLICY


def test_no_page_of_the_admin_breaks_it(administrator: Visitor, vendors: StandIn, violations: list[str]) -> None:
    assert passed(states.of_administrators(administrator)) > len(states.ADMIN_PAGES)

    assert violations == []


def test_a_breach_would_be_seen(newcomer: Visitor, violations: list[str]) -> None:
    newcomer.go("/")

    newcomer.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<style>a {}</style>')")
    newcomer.page.evaluate("new Promise(requestAnimationFrame)")

    assert len(violations) == 1
    newcomer.forgive("inline style")
