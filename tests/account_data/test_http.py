from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from conversations.models import Conversation
from tests.account_data.conftest import PASSWORD, Json, Person
from tests.images.test_services import files
from tests.security.client import Caller, Response, in_browser, in_program
from tests.security.error_shape import refusal
from tests.security.row_counts import nothing_created

ARCHIVE, ME = "/api/v1/archive", "/api/v1/auth/me"
BOUNDARY = "a-boundary"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
HTMX = {"HX-Request": "true"}


def form(data: bytes, name: str = "file") -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="a.json"\r\n\r\n'
    return head.encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()


def upload(archive: Any) -> SimpleUploadedFile:
    return SimpleUploadedFile("archive.json", json.dumps(archive).encode(), "application/json")


@pytest.fixture
def archive(alice: Person) -> Json:
    image = alice.upload_image()
    alice.say("one", images=[image])
    alice.compare("Which is best?", images=[image])
    return alice.export()


@pytest.fixture
def page(bob: Person) -> Client:
    client = Client()
    client.force_login(bob.user)
    return client


def test_it_exports_a_file_to_programs_and_browsers(alice: Person, archive: Json) -> None:
    for caller in (in_program(alice.user), in_browser(alice.user)):
        response = caller.ask("GET", ARCHIVE)

        exported = json.loads(response.body)
        assert response.status == 200
        assert response.headers["content-type"] == "application/json"
        assert response.headers["content-disposition"].startswith('attachment; filename="llmselect-')
        assert response.headers["cache-control"] == "no-store"
        assert exported.pop("exported_at")
        assert exported == archive


def test_it_imports_a_body_and_a_file(bob: Person, archive: Json) -> None:
    caller, data = in_program(bob.user), json.dumps(archive).encode()

    first = caller.send("POST", ARCHIVE, data, "application/json")
    second = caller.send("POST", ARCHIVE, form(data), MULTIPART)

    assert (first.status, second.status) == (201, 201)
    new, old = {"imported": 1, "skipped": 0}, {"imported": 0, "skipped": 1}
    counts = [json.loads(response.body) for response in (first, second)]
    assert [(each["conversations"], each["comparisons"]) for each in counts] == [(new, new), (old, old)]


def test_it_imports_a_file_with_a_byte_order_mark(bob: Person, archive: Json) -> None:
    data = codecs.BOM_UTF8 + json.dumps(archive).encode()

    response = in_program(bob.user).send("POST", ARCHIVE, form(data), MULTIPART)

    assert response.status == 201
    assert json.loads(response.body)["conversations"] == {"imported": 1, "skipped": 0}


def test_a_browser_imports_with_its_csrf_token_alone(bob: Person, archive: Json) -> None:
    caller, data = in_browser(bob.user), json.dumps(archive).encode()
    without = Caller(tuple((name, value) for name, value in caller.headers if name != b"x-csrftoken"))

    with nothing_created():
        assert without.send("POST", ARCHIVE, data, "application/json").status == 403
        assert without.send("POST", ARCHIVE, form(data), MULTIPART).status == 403
    assert caller.send("POST", ARCHIVE, form(data), MULTIPART).status == 201


def test_an_archive_may_be_larger_than_any_other_body(bob: Person, archive: Json) -> None:
    caller = in_program(bob.user)
    data = json.dumps({**archive, "x": "x" * (django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)}).encode()

    assert caller.send("POST", ARCHIVE, data, "application/json").status == 201
    assert caller.send("POST", ARCHIVE, form(data), MULTIPART).status == 201
    for path in ("/api/v1/conversations", "/api/v1/comparisons", "/api/v1/chat"):
        assert caller.send("POST", path, data, "application/json").status in {405, 413}
    assert caller.send("POST", "/api/v1/chat", data, "application/json").status == 413


def test_it_refuses_what_is_larger_than_an_archive_may_be(bob: Person, archive: Json, settings: Settings) -> None:
    settings.MAX_ARCHIVE_MB = 1
    caller, data = in_program(bob.user), json.dumps({**archive, "x": "x" * 1024 * 1024}).encode()

    with nothing_created():
        answers = [
            caller.send("POST", ARCHIVE, data, "application/json"),
            caller.send("POST", ARCHIVE, form(data), MULTIPART),
        ]

    assert all("1 MB" in refusal(response, 413, "too_large")["message"] for response in answers)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/json"),
        (b"{}", "application/json"),
        (b"[]", "application/json"),
        (b"{", "text/plain"),
        (form(b""), MULTIPART),
        (form(b"{}"), MULTIPART),
        (form(b"{}", name="archive"), MULTIPART),
        (b"nothing of a form", MULTIPART),
        (b"{}", "multipart/form-data"),
        (b"format=llmselect-archive", "application/x-www-form-urlencoded"),
    ],
)
def test_it_refuses_other_bodies_with_a_sentence(bob: Person, body: bytes, content_type: str) -> None:
    with nothing_created():
        response = in_program(bob.user).send("POST", ARCHIVE, body, content_type)

    assert refusal(response, 400, "validation_error")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_an_archive_can_only_be_read_and_imported(bob: Person, method: str) -> None:
    assert refusal(in_program(bob.user).ask(method, ARCHIVE, {}), 405, "method_not_allowed")


