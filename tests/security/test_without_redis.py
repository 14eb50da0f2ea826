from __future__ import annotations

from collections.abc import Callable

from accounts.models import User
from tests.images.samples import encoded
from tests.security.client import in_browser, in_program, visitor
from tests.security.error_shape import refusal
from tests.security.row_counts import nothing_created


def test_rate_limited_requests_are_refused_in_a_sentence_without_redis(
    newcomer: User, lose_redis: Callable[[], None]
) -> None:
    page, program = in_browser(newcomer), in_program(newcomer)
    lose_redis()

    with nothing_created():
        responses = [
            program.upload(encoded("PNG")),
            program.send("POST", "/api/v1/archive", b"{}", "application/json"),
            program.ask("POST", "/api/v1/keys/openai/test"),
            program.ask("POST", "/api/v1/models/refresh", {"provider": "openai"}),
            visitor().ask("POST", "/api/v1/auth/login", {"username": "newcomer", "password": "x"}),
        ]
        form = page.ask("POST", "/keys/openai/test/", {})

    for response in responses:
        assert "Try again in a minute." in refusal(response, 503, "unavailable")["message"]
    assert form.status == 503
    assert "Try again in a minute." in form.body
