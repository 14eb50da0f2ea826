from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from asgiref.sync import async_to_sync
from pytest_django import Settings

from tests.security.client import HOST, PATIENCE, Answer, connected, visitor
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
def test_it_refuses_what_says_that_it_is_too_large_before_it_comes(path: str) -> None:
    answer = visitor().send("POST", path, b"x" * (11 * MB), "application/json")

    assert refusal(answer, 413, "too_large")["message"] == "Nothing larger than 10 MB can be sent here."
    assert answer.headers["connection"] == "close"


@pytest.mark.usefixtures("_small", "transactional_db")
@pytest.mark.parametrize("path", PATHS)
def test_it_stops_reading_what_does_not_say_how_large_it_is(path: str) -> None:
    answer, read = async_to_sync(endless)(path)

    assert refusal(answer, 413, "too_large")
    assert read == 11


async def endless(path: str) -> tuple[Answer, int]:
    """Return the response to a body that does not end, and how many pieces of a megabyte were read."""
    communicator = connected("http", path, [(b"host", HOST.encode())], method="POST")
    for _ in range(50):
        await communicator.send_input({"type": "http.request", "body": b"x" * MB, "more_body": True})
    start = await communicator.receive_output(PATIENCE)
    body = await communicator.receive_output(PATIENCE)
    left = communicator.input_queue.qsize()
    await communicator.wait(PATIENCE)
    names = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], names, body["body"].decode()), 50 - left


def test_a_server_answers_and_hangs_up(live: Live) -> None:
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
