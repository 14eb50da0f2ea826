from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, StorageState, expect

from tests.browser.visitor import Visitor
from tests.fake_providers import StandIn
from tests.support.live import Live

OPENAI, GOOGLE, MISTRAL = "openai/gpt-5.5", "google/gemini-3.8-flash", "mistral/mistral-small-2603"


def prompt(visitor: Visitor) -> Locator:
    return visitor.page.get_by_label("Prompt", exact=True)


def menu(visitor: Visitor, name: str) -> Locator:
    """Return a menu of saved items, opened."""
    summary = visitor.page.locator("summary").filter(has_text=re.compile(f"^\\s*{name}\\s*$"))
    if summary.locator("..").get_attribute("open") is None:
        summary.press("Enter")
    return summary.locator("..")


def save_set(visitor: Visitor, name: str) -> None:
    menu(visitor, "Sets").get_by_label("Save models and settings as").fill(name)
    visitor.page.keyboard.press("Enter")


def save_template(visitor: Visitor, name: str) -> None:
    menu(visitor, "Templates").get_by_label("Save prompt as").fill(name)
    visitor.page.keyboard.press("Enter")


def is_saved(visitor: Visitor) -> None:
    expect(visitor.page.get_by_role("status").filter(has_text="Saved as the")).to_be_visible()


def test_it_saves_a_set_and_brings_it_back_with_one_click(newcomer: Visitor) -> None:
    newcomer.go("/")
    newcomer.choose(OPENAI, GOOGLE, OPENAI)
    prompt(newcomer).fill("A prompt that stays")
    newcomer.page.get_by_label("Brief").check()
    newcomer.page.locator("summary", has_text="System prompt").click()
    newcomer.page.get_by_label("Temperature").fill("0.2")

    save_set(newcomer, "Work")
    expect(newcomer.page.get_by_role("status").filter(has_text="Saved as the set “Work”.")).to_be_visible()
    expect(prompt(newcomer)).to_have_value("A prompt that stays")
    newcomer.choose(GOOGLE, OPENAI)
    newcomer.page.get_by_label("Temperature").fill("1")
    newcomer.page.get_by_label("Extended").check()
    menu(newcomer, "Sets").get_by_role("button", name="Work").click()

    expect(newcomer.page.get_by_label("Temperature")).to_have_value("0.2")
    expect(newcomer.page.get_by_label("Brief")).to_be_checked()
    expect(prompt(newcomer)).to_have_value("A prompt that stays")
    assert newcomer.chosen == [OPENAI, GOOGLE, OPENAI]


def test_it_says_in_the_menu_that_a_name_is_taken(newcomer: Visitor) -> None:
    newcomer.go("/")
    save_set(newcomer, "Work")
    is_saved(newcomer)

    save_set(newcomer, "Work")

    error = newcomer.page.get_by_text("You already have a set with this name. Choose another name.")
    expect(error).to_be_visible()
    expect(newcomer.page.get_by_label("Save models and settings as")).to_have_value("Work")
    expect(newcomer.page.get_by_label("Save models and settings as")).to_be_focused()
    newcomer.forgive("status of 400")


def test_it_leaves_the_prompt_alone_while_it_saves(newcomer: Visitor) -> None:
    newcomer.go("/")
    prompt(newcomer).fill("Half a thou")
    prompt(newcomer).evaluate("(box) => { box.dataset.untouched = 'yes'; box.setSelectionRange(2, 4); }")

    save_set(newcomer, "Work")
    is_saved(newcomer)

    expect(prompt(newcomer)).to_have_attribute("data-untouched", "yes")
    assert prompt(newcomer).evaluate("(box) => [box.selectionStart, box.selectionEnd]") == [2, 4]


def test_it_renames_uses_and_deletes_on_the_saved_page(newcomer: Visitor) -> None:
    newcomer.go("/")
    newcomer.choose(OPENAI, GOOGLE)
    save_set(newcomer, "Work")
    is_saved(newcomer)
    newcomer.choose(GOOGLE, OPENAI, GOOGLE)
    prompt(newcomer).fill("A prompt that stays")
    newcomer.page.get_by_role("link", name="Saved").click()

    newcomer.page.locator("summary", has_text="Rename or delete").click()
    newcomer.page.get_by_label("Name").fill("Play")
    newcomer.page.get_by_role("button", name="Save").click()
    newcomer.page.get_by_role("link", name="Use the set Play").click()
    expect(prompt(newcomer)).to_have_value("A prompt that stays")
    assert newcomer.chosen == [OPENAI, GOOGLE]

    newcomer.go("/saved/")
    newcomer.page.locator("summary", has_text="Rename or delete").click()
    newcomer.page.get_by_role("button", name="Delete Play").click()
    expect(newcomer.page.get_by_text("None yet.")).to_have_count(2)


