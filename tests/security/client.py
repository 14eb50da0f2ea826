"""Requests to the whole ASGI application in this process, as a user or as a visitor."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode

from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.test import Client

from accounts.jwt import issue_pair
from accounts.models import User
from llmselect_project.asgi_routes import application

HOST = "localhost"
TIMEOUT = 20
CSRF = "q" * 32

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def headers_and_body(self) -> str:
        return f"{self.headers}\n{self.body}"


@dataclass(frozen=True, slots=True)
class Caller:
    """A client that sends these headers; without any, it is a visitor without an account."""

    headers: tuple[tuple[bytes, bytes], ...] = ()

    def ask(self, method: str, path: str, fields: Mapping[str, Any] | None = None) -> Response:
        """Send one request with ``fields`` as JSON to the API, and as a form to pages."""
        body, content_type = b"", "application/json"
        if fields is not None and path.startswith("/api/"):
            body = json.dumps(fields).encode()
        elif fields is not None:
            body, content_type = urlencode(fields).encode(), "application/x-www-form-urlencoded"
        return self.send(method, path, body, content_type)

    def upload(self, data: bytes, *, field: str = "file", name: str = "x", path: str = "/api/v1/images") -> Response:
        """Send one file in a form, as browsers do."""
        head = f'--limit\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
        body = head.encode() + data + b"\r\n--limit--\r\n"
        return self.send("POST", path, body, "multipart/form-data; boundary=limit")

    def send(self, method: str, path: str, body: bytes, content_type: str, *, host: bytes = HOST.encode()) -> Response:
        """Send one request with exactly these bytes."""
        headers = [
            (b"host", host),
            (b"content-type", content_type.encode()),
            (b"content-length", str(len(body)).encode()),
            *self.headers,
        ]
        return async_to_sync(_exchange)(method, path, body, headers)


def visitor() -> Caller:
    """Return the browser of a visitor without an account, with our CSRF cookie."""
    return Caller(_browser_headers(""))


def in_browser(user: User) -> Caller:
    """Return a user's browser, with a new session."""
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return Caller(_browser_headers(f"; {settings.SESSION_COOKIE_NAME}={session}"))


def in_program(user: User) -> Caller:
    """Return a user's program, with an access token."""
    return Caller(((b"authorization", f"Bearer {issue_pair(user).access}".encode()),))


def connect(kind: str, path: str, headers: Headers, **details: Any) -> Any:
    """Return asgiref's communicator with the application.

    The communicator of channels would keep database connections from being closed.
    """
    url_path, _, query = path.partition("?")
    scope = {
        "type": kind,
        "http_version": "1.1",
        "scheme": "http" if kind == "http" else "ws",
        "path": unquote(url_path),
        "query_string": query.encode(),
        "headers": headers,
        **details,
    }
    make: Any = ApplicationCommunicator
    return make(application, scope)


def _browser_headers(cookies: str) -> tuple[tuple[bytes, bytes], ...]:
    return (
        (b"cookie", f"{settings.CSRF_COOKIE_NAME}={CSRF}{cookies}".encode()),
        (b"x-csrftoken", CSRF.encode()),
    )


async def _exchange(method: str, path: str, body: bytes, headers: Headers) -> Response:
    communicator = connect("http", path, headers, method=method)
    await communicator.send_input({"type": "http.request", "body": body})
    start = await communicator.receive_output(TIMEOUT)
    received, more = b"", True
    while more:
        part = await communicator.receive_output(TIMEOUT)
        received, more = received + part.get("body", b""), part.get("more_body", False)
    await communicator.wait(TIMEOUT)
    response_headers = {name.decode().lower(): value.decode("latin-1") for name, value in start["headers"]}
    return Response(start["status"], response_headers, received.decode(errors="replace"))
