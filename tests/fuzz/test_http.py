from __future__ import annotations

import json
import socket
from http.client import HTTPResponse
from typing import Any

import pytest
import requests

from tests.security.bad_bodies import MISSING, NOT_JSON, NOT_OBJECTS
from tests.security.error_shape import is_sentence
from tests.support.live import Account, Live

pytestmark = pytest.mark.usefixtures("no_traceback")

JSON = "application/json"
DEEP = 10_000
BODIES: dict[str, bytes] = {
    **{f"not JSON {number}": raw for number, raw in enumerate(NOT_JSON)},
    **{f"not an object {number}": raw for number, raw in enumerate(NOT_OBJECTS) if raw.strip()},
    "deep lists": b'{"prompt": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep objects": b'{"a":' * DEEP + b"7" + b"}" * DEEP,
    "NaN": b'{"prompt": NaN}',
    "Infinity": b'{"prompt": -Infinity}',
    "UTF-16": json.dumps({"prompt": "Hello"}).encode("utf-16"),
    "a half of a surrogate pair": b'{"prompt": "\\ud83d"}',
    "a raw surrogate": b'{"prompt": "\xed\xa0\xbd"}',
    "a raw control character": b'{"prompt": "a\nb"}',
}
LARGE = json.dumps({"prompt": "x" * 2 * 1024 * 1024}).encode()
TYPES = (
    "text/plain",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "x",
    "a/b; c=\xff",
)
BAD_PATHS = (
    *("/api/v1/comparisons/%zz", "/api/v1/comparisons/%", "/api/v1/comparisons/%ff%fe", "/api/v1/keys/%00/test"),
    *("/api/v1/keys/%ed%a0%80/test", "/api/v1/keys/a%2fb/test", "/api/v1/keys/%0d%0aX-A:%20b/test", "/api/v1//models"),
    *("/api/v1/../../etc/passwd", "/api/v1/models/", f"/api/v1/{'x' * 8000}", f"/api/v1/keys/{'x' * 8000}/test"),
    *("/api/v1/keys/" + "%F0%9F%8C%8D" * 500 + "/test", "/api/v2/models", "/api/", "/API/v1/models"),
)
BAD_QUERIES = (
    "limit=%ff",
    "limit=%zz",
    "offset=%00",
    "search=%00",
    "limit=1%26offset=x",
    "limit=%F0%9F%8C%8D",
    "count=2",
)
BAD_REQUESTS = {
    "a header of 1 MB": b"GET /api/v1/models HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"x" * 1024 * 1024 + b"\r\n\r\n",
    "ten thousand headers": b"GET /api/v1/models HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: b\r\n" * DEEP + b"\r\n",
    "a path of 100 kB": b"GET /api/v1/" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a query of 100 kB": b"GET /api/v1/models?" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "another host": b"GET /api/v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "no host": b"GET /api/v1/models HTTP/1.1\r\n\r\n",
    "an invalid token": b"GET /api/v1/models HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \xff\x01\r\n\r\n",
    "an invalid cookie": b"GET /api/v1/models HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid=\xff;;=\r\n\r\n",
    "TLS instead of HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200 + b"\r\n\r\n",
    "a negative length": b"POST /api/v1/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
    "two lengths": b"POST /api/v1/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
    "an invalid chunk": (
        b"POST /api/v1/chat HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"
    ),
    "bytes in the path": b"GET /api/v1/keys/\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.fixture(scope="module")
def account(installation: Live) -> Account:
    return installation.register()


@pytest.fixture(scope="module")
def operations(installation: Live) -> list[tuple[str, str]]:
    """The method and path of every operation with a JSON body."""
    document = requests.get(f"{installation.base_url}/api/v1/schema", timeout=30).json()
    return [
        (method, path.format_map(_Missing()))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if list(operation.get("requestBody", {}).get("content", ())) == [JSON]
    ]


@pytest.mark.parametrize("bad", BODIES)
def test_it_refuses_a_bad_body_at_every_operation(
    bad: str, account: Account, operations: list[tuple[str, str]]
) -> None:
    headers = {"Content-Type": JSON}

    responses = {
        operation: account.api.request(*operation, data=BODIES[bad], headers=headers) for operation in operations
    }

    assert len(operations) > 20
    assert {
        operation: response.text for operation, response in responses.items() if not is_refused(response, {400, 404})
    } == {}


def test_it_refuses_a_body_of_more_than_2_mb_at_every_operation(
    account: Account, operations: list[tuple[str, str]]
) -> None:
    headers = {"Content-Type": JSON}

    responses = {operation: account.api.request(*operation, data=LARGE, headers=headers) for operation in operations}

    assert {
        operation: response.text for operation, response in responses.items() if not is_refused(response, {413, 404})
    } == {}


@pytest.mark.parametrize("kind", TYPES)
def test_it_refuses_a_body_of_another_type_at_every_operation(
    kind: str, account: Account, operations: list[tuple[str, str]]
) -> None:
    headers = {"Content-Type": kind.encode("latin-1")}

    responses = {
        operation: account.api.request(*operation, data=b'{"prompt": "Hello"}', headers=headers)
        for operation in operations
    }

    assert {
        operation: response.text for operation, response in responses.items() if not is_refused(response, {415, 404})
    } == {}


def test_it_uses_the_last_value_of_a_repeated_name(account: Account) -> None:
    twice = b'{"name": 7, "text": "Hello", "name": "The last one"}'

    response = account.api.post("/api/v1/prompt-templates", data=twice, headers={"Content-Type": JSON})

    assert (response.status_code, response.json()["name"]) == (201, "The last one")


@pytest.mark.parametrize("path", BAD_PATHS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_refuses_a_malformed_url(path: str, method: str, installation: Live, account: Account) -> None:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {account.token}\r\n"

    status, response = raw_response(installation, f"{head}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())

    assert status in {400, 404, 405}, response[:500]


@pytest.mark.parametrize("query", BAD_QUERIES)
def test_it_refuses_a_malformed_query(query: str, account: Account) -> None:
    response = account.api.get(f"/api/v1/comparisons?{query}")

    assert is_refused(response, {400}), response.text


@pytest.mark.parametrize("bad", BAD_REQUESTS)
def test_it_refuses_a_malformed_request(bad: str, installation: Live) -> None:
    status, response = raw_response(installation, BAD_REQUESTS[bad])

    assert 400 <= status < 500, response[:500]
    assert requests.get(f"{installation.base_url}/health/live", timeout=30).status_code == 200


class _Missing(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "openai" if name == "provider" else MISSING


def is_refused(response: requests.Response, statuses: set[int]) -> bool:
    """Return True if a response is an error in the shape that all errors of the API have."""
    if response.status_code not in statuses or response.headers["Content-Type"] != JSON:
        return False
    error: dict[str, Any] = response.json()["error"]
    return is_sentence(error["message"])


def raw_response(installation: Live, request: bytes) -> tuple[int, bytes]:
    """Send exactly these bytes; return the status and body of the response."""
    with socket.create_connection((installation.host, installation.port), timeout=20) as connection:
        connection.sendall(request)
        response = HTTPResponse(connection)
        response.begin()
        return response.status, response.read()
