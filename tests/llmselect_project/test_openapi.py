from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core.management import call_command

from tests.security.client import Caller, visitor
from tests.security.routes import our_routes

STREAMS = {
    "/api/v1/chat": "post",
    "/api/v1/chat/stream": "post",
    "/api/v1/compare": "post",
    "/api/v1/compare/stream": "post",
    "/api/v1/comparisons/{public_id}/stream": "get",
    "/api/v1/comparisons/{public_id}/turns": "post",
    "/api/v1/conversations/{public_id}/stream": "get",
}


@pytest.fixture
def document(db: None) -> dict[str, Any]:
    answer = visitor().ask("GET", "/api/v1/schema")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    document: dict[str, Any] = json.loads(answer.body)
    return document


@pytest.mark.usefixtures("document")
def test_it_is_a_valid_document_without_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn")

    assert capsys.readouterr().err == ""


def test_it_has_every_route_of_the_api(document: dict[str, Any]) -> None:
    routes = {"/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route.pattern) for route in our_routes()}

    assert set(document["paths"]) == {route for route in routes if route.startswith("/api/")}


def test_it_has_every_method_of_a_route(document: dict[str, Any]) -> None:
    missing = "00000000-0000-4000-8000-000000000000"

    documented = {path: {name.upper() for name in operations} for path, operations in document["paths"].items()}
    answers = {path: visitor().ask("TRACE", re.sub(r"\{\w+\}", missing, path)) for path in documented}

    allowed = {path: set(answer.headers["allow"].split(", ")) for path, answer in answers.items()}
    assert {path: methods - {"HEAD", "OPTIONS"} for path, methods in allowed.items()} == documented


def test_it_says_which_operations_stream(document: dict[str, Any]) -> None:
    streams = {
        path: method
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "text/event-stream" in operation["responses"].get("200", {}).get("content", {})
    }

    assert streams == STREAMS


def test_it_describes_the_refusals_of_every_operation(document: dict[str, Any]) -> None:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    answers = [
        (status, response)
        for operations in document["paths"].values()
        for operation in operations.values()
        for status, response in operation["responses"].items()
        if status.startswith(("4", "503"))
    ]

    assert {status for status, _ in answers} == {"400", "401", "403", "404", "409", "413", "415", "429", "503"}
    assert [status for status, response in answers if response["content"] != error] == []
    assert all("Retry-After" in response["headers"] for status, response in answers if status in {"429", "503"})


def test_it_says_which_operations_are_public(document: dict[str, Any]) -> None:
    public = {
        path
        for path, operations in document["paths"].items()
        if any(operation.get("security") != [{"bearer": []}, {"session": []}] for operation in operations.values())
    }

    assert public == {
        "/api/v1/schema",
        *(f"/api/v1/auth/{name}" for name in ("login", "logout", "refresh", "register")),
    }
    schemes = document["components"]["securitySchemes"]
    assert {name: scheme["type"] for name, scheme in schemes.items()} == {"bearer": "http", "session": "apiKey"}


def test_it_ignores_the_accept_header(document: dict[str, Any]) -> None:
    answer = Caller(((b"accept", b"application/yaml"),)).ask("GET", "/api/v1/schema")

    assert (answer.status, json.loads(answer.body)) == (200, document)
