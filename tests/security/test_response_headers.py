from __future__ import annotations

import logging
import re

import pytest

from core.api.middleware import UNKNOWN_HOST
from core.error_reports import ShortRefusals
from tests.security.client import in_program, visitor
from tests.security.error_shape import refusal
from tests.security.owned_rows import Belongings
from tests.security.routes import our_routes, paths

IS_STREAM = re.compile(r"^sse/|stream$")
"""Streams, which may not end, say themselves that nobody may cache them."""
PAGES = ["/", "/accounts/login/", "/nothing/"]
API = ["/api/v1/models", "/api/v1/auth/me", "/api/v1/archive", "/api/v1/nothing"]


def test_no_response_may_be_stored_except_images(belongings: Belongings) -> None:
    owner, stored = in_program(belongings.owner), set()
    for route in our_routes():
        for path in () if IS_STREAM.search(route.pattern) else paths(route, belongings):
            response = owner.ask("GET", path)
            if "no-store" not in response.headers.get("cache-control", ""):
                stored.add(route.name)

    assert stored == {"images:image-detail"}


@pytest.mark.usefixtures("transactional_db")
@pytest.mark.parametrize("path", [*PAGES, *API, "/health/live"])
@pytest.mark.parametrize("host", [b"evil.example.org", b"evil.example.org\x1b[31m" + b"x" * 5000, b""])
def test_it_refuses_another_host_in_one_line(path: str, host: bytes, caplog: pytest.LogCaptureFixture) -> None:
    response = visitor().send("GET", path, b"", "application/json", host=host)

    if path.startswith("/api/"):
        assert refusal(response, 400, "bad_request")["message"] == UNKNOWN_HOST
    else:
        assert (response.status, response.body) == (400, UNKNOWN_HOST)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.exc_info is None
    assert len(record.getMessage()) < 200


def test_a_refusal_is_logged_without_a_traceback() -> None:
    record = logging.LogRecord("django.security.TooManyFieldsSent", logging.ERROR, "", 0, "x", (), None)
    record.__dict__ |= {"exc_info": (ValueError, ValueError(), None), "status_code": 400}
    failure = logging.LogRecord("django.request", logging.ERROR, "", 0, "x", (), None)
    failure.__dict__ |= {"exc_info": (ValueError, ValueError(), None), "status_code": 500}

    assert ShortRefusals().filter(record)
    assert ShortRefusals().filter(failure)
    assert (record.levelname, record.exc_info) == ("WARNING", None)
    assert failure.exc_info is not None
