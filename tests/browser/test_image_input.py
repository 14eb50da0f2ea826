from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, StorageState, expect

from tests.browser.image_form import ImageForm
from tests.browser.visitor import HeldRequests, Visitor
from tests.images import samples
from tests.support import chromium

UPLOAD = "**/api/v1/images"
CLIPBOARD = """async (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  await navigator.clipboard.write([new ClipboardItem({ "image/png": new Blob([bytes], { type: "image/png" }) })]);
}"""
DRAGGED = """(text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "cat.png", { type: "image/png" }));
  return transfer;
}"""
ONE = samples.base64_of(samples.encoded("PNG"))


def shown(form: ImageForm, number: int) -> bool:
    """Return True if the browser could draw a thumbnail."""
    expect(form.thumbnails.nth(number)).to_have_js_property("complete", True)
    return bool(form.thumbnails.nth(number).evaluate("image => image.naturalWidth === 40"))


def test_it_uploads_what_is_chosen_and_sends_the_ids_in_order(visitor: Visitor) -> None:
    form = ImageForm(visitor)

    form.add()
    form.add(2)
    ids = form.ids
    assert all(shown(form, number) for number in range(3))
    form.send()

    assert form.sent == ids
    assert len(set(ids)) == 3


def test_it_uploads_what_was_chosen_before_its_script_ran(visitor: Visitor) -> None:
    scripts = HeldRequests(visitor.page, "**/image-upload*.js")
    form = ImageForm(visitor, until="commit")
    script = scripts.next()

    form.choose(("cat.png", samples.encoded("PNG")))
    script.continue_()

    expect(form.thumbnails).to_have_count(1)
    assert len(form.ids) == 1
    assert form.field.input_value() == ""


def test_it_shows_images_of_any_shape_in_the_same_size(visitor: Visitor) -> None:
    form = ImageForm(visitor)

    form.choose(("tall.png", samples.encoded("PNG", samples.picture(20, 900))), ("one.png", samples.encoded("PNG")))
    expect(form.thumbnails).to_have_count(2)

    boxes: list[Any] = [form.thumbnails.nth(number).bounding_box() for number in range(2)]
    assert boxes[0]["width"] == boxes[0]["height"] == boxes[1]["width"] == boxes[1]["height"]


def test_it_takes_an_image_from_the_clipboard(visitor: Visitor) -> None:
    form = ImageForm(visitor)
    visitor.page.evaluate(CLIPBOARD, ONE)

    form.prompt.press("Control+v")

    expect(form.thumbnails).to_have_count(1)
    expect(form.prompt).to_have_value("")


def test_it_leaves_pasted_text_alone(visitor: Visitor) -> None:
    form = ImageForm(visitor)
    visitor.page.evaluate("navigator.clipboard.writeText('only words')")

    form.prompt.press("Control+v")

    expect(form.prompt).to_have_value("only words")
    expect(form.thumbnails).to_have_count(0)


def test_it_takes_what_is_dropped_anywhere_on_the_form(visitor: Visitor) -> None:
    form = ImageForm(visitor)
    dragged: Any = visitor.page.evaluate_handle(DRAGGED, ONE)

    form.prompt.dispatch_event("dragover", {"dataTransfer": dragged})
    expect(visitor.page.locator("form[data-dropping]")).to_have_count(1)
    form.prompt.dispatch_event("drop", {"dataTransfer": dragged})

    expect(form.thumbnails).to_have_count(1)
    expect(visitor.page.locator("form[data-dropping]")).to_have_count(0)


def test_it_takes_an_image_back(visitor: Visitor) -> None:
    form = ImageForm(visitor)
    form.add(3)
    first, second, third = form.ids

    with visitor.page.expect_response(lambda response: response.request.method == "DELETE") as deleted:
        visitor.page.get_by_role("button", name="Remove image 2").click()

    assert deleted.value.status == 204
    assert form.ids == [first, third]
    expect(visitor.page.get_by_role("button", name="Remove image 2")).to_have_count(1)
    expect(visitor.page.get_by_role("button", name="Remove image 3")).to_have_count(0)
    assert visitor.account.api.get(f"/images/{second}/").status_code == 404
    assert visitor.account.api.get(f"/images/{first}/").status_code == 200


