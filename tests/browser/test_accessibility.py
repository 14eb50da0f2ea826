"""Checks of every page against WCAG, by axe-core, in light and dark and on several sizes of screens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Page

from tests.browser import states
from tests.browser.visitor import Visitor
from tests.fake_providers import StandIn

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()
WIDTHS = (360, 768, 1440)
RUN = """async (rules) => {
  const options = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
  const { violations } = await axe.run(document, options);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" | ")}`);
}"""


def violations(page: Page) -> Iterator[str]:
    """Yield the violations of all rules in the light theme, and of color contrast in the dark one, at every width."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE)
    for scheme, rules in (("light", None), ("dark", ["color-contrast"])):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            yield from (f"{scheme} {width}: {found}" for found in page.evaluate(RUN, rules))


def found(visitor: Visitor, walk: Iterator[str]) -> str:
    return "\n".join(f"{state}: {violation}" for state in walk for violation in violations(visitor.page))


@pytest.fixture
def reader(newcomer: Visitor) -> Iterator[Visitor]:
    newcomer.page.emulate_media(reduced_motion="reduce")
    yield newcomer
    newcomer.forgive("status of (404|400)|Status Error Code 400")


def test_of_newcomers(reader: Visitor) -> None:
    assert found(reader, states.of_newcomers(reader)) == ""


def test_of_comparisons(reader: Visitor, vendors: StandIn) -> None:
    assert found(reader, states.of_comparisons(reader, vendors)) == ""


def test_of_the_history(reader: Visitor) -> None:
    assert found(reader, states.of_the_history(reader)) == ""


def test_of_chats(reader: Visitor, vendors: StandIn) -> None:
    assert found(reader, states.of_chats(reader, vendors)) == ""


def test_of_what_is_kept(reader: Visitor) -> None:
    assert found(reader, states.of_what_is_kept(reader)) == ""


def test_of_strangers(reader: Visitor) -> None:
    reader.context.clear_cookies()

    assert found(reader, states.of_strangers(reader)) == ""
