from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.visitor import Visitor

OPENAI, GOOGLE = "openai/gpt-5.5", "google/gemini-3.8-flash"


@pytest.fixture
def form(newcomer: Visitor) -> Visitor:
    newcomer.go("/")
    newcomer.choose(OPENAI, GOOGLE)
    return newcomer


def box(visitor: Visitor, number: int = 1) -> Locator:
    return visitor.page.get_by_role("combobox", name=f"Model {number}", exact=True)


def active(visitor: Visitor, number: int = 1) -> Locator:
    """Return the option that assistive technology announces."""
    return visitor.page.locator(f"#{box(visitor, number).get_attribute('aria-activedescendant')}")


def options(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("listbox").get_by_role("option")


def offered(visitor: Visitor) -> list[str]:
    return [str(option.get_attribute("data-value")) for option in options(visitor).all()]


def test_it_chooses_by_keyboard_alone(form: Visitor) -> None:
    box(form).focus()

    form.page.keyboard.type("anthropic opus")
    expect(box(form)).to_have_attribute("aria-expanded", "true")
    value = active(form).get_attribute("data-value")
    form.page.keyboard.press("Enter")

    assert value
    assert value.startswith("anthropic/")
    assert form.chosen == [value, GOOGLE]
    expect(box(form)).to_be_focused()
    expect(box(form)).to_have_attribute("aria-expanded", "false")
    expect(form.page.get_by_role("listbox")).to_have_count(0)


@pytest.mark.parametrize("typed", ["gemini-3.8-flash", "Gemini 3.8 Flash", "google 3.8 flash"])
def test_it_finds_a_model_by_id_name_and_provider(form: Visitor, typed: str) -> None:
    box(form).focus()

    form.page.keyboard.type(typed)

    assert GOOGLE in offered(form)
    assert len(offered(form)) < 5, offered(form)


def test_it_moves_with_arrows_home_and_end(form: Visitor) -> None:
    box(form).focus()
    form.page.keyboard.press("ArrowDown")
    expect(active(form)).to_have_attribute("data-value", OPENAI)
    values = offered(form)
    at = values.index(OPENAI)

    reached = []
    for key in ("ArrowDown", "ArrowUp", "Home", "ArrowUp", "ArrowDown", "End", "Home"):
        form.page.keyboard.press(key)
        reached.append(active(form).get_attribute("data-value"))

    assert reached == [values[at + 1], values[at], values[0], values[-1], values[0], values[-1], values[0]]


def test_it_leaves_the_choice_alone_on_escape_and_on_leaving(form: Visitor) -> None:
    box(form).focus()
    form.page.keyboard.type("mistral")
    form.page.keyboard.press("Escape")
    expect(box(form)).to_have_value(re.compile("GPT-5.5"))

    form.page.keyboard.type("mistral")
    form.page.get_by_role("heading", level=1).click()

    expect(box(form)).to_have_value(re.compile("GPT-5.5"))
    expect(form.page.get_by_role("listbox")).to_have_count(0)
    assert form.chosen == [OPENAI, GOOGLE]


def test_it_shows_what_a_model_takes_and_can(form: Visitor) -> None:
    box(form).click()

    option = form.page.locator(f'[data-value="{OPENAI}"]')

    expect(option).to_contain_text("-token context")
    expect(option).to_contain_text(re.compile(r"\$[\d.]+ in, \$[\d.]+ out"))
    expect(option).to_contain_text("reasoning")
    expect(form.page.get_by_role("group", name="OpenAI")).to_be_visible()
    expect(option).to_have_attribute("aria-selected", "true")


def test_it_says_why_a_model_cannot_be_used_and_leads_to_the_keys(form: Visitor) -> None:
    form.page.get_by_label("Prompt", exact=True).fill("Do not lose me.")
    box(form).focus()
    form.page.keyboard.type("groq/")
    expect(options(form).first).to_have_attribute("aria-disabled", "true")

    form.page.keyboard.press("ArrowDown")
    expect(form.page.locator("[data-picker-note]")).to_have_text(re.compile("No key for Groq is set"))
    form.page.keyboard.press("Enter")
    form.page.keyboard.press("Enter")

    form.page.wait_for_url("**/keys/#key-groq")
    form.page.go_back()
    expect(form.page.get_by_label("Prompt", exact=True)).to_have_value("Do not lose me.")
    assert form.chosen == [OPENAI, GOOGLE]


def test_it_takes_a_model_that_is_not_listed(form: Visitor) -> None:
    box(form, 2).focus()

    form.page.keyboard.type("OpenAI/gpt-of-tomorrow")
    expect(options(form)).to_have_text("Use openai/gpt-of-tomorrow")
    form.page.keyboard.press("Enter")
    form.send("Are you there yet?")
    form.wait_for_end()
    form.go("/")

    assert form.chosen == [OPENAI, "openai/gpt-of-tomorrow"]
    expect(box(form, 2)).to_have_value("openai/gpt-of-tomorrow")


def test_it_says_when_nothing_is_found(form: Visitor) -> None:
    box(form).focus()

    form.page.keyboard.type("no such thing")

    expect(options(form)).to_have_count(0)
    expect(form.page.locator("[data-picker-note]")).to_contain_text("No models match.")
    form.page.keyboard.press("Enter")
    assert form.chosen == [OPENAI, GOOGLE]


@pytest.mark.parametrize("width", [360, 1440])
def test_it_opens_without_moving_anything(form: Visitor, width: int) -> None:
    form.page.set_viewport_size({"width": width, "height": 700})
    places = """() => [scrollY, ...[...document.querySelectorAll("#compare-form :is(input, textarea, button, summary)")]
        .filter((element) => element.checkVisibility() && !element.closest(".picker"))
        .map((element) => element.getBoundingClientRect().top)]"""
    before = form.page.evaluate(places)

    box(form, 2).click()
    form.page.keyboard.press("End")

    listbox = form.page.get_by_role("listbox").bounding_box()
    assert form.page.evaluate(places) == before
    assert listbox
    assert listbox["x"] >= 0
    assert listbox["x"] + listbox["width"] <= width
    expect(active(form, 2)).to_be_in_viewport()


def test_it_adds_and_removes_models_by_keyboard(form: Visitor) -> None:
    form.page.get_by_role("button", name="Add model").focus()
    form.page.keyboard.press("Enter")
    expect(box(form, 3)).to_be_focused()
    form.page.keyboard.type("demo swift")
    form.page.keyboard.press("Enter")
    assert form.chosen == [OPENAI, GOOGLE, "demo/demo-swift"]

    form.page.get_by_role("button", name="Remove model 1").press("Enter")

    assert form.chosen == [GOOGLE, "demo/demo-swift"]
    expect(box(form, 2)).to_be_focused()
