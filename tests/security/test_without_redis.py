from __future__ import annotations

from pytest_django import Settings

from accounts.models import User
from tests.images.samples import encoded
from tests.security.client import in_browser, in_program, visitor
from tests.security.error_shape import refusal
from tests.security.row_counts import nothing_created


def test_what_is_limited_is_refused_in_a_sentence_without_redis(asker: User, settings: Settings) -> None:
    page, program = in_browser(asker), in_program(asker)
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}

    with nothing_created():
        answers = [
            program.upload(encoded("PNG")),
            program.send("POST", "/api/v1/archive", b"{}", "application/json"),
            program.ask("POST", "/api/v1/keys/openai/test"),
            program.ask("POST", "/api/v1/models/refresh", {"provider": "openai"}),
            visitor().ask("POST", "/api/v1/auth/login", {"username": "asker", "password": "x"}),
        ]
        form = page.ask("POST", "/keys/openai/test/", {})

    for answer in answers:
        assert "Try again in a minute." in refusal(answer, 503, "unavailable")["message"]
    assert form.status == 503
    assert "Try again in a minute." in form.body
