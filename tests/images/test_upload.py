from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytest_django import Settings
from redis import Redis

from accounts.models import User
from images import validation
from images.models import Image
from tests.images import samples
from tests.images.samples import HTML, SVG, encoded
from tests.security.client import Caller, in_browser, in_program, visitor
from tests.security.error_shape import refusal

BAD = {
    "svg": (SVG, validation.UNKNOWN),
    "html": (HTML, validation.UNKNOWN),
    "nothing": (b"", validation.EMPTY),
    "page behind a PNG": (encoded("PNG") + HTML, validation.NOT_ALONE),
    "archive behind a GIF": (encoded("GIF") + b"PK\x03\x04" + b"\0" * 30, validation.NOT_ALONE),
    "half": (encoded("JPEG")[:-50], validation.BROKEN),
    "animated bomb": (samples.endless_gif(), validation.ANIMATED),
    "still bomb": (samples.huge_png(), validation.TOO_MANY_PIXELS),
}
NO_FORMS = [
    (b"", "multipart/form-data"),
    (b"not a form", "multipart/form-data; boundary=limit"),
    (b"{}", "application/json"),
    (encoded("PNG"), "image/png"),
    (b"file=x", "application/x-www-form-urlencoded"),
    (b"--limit\r\n" * 200, "multipart/form-data; boundary=limit"),
    (
        b'--limit\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--limit--\r\n',
        "multipart/form-data; boundary=limit",
    ),
]


@pytest.fixture(autouse=True)
def _reset_rate_limit(redis: Redis) -> None:
    """An empty Redis, which resets the rate limit of uploads."""


@pytest.fixture(params=["browser", "program"])
def caller(request: pytest.FixtureRequest, alice: User) -> Caller:
    return in_browser(alice) if request.param == "browser" else in_program(alice)


def test_it_stores_an_image_and_shows_it(caller: Caller, alice: User) -> None:
    response = caller.upload(samples.photo(), name="photo.png")

    body, image = json.loads(response.body), Image.objects.get()
    assert response.status == 201
    assert body == {
        "id": str(image.public_id),
        "media_type": "image/jpeg",
        "width": 40,
        "height": 20,
        "size": image.size,
        "url": f"/images/{image.public_id}/",
    }
    shown = caller.ask("GET", body["url"])
    assert shown.status == 200
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["content-disposition"] == "inline"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert shown.headers["cache-control"].startswith("private")
    assert image.user == alice
    assert image.size == int(shown.headers["content-length"])


def test_it_does_not_send_an_image_again_that_the_browser_has(caller: Caller) -> None:
    url = json.loads(caller.upload(samples.photo()).body)["url"]
    etag = caller.ask("GET", url).headers["etag"]

    again = Caller((*caller.headers, (b"if-none-match", etag.encode()))).ask("GET", url)

    assert (again.status, again.body) == (304, "")


@pytest.mark.parametrize("bad", BAD)
def test_it_refuses_anything_but_a_still_image(caller: Caller, uploads: Path, bad: str) -> None:
    data, sentence = BAD[bad]

    response = caller.upload(data, name="cat.png")

    assert refusal(response, 400, "validation_error")["message"] == sentence
    assert not Image.objects.exists()
    assert list(uploads.iterdir()) == []


def test_it_refuses_an_image_that_is_too_large(caller: Caller, uploads: Path, settings: Settings) -> None:
    settings.MAX_IMAGE_MB = 3
    three, more = 3 * 1024 * 1024, samples.encoded("PNG")

    too_large = caller.upload(more + b"\0" * (three - len(more) + 1))
    largest = caller.upload(more + b"\0" * (three - len(more)))

    assert refusal(too_large, 413, "too_large")["message"] == "The image is larger than 3 MB. Make it smaller first."
    assert largest.status == 201


@pytest.mark.parametrize(("body", "content_type"), NO_FORMS)
def test_it_refuses_anything_but_a_form_with_a_file(caller: Caller, body: bytes, content_type: str) -> None:
    response = caller.send("POST", "/api/v1/images", body, content_type)

    refusal(response, 400, "validation_error")
    assert not Image.objects.exists()


def test_it_refuses_a_file_in_another_field_and_two_files(caller: Caller) -> None:
    part = b'--limit\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nx\r\n'

    responses = [
        caller.upload(encoded("PNG"), field="image"),
        caller.send("POST", "/api/v1/images", part * 2 + b"--limit--\r\n", "multipart/form-data; boundary=limit"),
        caller.send("POST", "/api/v1/images", part * 200 + b"--limit--\r\n", "multipart/form-data; boundary=limit"),
    ]

    assert all(refusal(response, 400, "validation_error") for response in responses)


def test_it_limits_the_text_beside_an_image_as_elsewhere(caller: Caller) -> None:
    text = b'--limit\r\nContent-Disposition: form-data; name="x"\r\n\r\n' + b"x" * 3_000_000 + b"\r\n--limit--\r\n"

    response = caller.send("POST", "/api/v1/images", text, "multipart/form-data; boundary=limit")

    refusal(response, 413, "too_large")


def test_it_limits_the_uploads_of_a_minute(caller: Caller) -> None:
    responses = [caller.upload(b"x") for _ in range(61)]

    assert {response.status for response in responses[:60]} == {400}
    assert int(responses[60].headers["retry-after"]) > 0
    refusal(responses[60], 429, "rate_limited")


def test_it_requires_a_user_and_in_a_browser_the_csrf_token(alice: User) -> None:
    without = Caller(tuple(header for header in in_browser(alice).headers if header[0] != b"x-csrftoken"))

    assert visitor().upload(encoded("PNG")).status == 401
    assert without.upload(encoded("PNG")).status == 403
    assert not Image.objects.exists()


def test_it_deletes_an_unsent_image(caller: Caller, uploads: Path) -> None:
    image = json.loads(caller.upload(encoded("PNG")).body)

    deleted = caller.ask("DELETE", f"/api/v1/images/{image['id']}")

    assert deleted.status == 204
    assert caller.ask("GET", image["url"]).status == 404
    assert not [path for path in uploads.rglob("*") if path.is_file()]


def test_it_shows_an_image_only_to_its_owner(alice: User, bob: User) -> None:
    url = json.loads(in_program(alice).upload(encoded("PNG")).body)["url"]

    strangers = [caller.ask("GET", url) for caller in (in_browser(bob), in_program(bob))]
    bad_token = Caller(((b"authorization", b"Bearer lls_wrong"),)).ask("GET", url)

    assert [response.status for response in strangers] == [404, 404]
    assert bad_token.status == 401
    assert visitor().ask("GET", url).headers["location"].startswith("/accounts/login/?next=/images/")
    assert in_program(bob).ask("DELETE", f"/api/v1{url.rstrip('/')}").status == 404


def test_it_says_that_an_image_is_not_found_if_its_file_is_lost(alice: User, uploads: Path) -> None:
    url = json.loads(in_program(alice).upload(encoded("PNG")).body)["url"]
    next(path for path in uploads.rglob("*") if path.is_file()).unlink()

    assert in_program(alice).ask("GET", url).status == 404
