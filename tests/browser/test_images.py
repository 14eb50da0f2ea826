"""Images in prompts, on the real pages."""

from __future__ import annotations

import re

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.visitor import Visitor
from tests.fake_providers import Script, StandIn
from tests.images import samples

PICTURE = FilePayload(name="cat.png", mimeType="image/png", buffer=samples.encoded("PNG"))


def add(page: Page, count: int = 1) -> None:
    """Choose a picture and wait until it was uploaded."""
    page.get_by_label("Add images").last.set_input_files([PICTURE] * count)
    expect(page.locator(".images-item img")).to_have_count(count)


def kinds(body: dict[str, object]) -> list[str]:
    """Return the types of the parts of the last message."""
    messages = body["input"]
    assert isinstance(messages, list)
    return [part["type"] for part in messages[-1]["content"]]


def test_a_chat_shows_images_to_the_model_and_to_the_reader(visitor: Visitor, vendors: StandIn) -> None:
    page = visitor.page
    visitor.go("/chat/?model=openai/gpt-5.5")
    add(page, 2)

    page.get_by_label("Your message", exact=True).fill("What is it?")
    page.get_by_label("Your message", exact=True).press("Enter")
    page.wait_for_url(re.compile(r"/chat/[0-9a-f-]{36}/"))
    expect(page.locator(".entry-answer .badge")).to_have_text("Done")
    first = vendors.wait_for_request(model="gpt-5.5").body
    add(page)
    page.get_by_label("Your message", exact=True).fill("And this?")
    page.get_by_label("Your message", exact=True).press("Enter")
    expect(page.locator(".entry-answer .badge")).to_have_text(["Done", "Done"])

    assert sorted(kinds(first)) == ["input_image", "input_image", "input_text"]
    expect(page.locator(".prompt-images img")).to_have_count(3)
    expect(page.locator(".images-item")).to_have_count(0)
    for image in page.locator(".prompt-images img").all():
        expect(image).to_have_js_property("naturalWidth", 40)
    page.reload()
    expect(page.locator(".prompt-images img")).to_have_count(3)


def test_a_comparison_shows_them_to_all_and_a_follow_up_brings_more(newcomer: Visitor, vendors: StandIn) -> None:
    page = newcomer.page
    newcomer.go("/")
    newcomer.choose("openai/gpt-5.5", "google/gemini-3.8-flash")
    add(page)

    newcomer.send("What is it?")
    newcomer.wait_for_end()
    add(page)
    newcomer.follow_up("And this?")
    newcomer.wait_for_end(turn=1)

    told = vendors.wait_for_request(model="gemini-3.8-flash").body["contents"][-1]["parts"]
    assert sum("inlineData" in part for part in told) == 1
    expect(newcomer.turn(0).locator(".prompt-images img")).to_have_count(1)
    expect(newcomer.turn(1).locator(".prompt-images img")).to_have_count(1)
    page.reload()
    expect(page.locator(".prompt-images img")).to_have_count(2)


def test_it_says_who_cannot_see_and_keeps_what_was_chosen(newcomer: Visitor, vendors: StandIn) -> None:
    page = newcomer.page
    newcomer.go("/")
    newcomer.choose("openai/gpt-5.5", "demo/demo-swift")
    page.locator("#model-2").evaluate(
        "(select) => select.append(new Option('old', 'openai/gpt-3.5-turbo', true, true))"
    )
    add(page)

    newcomer.send("What is it?")

    expect(page.locator("[data-images-error]").first).to_contain_text("Images cannot be shown to")
    expect(page.locator(".images-item img")).to_have_count(1)
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("What is it?")
    assert vendors.requests == []
    newcomer.forgive("status of 400")


def test_a_chat_says_that_a_model_cannot_see_and_sends_nothing(visitor: Visitor, vendors: StandIn) -> None:
    page = visitor.page
    visitor.go("/chat/?model=openai/gpt-3.5-turbo")
    add(page)

    page.get_by_label("Your message", exact=True).fill("What is it?")
    page.get_by_label("Your message", exact=True).press("Enter")

    expect(page.locator("#notices")).to_contain_text("Images cannot be shown to")
    expect(page.get_by_label("Your message", exact=True)).to_have_value("What is it?")
    assert vendors.requests == []
    visitor.forgive("status of 400|Status Error Code 400")


def test_it_takes_files_without_scripts(newcomer: Visitor, vendors: StandIn) -> None:
    browser = newcomer.context.browser
    assert browser is not None
    context = browser.new_context(storage_state=newcomer.context.storage_state(), java_script_enabled=False)
    page = context.new_page()
    vendors.default = Script(text="A square.")
    page.goto(f"{newcomer.live.base_url}/chat/?model=openai/gpt-5.5")

    page.locator("input[name=image_files]").set_input_files([PICTURE])
    page.get_by_label("Your message", exact=True).fill("What is it?")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".entry-answer .badge")).to_have_text("Done")

    expect(page.locator(".prompt-images img")).to_have_count(1)
    assert "input_image" in kinds(vendors.wait_for_request(model="gpt-5.5").body)
    context.close()
