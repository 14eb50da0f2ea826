from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch

from llmselect_project.asgi_routes import coroutines

View = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


class Client:
    """A client that sends one request, and disconnects once ``leaves`` is set; ``sent`` has the server's messages."""

    def __init__(self, view: View) -> None:
        self.sent: list[dict[str, Any]] = []
        self.leaves = asyncio.Event()
        self._requests = iter([{"type": "http.request", "body": b"{}", "more_body": False}])
        self._scope = {
            "type": "http",
            "method": "POST",
            "path": "/api/v1/anything",
            "query_string": b"",
            "headers": [(b"host", b"localhost")],
            "match": ResolverMatch(view, (), {}),
        }

    async def request(self) -> None:
        async with asyncio.timeout(20):
            await coroutines(self._scope, self._receive, self._send)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    async def _receive(self) -> dict[str, Any]:
        message = next(self._requests, None)
        if message is None:
            await self.leaves.wait()
            return {"type": "http.disconnect"}
        return message

    async def _send(self, message: Mapping[str, Any]) -> None:
        self.sent.append(dict(message))


def endless_view() -> tuple[View, asyncio.Event, asyncio.Event]:
    """Return a view that never ends by itself, and events for its beginning and its end."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def view(request: HttpRequest) -> HttpResponse:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            ended.set()
        return HttpResponse()

    return view, begun, ended


async def test_it_answers_with_security_headers_and_without_a_thread() -> None:
    threads: set[int] = set()

    async def view(request: HttpRequest) -> HttpResponse:
        threads.add(threading.get_ident())
        return HttpResponse(request.body)

    def note(**_: Any) -> None:
        threads.add(threading.get_ident())

    request_finished.connect(note)
    request_started.connect(note)
    try:
        client = Client(view)
        await client.request()
    finally:
        request_finished.disconnect(note)
        request_started.disconnect(note)

    assert client.sent[0]["status"] == 200
    assert (b"X-Content-Type-Options", b"nosniff") in client.sent[0]["headers"]
    assert client.body == b"{}"
    assert threads == {threading.get_ident()}


async def test_a_client_that_leaves_ends_the_view() -> None:
    view, begun, ended = endless_view()
    client = Client(view)
    asking = asyncio.create_task(client.request())
    await begun.wait()
    client.leaves.set()
    await asking

    assert ended.is_set()
    assert client.sent == []


async def test_a_client_that_leaves_closes_the_stream() -> None:
    closed = asyncio.Event()
    client: Client

    async def stream() -> AsyncIterator[bytes]:
        try:
            yield b"one"
            client.leaves.set()
            await asyncio.Event().wait()
        finally:
            closed.set()

    async def view(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(stream())

    client = Client(view)
    await client.request()

    assert closed.is_set()
    assert client.body == b"one"


async def test_an_error_of_the_view_is_a_response(caplog: pytest.LogCaptureFixture) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        raise RuntimeError("an error of ours")

    client = Client(view)
    await client.request()

    assert client.sent[0]["status"] == 500
    assert "an error of ours" in caplog.text


async def test_a_server_that_stops_ends_the_view() -> None:
    view, begun, ended = endless_view()
    asking = asyncio.create_task(Client(view).request())
    await begun.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    assert ended.is_set()
