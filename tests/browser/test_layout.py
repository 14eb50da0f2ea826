from __future__ import annotations

from tests.browser.answers import RICH
from tests.browser.visitor import Visitor
from tests.fake_providers import Script, StandIn


def test_every_page_fits_every_screen(visitor: Visitor, vendors: StandIn) -> None:
    vendors.default = Script(text=RICH + "x" * 400, chunk_size=200)
    visitor.begin("openai/" + "long-name-" * 12, "google/wide", "mistral/wide", prompt="unbroken" * 60)
    visitor.wait_for_end()
    comparison = visitor.path

    too_wide = []
    for path in (comparison, "/", "/history/", "/saved/", "/keys/", "/models/", "/settings/"):
        visitor.go(path)
        for width in (360, 768, 1440):
            visitor.page.set_viewport_size({"width": width, "height": 800})
            page = visitor.page.evaluate("document.documentElement.scrollWidth")
            too_wide += [(path, width, page)] if page > width else []

    assert too_wide == []
