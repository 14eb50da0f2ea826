from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.visitor import Visitor


def open_card(visitor: Visitor) -> Locator:
    visitor.go("/keys/")
    card = visitor.page.locator("#key-deepseek")
    card.locator("summary").click()
    return card


def save(card: Locator, key: str) -> None:
    card.get_by_label(re.compile("key", re.IGNORECASE)).first.fill(key)
    card.get_by_role("button", name="Save").click()
    expect(card.get_by_role("status")).to_contain_text("Saved.")


def usable_models(visitor: Visitor) -> list[str]:
    visitor.go("/")
    models: list[str] = visitor.page.locator("#model-1 option[value^='deepseek/']").evaluate_all(
        "(options) => options.filter((option) => !option.disabled).map((option) => option.value)"
    )
    return models


def test_it_says_in_words_that_a_key_is_refused(newcomer: Visitor) -> None:
    card = open_card(newcomer)

    save(card, "sk-refused-1234")

    expect(card.get_by_role("status")).to_contain_text("The key for DeepSeek was refused.")
    card.get_by_text("Message from DeepSeek").click()
    expect(card.locator(".vendor-message p")).to_be_visible()
    expect(card.locator("summary").first).to_contain_text("Your key …1234")
    assert "sk-refused" not in newcomer.page.content()


def test_it_makes_a_model_usable_with_a_key_until_the_key_is_deleted(newcomer: Visitor) -> None:
    before = usable_models(newcomer)
    card = open_card(newcomer)
    save(card, "sk-good-5678")
    listed = re.compile(r"^Saved\. DeepSeek accepted your key\. It lists \d+ models")
    expect(card.get_by_role("status")).to_have_text(listed)
    card.get_by_role("button", name="Test the stored key").click()
    expect(card.get_by_role("status")).to_have_text("DeepSeek accepted your key.")
    expect(card.get_by_role("status")).to_have_class("hint")

    models = usable_models(newcomer)
    newcomer.choose(models[0], "demo/demo-swift")
    newcomer.send("Can you hear me?")
    newcomer.wait_for_text(0, re.compile("Hello from"))
    newcomer.wait_for_end()
    answered = newcomer.statuses
    card = open_card(newcomer)
    card.get_by_role("button", name="Delete").click()
    expect(card.get_by_role("status")).to_have_text("Deleted.")

    assert before == []
    assert answered == ["completed", "completed"]
    expect(card.locator("summary")).to_contain_text("No key")
    assert usable_models(newcomer) == []
