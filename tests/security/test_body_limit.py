from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from asgiref.sync import async_to_sync
from pytest_django import Settings

from tests.security.client import HOST, TIMEOUT, Response, connect, visitor
from tests.security.error_shape import refusal
from tests.support.live import Live

PATHS = ["/accounts/login/", "/api/v1/auth/login", "/api/v1/images", "/api/v1/compare"]
MB = 1024 * 1024


@pytest.fixture
def _small(settings: Settings, tmp_path: Path) -> None:
    settings.MAX_ARCHIVE_MB = settings.MAX_IMAGE_MB = 1
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)


@pytest.mark.usefixtures("_small", "transactional_db")
@pytest.mark.parametrize("path", PATHS)
def test_it_refuses_a_large_content_length_at_once(path: str) -> None:
    response = visitor().send("POST", path, b"x" * (11 * MB), "application/json")

    assert refusal(response, 413, "too_large")["message"] == "Nothing larger than 10 MB can be sent here."
    assert response.headers["connection"] == "close"


@pytest.mark.usefixtures("_small", "transactional_db")
@pytest.mark.parametrize("path", PATHS)
def test_it_stops_reading_a_large_body_of_unknown_length(path: str) -> None:
    response, read = async_to_sync(send_endless_body)(path)

    assert refusal(response, 413, "too_large")
    assert read == 11


async def send_endless_body(path: str) -> tuple[Response, int]:
    """Send a body that does not end; return the response, and how many pieces of 1 MB were read."""
    communicator = connect("http", path, [(b"host", HOST.encode())], method="POST")
    for _ in range(50):
        await communicator.send_input({"type": "http.request", "body": b"x" * MB, "more_body": True})
    start = await communicator.receive_output(TIMEOUT)
    body = await communicator.receive_output(TIMEOUT)
    left = communicator.input_queue.qsize()
    await communicator.wait(TIMEOUT)
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return Response(start["status"], headers, body["body"].decode()), 50 - left


def test_a_server_refuses_a_large_body_and_keeps_running(live: Live) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(200):
            yield b"x" * MB

    announced = requests.post(
        f"{live.base_url}/accounts/login/", b"", headers={"Content-Length": str(200 * MB)}, timeout=30
    )
    try:
        status = requests.post(f"{live.base_url}/accounts/login/", pieces(), timeout=30).status_code
    except requests.ConnectionError:
        status = 413

    assert announced.status_code == status == 413
    assert requests.get(f"{live.base_url}/health/live", timeout=30).ok