def test_the_page_imports_a_file(page: Client, bob: Person, archive: Json) -> None:
    first = page.post("/settings/archive/", {"file": upload(archive)}, follow=True)
    again = page.post("/settings/archive/", {"file": upload(archive)}, headers=HTMX)

    assert first.redirect_chain == [("/settings/", 302)]
    assert "Imported 1 chat and 1 comparison." in first.content.decode()
    assert "<html" not in again.content.decode()
    assert "It contained nothing new. 2 were here already." in again.content.decode()
    assert Conversation.objects.filter(user=bob.user, kind="chat").count() == 1


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_page_says_what_is_wrong_with_a_file(page: Client, archive: Json, headers: dict[str, str]) -> None:
    archive["conversations"][0]["title"] = "<b>" * 100

    with nothing_created():
        bad = page.post("/settings/archive/", {"file": upload(archive)}, headers=headers)
        none = page.post("/settings/archive/", {}, headers=headers)

    assert (bad.status_code, none.status_code) == (400, 400)
    assert ("<html" in bad.content.decode()) is not bool(headers)
    assert "conversations[0].title is longer than 200 characters." in bad.content.decode()
    assert "Choose the file of an archive first." in none.content.decode()


def test_a_program_deletes_its_account(alice: Person, archive: Json, uploads: Path) -> None:
    caller = in_program(alice.user)

    wrong = caller.ask("DELETE", ME, {"password": "wrong"})
    missing = caller.ask("DELETE", ME, {})
    done = caller.ask("DELETE", ME, {"password": PASSWORD})

    assert "password" in refusal(wrong, 400, "validation_error")["fields"]
    assert "password" in refusal(missing, 400, "validation_error")["fields"]
    assert done.status == 204
    assert not User.objects.exists()
    assert files(uploads) == []
    assert caller.ask("GET", ME).status == 401


def test_a_browser_is_signed_out_with_the_account(alice: Person) -> None:
    caller = in_browser(alice.user)

    done = caller.ask("DELETE", ME, {"password": PASSWORD})

    assert done.status == 204
    assert _forgets_session(done)
    assert caller.ask("GET", ME).status == 401


@pytest.mark.parametrize("bad", [None, "", 7, True, ["x"], "x" * 1001, "a\x00b"])
def test_it_refuses_values_that_are_no_password(alice: Person, bad: Any) -> None:
    response = in_program(alice.user).ask("DELETE", ME, {"password": bad})

    assert "password" in refusal(response, 400, "validation_error")["fields"]


def test_it_refuses_the_last_administrator_with_a_sentence(alice: Person, bob: Person) -> None:
    User.objects.filter(pk=alice.user.pk).update(is_staff=True, is_superuser=True)

    response = in_program(alice.user).ask("DELETE", ME, {"password": PASSWORD})

    assert "only administrator" in refusal(response, 409, "conflict")["message"]


def test_the_page_deletes_the_account_and_signs_out(page: Client, bob: Person, uploads: Path) -> None:
    bob.say("Look", images=[bob.upload_image()])
    bob.upload_image()
    wrong = page.post("/settings/delete/", {"password": "wrong"})
    gone = page.post("/settings/delete/", {"password": PASSWORD}, follow=True)

    assert wrong.status_code == 400
    assert '<details class="stack" open>' in wrong.content.decode()
    assert "That password is wrong." in wrong.content.decode()
    assert gone.redirect_chain == [("/accounts/login/", 302)]
    assert "Your account was deleted" in gone.content.decode()
    assert page.get("/settings/").status_code == 302
    assert not User.objects.exists()
    assert files(uploads) == []


def _forgets_session(response: Response) -> bool:
    cookie = response.headers.get("set-cookie", "")
    return cookie.startswith(f'{django_settings.SESSION_COOKIE_NAME}=""') and "Max-Age=0" in cookie
