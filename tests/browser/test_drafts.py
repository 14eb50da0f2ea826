from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.visitor import Visitor

OPENAI, GOOGLE = "openai/gpt-5.5", "google/gemini-3.8-flash"
STORED = "Object.entries(localStorage).filter(([key]) => key.startsWith('llmselect:'))"


def prompt(visitor: Visitor) -> Locator:
    return visitor.page.get_by_label("Prompt", exact=True)


def asked(visitor: Visitor, *prompts: str) -> None:
    for text in prompts:
        visitor.go("/")
        visitor.choose("demo/demo-swift", "demo/demo-swift")
        visitor.send(text)
        visitor.wait_for_end()


def test_it_keeps_the_whole_form_over_a_reload(newcomer: Visitor) -> None:
    newcomer.go("/")
    newcomer.choose(OPENAI, GOOGLE, OPENAI, GOOGLE)
    newcomer.page.get_by_role("button", name="Remove model 1").click()
    newcomer.page.get_by_label("Extended").check()
    newcomer.page.locator("summary", has_text="System prompt").click()
    newcomer.page.get_by_label("System prompt", exact=True).fill("Be kind.")
    prompt(newcomer).fill("Half a thou")

    newcomer.page.reload()

    expect(prompt(newcomer)).to_have_value("Half a thou")
    expect(newcomer.page.get_by_label("Extended")).to_be_checked()
    expect(newcomer.page.locator("#system")).to_have_value("Be kind.")
    expect(newcomer.page.locator(".settings-summary")).to_contain_text("system prompt")
    assert newcomer.chosen == [GOOGLE, OPENAI, GOOGLE]


def test_it_keeps_fewer_models_than_the_server_remembers(newcomer: Visitor) -> None:
    newcomer.go("/")
    newcomer.page.get_by_role("button", name="Remove model 3").click()

    newcomer.page.reload()

    assert newcomer.chosen == ["demo/demo-swift", "demo/demo-scholar"]


def test_it_forgets_the_draft_once_it_is_sent(newcomer: Visitor) -> None:
    asked(newcomer, "Say something.")

    newcomer.go("/")

    expect(prompt(newcomer)).to_have_value("")
    assert newcomer.page.evaluate(f"{STORED}.map(([key]) => key.split(':')[2])") == ["prompts"]


def test_it_keeps_the_draft_of_what_was_refused(newcomer: Visitor) -> None:
    newcomer.go("/")
    newcomer.choose(OPENAI, "")
    newcomer.send("Not enough")
    expect(newcomer.page.locator("#models-error")).to_be_visible()

    newcomer.page.reload()

    expect(prompt(newcomer)).to_have_value("Not enough")
    newcomer.forgive("status of 400")


def test_it_brings_prompts_back_with_the_arrows(newcomer: Visitor) -> None:
    asked(newcomer, "First\nof two lines", "Second")
    newcomer.go("/")
    prompt(newcomer).focus()

    seen = []
    for key in ("ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown", "ArrowUp"):
        newcomer.page.keyboard.press(key)
        seen.append(prompt(newcomer).input_value())

    assert seen == ["Second", "First\nof two lines", "First\nof two lines", "Second", "", "Second"]


def test_it_leaves_the_arrows_to_whoever_edits(newcomer: Visitor) -> None:
    asked(newcomer, "First", "Second\nof two lines")
    newcomer.go("/")
    prompt(newcomer).focus()
    newcomer.page.keyboard.press("ArrowUp")

    newcomer.page.keyboard.type("!")
    newcomer.page.keyboard.press("ArrowUp")

    expect(prompt(newcomer)).to_have_value("Second\nof two lines!")
    assert prompt(newcomer).evaluate("(box) => box.selectionStart < 7")


def test_it_brings_prompts_back_in_the_follow_up_box_and_keeps_its_draft(newcomer: Visitor) -> None:
    asked(newcomer, "First")
    newcomer.follow_up("Second")
    newcomer.wait_for_end(turn=1)

    newcomer.follow_up_box.press("ArrowUp")
    expect(newcomer.follow_up_box).to_have_value("Second")
    newcomer.follow_up_box.press("ArrowUp")
    expect(newcomer.follow_up_box).to_have_value("First")
    newcomer.follow_up_box.fill("A half follow-")
    newcomer.page.reload()

    expect(newcomer.follow_up_box).to_have_value("A half follow-")
    newcomer.go("/")
    expect(prompt(newcomer)).to_have_value("")


def test_it_leaves_nothing_behind_on_signing_out(newcomer: Visitor) -> None:
    asked(newcomer, "A secret")
    newcomer.go("/")
    prompt(newcomer).fill("Another secret")
    assert len(newcomer.page.evaluate(STORED)) == 2

    newcomer.page.get_by_label("Account menu").click()
    newcomer.page.get_by_role("button", name="Sign out").click()
    newcomer.page.wait_for_url("**/accounts/login/**")

    assert newcomer.page.evaluate(STORED) == []


def test_it_shows_nobody_the_drafts_of_another(newcomer: Visitor, visitor: Visitor) -> None:
    newcomer.go("/")
    prompt(newcomer).fill("Only mine")
    stored = newcomer.page.evaluate(STORED)
    visitor.go("/")
    visitor.page.evaluate("(entries) => entries.forEach((entry) => localStorage.setItem(...entry))", stored)

    visitor.page.reload()

    expect(prompt(visitor)).to_have_value("")
