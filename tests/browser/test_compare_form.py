from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.visitor import Visitor

OPENAI, GOOGLE = "openai/gpt-5.5", "google/gemini-3.8-flash"


def test_it_says_that_a_prompt_is_missing(newcomer: Visitor) -> None:
    newcomer.go("/")
    newcomer.choose(OPENAI, GOOGLE, OPENAI)
    newcomer.page.locator("summary", has_text="System prompt").click()
    newcomer.page.get_by_label("System prompt", exact=True).fill("Be brief.")

    newcomer.send("  \n ")

    expect(newcomer.page.locator("#prompt-error")).to_have_text("Write a prompt first.")
    expect(newcomer.page.get_by_label("System prompt", exact=True)).to_have_value("Be brief.")
    assert newcomer.chosen == [OPENAI, GOOGLE, OPENAI]
    newcomer.forgive("status of 400")


def test_it_says_that_one_model_is_too_few(newcomer: Visitor) -> None:
    newcomer.go("/")
    newcomer.choose(OPENAI, "")

    newcomer.send("Are you alone?")

    expect(newcomer.page.locator("#models-error")).to_have_text("Choose at least two models to compare.")
    expect(newcomer.page.get_by_label("Prompt", exact=True)).to_have_value("Are you alone?")
    assert newcomer.chosen == [OPENAI, ""]
    newcomer.go("/history/")
    expect(newcomer.page.get_by_text("No comparisons yet")).to_be_visible()
    newcomer.forgive("status of 400")


def test_it_says_that_a_prompt_is_too_long_and_keeps_it(newcomer: Visitor) -> None:
    newcomer.go("/")
    prompt = "word " * 20_001

    newcomer.send(prompt)

    expect(newcomer.page.locator("#prompt-error")).to_have_text(
        "The prompt has 100,005 characters; at most 100,000 are allowed."
    )
    expect(newcomer.page.get_by_label("Prompt", exact=True)).to_have_value(prompt)
    newcomer.forgive("status of 400")


def test_it_says_which_setting_is_out_of_range(newcomer: Visitor) -> None:
    newcomer.go("/")
    newcomer.page.locator("summary", has_text="System prompt").click()
    newcomer.page.get_by_label("Temperature").fill("3")

    newcomer.send("How warm is it?")

    expect(newcomer.page.locator("#temperature-error")).to_be_visible()
    expect(newcomer.page.locator("#temperature-error")).to_contain_text("2")
    expect(newcomer.page.get_by_label("Temperature")).to_have_value("3")
    newcomer.forgive("status of 400")


def test_it_sends_a_corrected_form(newcomer: Visitor) -> None:
    newcomer.go("/")
    newcomer.choose(OPENAI, GOOGLE)
    newcomer.send("")
    expect(newcomer.page.locator("#prompt-error")).to_have_text("Write a prompt first.")

    newcomer.page.get_by_label("Prompt", exact=True).fill("Here it is.")
    newcomer.page.keyboard.press("Control+Enter")
    newcomer.wait_for_end()

    assert newcomer.statuses == ["completed", "completed"]
    newcomer.forgive("status of 400")