def test_it_says_in_words_why_a_file_is_not_taken(visitor: Visitor) -> None:
    form = ImageForm(visitor)

    form.choose(("drawing.svg", samples.SVG))

    expect(form.error).to_have_text(
        "drawing.svg: This is not a PNG, JPEG, WebP or GIF image. Save it as one of these first."
    )
    expect(visitor.page.locator(".images-item")).to_have_count(0)
    form.add()
    expect(form.error).to_have_text("")
    visitor.forgive("status of 400")


def test_it_says_so_when_the_server_is_away(visitor: Visitor) -> None:
    form = ImageForm(visitor)
    chromium.intercept(visitor.page, UPLOAD, lambda route: route.abort())

    form.choose(("cat.png", samples.encoded("PNG")))

    expect(form.error).to_have_text("cat.png: The server could not be reached. Check your connection and try again.")
    expect(visitor.page.locator(".images-item")).to_have_count(0)
    visitor.forgive("ERR_FAILED")


def test_it_takes_no_more_than_eight(visitor: Visitor) -> None:
    form = ImageForm(visitor)
    form.add(7)

    form.choose(*[(f"{number}.png", samples.encoded("PNG")) for number in range(2)])

    expect(form.error).to_have_text("At most 8 images can be sent with one message.")
    expect(form.thumbnails).to_have_count(8)


def test_it_sends_the_form_once_the_upload_is_done(visitor: Visitor) -> None:
    form = ImageForm(visitor)
    uploads = HeldRequests(visitor.page, UPLOAD)
    form.choose(("cat.png", samples.encoded("PNG")))
    expect(visitor.page.locator(".images-uploading")).to_have_count(1)

    form.send()
    expect(form.prompt).to_be_visible()
    assert "?" not in visitor.page.url
    uploads.next().continue_()

    assert len(form.sent) == 1


def test_it_does_not_send_the_form_where_the_upload_fails(visitor: Visitor) -> None:
    form = ImageForm(visitor)
    uploads = HeldRequests(visitor.page, UPLOAD)
    form.choose(("cat.png", samples.HTML))
    expect(visitor.page.locator(".images-uploading")).to_have_count(1)

    form.send()
    uploads.next().continue_()

    expect(form.error).to_have_text(re.compile("^cat.png: This is not"))
    assert "?" not in visitor.page.url
    visitor.forgive("status of 400")


def test_it_shows_again_what_a_form_had(visitor: Visitor) -> None:
    told = visitor.account.api.post("/api/v1/images", files={"file": samples.encoded("PNG")}).json()
    form = ImageForm(visitor, images=[told])

    assert shown(form, 0)
    form.add()
    assert form.ids[0] == told["id"]
    visitor.page.get_by_role("button", name="Remove image 1").click()

    expect(form.thumbnails).to_have_count(1)
    assert told["id"] not in form.ids


def test_it_works_in_a_form_that_htmx_brings(visitor: Visitor) -> None:
    form = ImageForm(visitor)
    visitor.page.evaluate(
        """async (path) => {
      await window.htmx.ajax("GET", path, { target: "main", select: "form", swap: "innerHTML" });
    }""",
        form.page.url,
    )

    expect(form.field).not_to_have_attribute("name", re.compile("."))
    form.add()

    assert len(form.ids) == 1


def test_it_is_empty_after_the_form_is_reset(visitor: Visitor) -> None:
    form = ImageForm(visitor)
    form.add(2)

    visitor.page.locator("main form").evaluate("form => form.reset()")

    expect(visitor.page.locator(".images-item")).to_have_count(0)


def test_it_is_a_field_for_files_without_scripts(
    visitor: Visitor, shared_browser: Browser, alices_session: StorageState
) -> None:
    context = shared_browser.new_context(storage_state=alices_session, java_script_enabled=False)
    form = ImageForm(visitor, page=context.new_page())

    expect(form.field).to_be_visible()
    expect(form.field).to_have_attribute("name", "image_files")
    expect(form.field).to_have_css("opacity", "1")
    context.close()
