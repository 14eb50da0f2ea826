from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from asgiref.sync import async_to_sync
from pytest_django import Settings

from accounts.api_tokens import create_api_token
from accounts.models import User
from llmselect_project import body_limit
from llmselect_project.body_limit import KB, MB, UPLOADS
from tests.images import samples
from tests.security.client import HOST, TIMEOUT, Caller, Headers, Response, connect, in_browser, in_program, visitor
from tests.security.error_shape import refusal
from tests.security.routes import our_routes
from tests.support.live import Live

FORMS = ["/", "/chat/start/"]
UNKNOWN = "/api/v1/nothing"
JSON = "application/json"


@pytest.fixture(autouse=True)
def _small(settings: Settings, tmp_path: Path) -> None:
    settings.MAX_ARCHIVE_MB = settings.MAX_IMAGE_MB = 1
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)


@pytest.fixture
def alice(transactional_db: None) -> User:
    return User.objects.create_user("alice", "alice@example.org", None)


class Sender:
    """A client that goes on sending pieces of 64 kB; ``read`` counts those that were taken before the response."""

    def __init__(self, pieces: int = 1000) -> None:
        self.left, self.taken, self.read = pieces, 0, 0
        self.status, self.body = 0, b""

    async def receive(self) -> dict[str, Any]:
        self.taken, self.left = self.taken + 1, self.left - 1
        return {"type": "http.request", "body": b"x" * (64 * KB), "more_body": self.left > 0}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status, self.read = message["status"], self.taken
        self.body += message.get("body", b"")


def send_pieces(path: str, headers: Headers) -> Sender:
    """Send a body of 64 MB and unknown length, piece by piece."""
    sender = Sender()
    communicator = connect("http", path, [(b"host", HOST.encode()), *headers], method="POST")
    async_to_sync(communicator.application)(communicator.scope, sender.receive, sender.send)
    return sender


@pytest.mark.parametrize(("path", "limit"), [(UNKNOWN, "64 kB"), ("/accounts/login/", "2 MB"), ("/", "10 MB")])
def test_it_refuses_a_large_content_length_at_once(path: str, limit: str) -> None:
    response = visitor().send("POST", path, b"x" * (11 * MB), JSON)

    assert refusal(response, 413, "too_large")["message"] == f"Nothing larger than {limit} can be sent here."
    assert response.headers["connection"] == "close"


@pytest.mark.usefixtures("transactional_db")
@pytest.mark.parametrize("path", ["/accounts/login/", "/api/v1/compare", "/api/v1/images", "/api/v1/archive", "/"])
def test_it_reads_no_large_body_of_a_visitor(path: str) -> None:
    bad_token = Caller(((b"authorization", b"Bearer lls_wrong"),))

    responses = [caller.send("POST", path, b"x" * (64 * KB + 1), JSON) for caller in (visitor(), bad_token)]
    sender = send_pieces(path, [])

    assert [refusal(response, 401, "not_authenticated") for response in responses]
    assert (sender.status, sender.read) == (401, 2)


@pytest.mark.parametrize(
    ("path", "status", "pieces"),
    [(UNKNOWN, 413, 2), ("/api/v1/compare", 413, 33), ("/api/v1/images", 413, 49), ("/chat/start/", 413, 161)],
)
def test_it_stops_reading_a_body_of_unknown_length_at_the_limit_of_its_route(
    alice: User, path: str, status: int, pieces: int
) -> None:
    sender = send_pieces(path, [*in_program(alice).headers, *in_browser(alice).headers])

    assert (sender.status, sender.read) == (status, pieces)


def test_it_accepts_an_upload_of_every_kind_of_caller(alice: User, uploads: Path) -> None:
    data = samples.encoded("PNG", samples.noise(400, 400))
    token = create_api_token(alice, name="uploads", scopes=["write"])[1]
    by_token = Caller(((b"authorization", f"Bearer {token}".encode()),))

    responses = [caller.upload(data) for caller in (in_browser(alice), in_program(alice), by_token)]

    assert len(data) > 64 * KB
    assert [response.status for response in responses] == [201] * 3


