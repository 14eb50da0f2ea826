from __future__ import annotations

from playwright.sync_api import expect

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


def test_the_settings_fit_a_phone_with_a_token(newcomer: Visitor) -> None:
    newcomer.account.api.post("/api/v1/tokens", json={"name": "the notebook at home"}).raise_for_status()
    newcomer.page.set_viewport_size({"width": 360, "height": 800})

    newcomer.go("/settings/")

    assert newcomer.page.locator("#api-tokens table").count() == 1
    assert newcomer.page.evaluate("document.documentElement.scrollWidth") == 360


def test_an_open_picker_fits_a_window_that_is_narrowed(newcomer: Visitor) -> None:
    page = newcomer.page
    page.set_viewport_size({"width": 1440, "height": 800})
    newcomer.go("/")
    page.locator("[data-slot]:visible [role=combobox]").nth(1).click()
    picker = page.locator(".picker")
    wide = picker.bounding_box()
    assert wide is not None
    assert wide["x"] > 360

    page.set_viewport_size({"width": 360, "height": 800})
    page.evaluate("new Promise(requestAnimationFrame)")

    expect(picker).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    box = picker.bounding_box()
    assert box is not None
    assert 0 <= box["x"] <= box["x"] + box["width"] <= 360