def test_it_fills_the_places_of_a_template(newcomer: Visitor) -> None:
    newcomer.go("/")
    prompt(newcomer).fill("Explain {{topic}} to {{reader}}: {{topic}}!")
    save_template(newcomer, "Explain")
    is_saved(newcomer)
    expect(newcomer.page.get_by_label("topic")).to_be_visible()
    prompt(newcomer).fill("Something else")
    expect(newcomer.page.get_by_label("topic")).to_be_hidden()
    menu(newcomer, "Templates").get_by_role("button", name="Explain").press("Enter")

    expect(newcomer.page.get_by_label("topic")).to_be_focused()
    newcomer.page.keyboard.type("rain")
    newcomer.page.keyboard.press("Tab")
    newcomer.page.keyboard.type("a $& child")
    expect(prompt(newcomer)).to_have_value("Explain rain to a $& child: rain!")
    newcomer.page.get_by_label("topic").fill("")
    expect(prompt(newcomer)).to_have_value("Explain {{topic}} to a $& child: {{topic}}!")
    newcomer.page.get_by_label("topic").fill("snow")
    newcomer.page.keyboard.press("Control+Enter")
    newcomer.wait_for_end()

    expect(newcomer.page.get_by_text("Explain snow to a $& child: snow!").first).to_be_visible()


def test_it_asks_before_it_sends_what_is_not_filled_in(newcomer: Visitor) -> None:
    newcomer.go("/")
    newcomer.send("What does {{x}} mean in Jinja?")

    expect(newcomer.page.locator("#prompt-error")).to_contain_text("There is no value for “x”.")
    newcomer.page.get_by_role("button", name="Send as is").click()
    newcomer.wait_for_end()

    expect(newcomer.page.get_by_role("heading", level=1)).to_have_text("What does {{x}} mean in Jinja?")
    newcomer.forgive("status of 400")


def test_it_edits_a_template_on_the_saved_page(newcomer: Visitor) -> None:
    newcomer.go("/")
    prompt(newcomer).fill("Old {{x}}")
    save_template(newcomer, "Mine")
    is_saved(newcomer)
    newcomer.go("/saved/")

    newcomer.page.locator("summary", has_text="Edit or delete").click()
    newcomer.page.get_by_role("textbox", name="Prompt").fill("New {{y}}")
    newcomer.page.get_by_role("button", name="Save").click()
    newcomer.page.get_by_role("link", name="Use the template Mine").click()

    expect(prompt(newcomer)).to_have_value("New {{y}}")
    expect(newcomer.page.get_by_label("y", exact=True)).to_be_focused()


def test_it_says_what_is_set_while_the_settings_are_folded(newcomer: Visitor) -> None:
    newcomer.go("/")
    summary = newcomer.page.locator(".settings > summary")
    expect(summary).to_have_text(re.compile(r"^\s*System prompt and settings\s*$"), use_inner_text=True)

    summary.press("Enter")
    newcomer.page.get_by_label("System prompt", exact=True).fill("Be kind.")
    newcomer.page.get_by_label("Temperature").fill("0.2")
    summary.press("Enter")

    parts = newcomer.page.locator(".settings-summary > :visible")
    expect(parts).to_have_text(["system prompt", "temperature 0.2"])


@pytest.mark.parametrize(("label", "limit"), [("Brief", 400), ("Standard", 1500), ("Extended", 6000)])
def test_it_asks_for_the_length_that_was_chosen(newcomer: Visitor, vendors: StandIn, label: str, limit: int) -> None:
    newcomer.go("/")
    newcomer.choose(MISTRAL, MISTRAL)

    newcomer.page.get_by_label(label).check()
    newcomer.send("How long?")
    newcomer.wait_for_end()

    assert [request.body["max_tokens"] for request in vendors.requests] == [limit, limit]


def test_it_gives_examples_until_something_was_asked(newcomer: Visitor) -> None:
    newcomer.go("/")
    expect(newcomer.page.get_by_text("The demo models work offline and need no key.")).to_be_visible()

    newcomer.page.get_by_role("link", name="Write a friendly email").click()
    expect(prompt(newcomer)).to_have_value("Write a friendly email that declines an invitation.")
    newcomer.page.keyboard.press("Control+Enter")
    newcomer.wait_for_end()
    newcomer.go("/")

    expect(newcomer.page.get_by_text("need no key")).to_have_count(0)
    assert newcomer.chosen == ["demo/demo-swift", "demo/demo-scholar", "demo/demo-thinker"]


def test_it_works_without_scripts(live: Live, shared_browser: Browser, alices_session: StorageState) -> None:
    context = shared_browser.new_context(storage_state=alices_session, java_script_enabled=False)
    page = context.new_page()
    page.goto(live.base_url)
    page.get_by_label("Model 1", exact=True).select_option(OPENAI)
    page.get_by_label("Model 2", exact=True).select_option("")
    if page.get_by_label("A model not in the list").is_hidden():
        page.locator("summary", has_text="More models").click()
    for number in range(3, 9):
        page.get_by_label(f"Model {number}", exact=True).select_option("")
    page.get_by_label("A model not in the list").fill("openai/gpt-of-tomorrow")
    page.get_by_label("Prompt", exact=True).fill("Explain {{topic}}.")

    page.locator("summary", has_text="Sets").click()
    page.get_by_label("Save models and settings as").fill("Without scripts")
    page.locator("[name=preset_name] + button").click()
    expect(page.get_by_text("Saved as the set “Without scripts”.")).to_be_visible()
    page.locator("summary", has_text="Sets").click()
    page.get_by_role("button", name="Without scripts").click()
    expect(page.get_by_label("Model 2", exact=True)).to_have_value("openai/gpt-of-tomorrow")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#prompt-error")).to_contain_text("There is no value for “topic”.")
    page.get_by_label("Prompt", exact=True).fill("Explain rain.")
    page.get_by_role("button", name="Compare").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Explain rain.")
    context.close()
