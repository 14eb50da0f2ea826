from __future__ import annotations

import json
import re

from playwright.sync_api import FilePayload, Locator, expect

from tests.accounts.conftest import bearer
from tests.browser.visitor import Visitor
from tests.support.live import PASSWORD


def archive_card(visitor: Visitor) -> Locator:
    visitor.go("/settings/")
    return visitor.page.locator("#archive")


def exported(visitor: Visitor) -> bytes:
    card = archive_card(visitor)
    with visitor.page.expect_download() as download:
        card.get_by_role("link", name="Export everything").click()
    assert re.fullmatch(r"llmselect-\d{4}-\d\d-\d\d\.json", download.value.suggested_filename)
    return download.value.path().read_bytes()


def take_in(visitor: Visitor, data: bytes) -> Locator:
    """Import a file with the form; return the card that replaces the form's."""
    card = archive_card(visitor)
    file = card.get_by_label("Import an archive")
    file.set_input_files(FilePayload(name="archive.json", mimeType="application/json", buffer=data))
    card.get_by_role("button", name="Import", exact=True).click()
    return visitor.page.locator("#archive")


def ask_for_the_end(visitor: Visitor, password: str) -> None:
    visitor.page.get_by_text("Delete your account…").click()
    visitor.page.get_by_label("Your password").fill(password)
    visitor.page.get_by_role("button", name="Delete account").click()


def test_it_takes_everything_along_to_another_account(visitor: Visitor, newcomer: Visitor) -> None:
    visitor.begin("demo/demo-swift", "demo/demo-scholar", prompt="What goes along?")
    visitor.wait_for_end()
    answer = visitor.answer(0).inner_text()
    archive = exported(visitor)
    amount = len(json.loads(archive)["comparisons"])

    card = take_in(newcomer, archive)
    words = "1 comparison" if amount == 1 else f"{amount} comparisons"
    expect(card.get_by_role("status")).to_contain_text(re.compile(f"^Imported .*{words}\\b"))
    newcomer.go("/history/")
    newcomer.page.get_by_role("link", name="What goes along?").first.click()

    newcomer.wait_for_end()
    assert newcomer.statuses == ["completed", "completed"]
    assert newcomer.answer(0).inner_text() == answer


def test_it_imports_nothing_twice(newcomer: Visitor) -> None:
    newcomer.begin("demo/demo-swift", "demo/demo-scholar")
    newcomer.wait_for_end()

    card = take_in(newcomer, exported(newcomer))

    expect(card.get_by_role("status")).to_have_text("It contained nothing new. 1 was here already.")
    expect(card.get_by_role("alert")).to_have_count(0)


def test_it_says_at_the_field_what_is_wrong_with_a_file(newcomer: Visitor) -> None:
    card = take_in(newcomer, b'{"format": "llmselect-archive", "version": 1, "comparisons": [{"id": 7}]}')

    expect(card.get_by_role("alert")).to_have_text("Nothing was imported: comparisons[0].id is not a UUID.")
    newcomer.forgive("400")


def test_it_imports_without_scripts(newcomer: Visitor) -> None:
    data = exported(newcomer)
    context = newcomer.context.browser.new_context(  # type: ignore[union-attr]
        storage_state=newcomer.context.storage_state(), java_script_enabled=False
    )
    plain = Visitor(newcomer.live, newcomer.account, context.new_page(), newcomer.problems)

    take_in(plain, data)

    expect(plain.page.get_by_text("It contained nothing new.")).to_be_visible()
    assert plain.path == "/settings/"
    context.close()


def test_it_deletes_the_account_after_the_password_alone(newcomer: Visitor) -> None:
    newcomer.begin("demo/demo-swift", "demo/demo-scholar")
    newcomer.go("/settings/")

    ask_for_the_end(newcomer, "not the password")
    field = newcomer.page.get_by_label("Your password")
    expect(newcomer.page.get_by_role("alert").filter(has_text="That password is wrong.")).to_be_visible()
    expect(field).to_be_focused()
    newcomer.forgive("400")
    field.fill(PASSWORD)
    newcomer.page.get_by_role("button", name="Delete account").click()

    expect(newcomer.page.get_by_text("Your account was deleted, with everything in it.")).to_be_visible()
    assert newcomer.path == "/accounts/login/"
    newcomer.go("/settings/")
    assert "/accounts/login/" in newcomer.path
    login = {"username": newcomer.account.username, "password": PASSWORD}
    assert newcomer.account.api.post("/api/v1/auth/login", json=login).status_code == 401


def test_it_makes_a_token_that_may_only_read_and_tells_of_it(newcomer: Visitor) -> None:
    newcomer.go("/settings/")
    page, card = newcomer.page, newcomer.page.locator("#api-tokens")
    card.get_by_label("Name").fill("notebook")
    for label in ("Ask models", "Change keys"):
        card.get_by_label(label).uncheck()

    card.get_by_role("button", name="Create token").click()

    token = card.get_by_label("Your new token").input_value()
    expect(card.get_by_role("row", name="notebook")).to_contain_text("read")
    reading, asking = (
        page.request.fetch(f"{newcomer.live.base_url}/api/v1/{path}", method=method, headers=bearer(token))
        for method, path in (("GET", "comparisons"), ("POST", "compare"))
    )
    assert (reading.status, asking.status) == (200, 403)
    page.get_by_role("link", name="Activity").click()
    expect(page.get_by_role("heading", name="Activity")).to_be_visible()
    expect(page.get_by_role("row", name="API token created")).to_contain_text(f"notebook (…{token[-4:]})")
    expect(page.get_by_role("row", name="Signed in").first).to_contain_text("127.0.0.1")


def test_it_says_on_the_form_that_a_token_may_do_nothing(newcomer: Visitor) -> None:
    newcomer.go("/settings/")
    card = newcomer.page.locator("#api-tokens")
    card.get_by_label("Name").fill("notebook")
    for label in ("Read and export", "Ask models", "Change keys"):
        card.get_by_label(label).uncheck()

    card.get_by_role("button", name="Create token").click()

    expect(card.locator(".errorlist")).to_have_text("Choose at least one permission.")
    expect(card.get_by_label("Name")).to_have_value("notebook")
    expect(card.get_by_label("Ask models")).not_to_be_checked()
    newcomer.forgive("status of 400|Status Error Code 400")