@pytest.mark.parametrize("path", FORMS)
def test_it_leaves_the_csrf_token_in_a_large_form_to_the_view(alice: User, path: str, uploads: Path) -> None:
    cookie = in_browser(alice).headers[0][1]
    form = '--limit\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n' + "q" * 32 + "\r\n"
    file = b'--limit\r\nContent-Disposition: form-data; name="other"; filename="x"\r\n\r\n' + b"x" * (3 * MB)
    body = form.encode() + file + b"\r\n--limit--\r\n"

    response = Caller(((b"cookie", cookie),)).send("POST", path, body, "multipart/form-data; boundary=limit")

    assert response.status == 400
    assert "out of date" not in response.body


def test_its_uploads_are_routes() -> None:
    assert UPLOADS.keys() <= {route.name for route in our_routes()}


@pytest.mark.parametrize("path", [UNKNOWN, "/api/v1/auth/login", "/accounts/login/"])
def test_it_waits_no_longer_for_a_body_than_its_size_explains(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limit, "PATIENCE", 0.01)
    monkeypatch.setattr(body_limit, "LINGER", 0.01)

    response = async_to_sync(send_half)(path)

    assert refusal(response, 408, "request_timeout")
    assert response.headers["connection"] == "close"


async def send_half(path: str) -> Response:
    """Send the first half of a body, and return the response to that."""
    communicator = connect("http", path, [(b"host", HOST.encode()), (b"content-length", b"20")], method="POST")
    await communicator.send_input({"type": "http.request", "body": b"x" * 10, "more_body": True})
    start = await communicator.receive_output(TIMEOUT)
    body = await communicator.receive_output(TIMEOUT)
    await communicator.wait(TIMEOUT)
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return Response(start["status"], headers, body["body"].decode())


def test_it_gives_a_body_the_time_that_its_size_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limit, "PATIENCE", 0.0)
    waited: list[float | None] = []
    monkeypatch.setattr(asyncio, "timeout", record_timeouts(waited))

    async_to_sync(receive_twice)()

    assert waited[0] == 0.0
    assert waited[1] == pytest.approx(2 * body_limit.SMALL / body_limit.LEAST_RATE, abs=1)


def record_timeouts(waited: list[float | None]) -> Any:
    """Return ``asyncio.timeout`` without a timeout, which notes the seconds that it was asked for."""
    without_end = asyncio.timeout

    def timeout(seconds: float | None) -> asyncio.Timeout:
        waited.append(seconds)
        return without_end(None)

    return timeout


async def receive_twice() -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x" * (2 * body_limit.SMALL), "more_body": True}

    body = body_limit._Body({"path": "/accounts/login/", "headers": []}, receive)
    body._limit = 10 * MB
    await body.receive()
    await body.receive()


def test_a_server_refuses_a_large_body_and_keeps_running(live: Live) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(200):
            yield b"x" * MB

    announced = requests.post(
        f"{live.base_url}/accounts/login/", b"", headers={"Content-Length": str(200 * MB)}, timeout=30
    )
    sent = requests.post(f"{live.base_url}/accounts/login/", pieces(), timeout=30)

    assert announced.status_code == 413
    assert sent.status_code == 401
    assert requests.get(f"{live.base_url}/health/live", timeout=30).ok


def test_a_server_sends_no_continue_for_a_body_that_it_refuses(live: Live) -> None:
    head = f"POST /nothing HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {MB}\r\nExpect: 100-continue\r\n\r\n"

    with socket.create_connection((live.host, live.port), timeout=30) as client:
        client.sendall(head.encode())
        first = client.recv(100)

    assert first.startswith(b"HTTP/1.1 413 ")
