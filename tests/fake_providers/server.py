"""The server of the stand-in vendors; the docstring of the package shows its use."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.fake_providers.error_bodies import parameter_refusal, refusal
from tests.fake_providers.formats import (
    AnthropicFormat,
    ChatFormat,
    Format,
    GoogleFormat,
    MistralFormat,
    ResponsesFormat,
)
from tests.fake_providers.model_lists import listing
from tests.fake_providers.recorder import Recorded
from tests.fake_providers.scripts import Script
from tests.fake_providers.sender import Answer, Cut

DEPLOYED = [
    {"id": "model-a", "model": "gpt-6.1-sol", "status": "succeeded"},
    {"id": "model-b", "model": "gpt-4o", "status": "succeeded"},
    {"id": "search", "model": "text-embedding-3-large", "status": "succeeded"},
]
PATHS = {"anthropic": "/anthropic", "google": "/google", "mistral": "/mistral"}
KEY_HEADERS = ("Authorization", "x-api-key", "x-goog-api-key")


class StandIn:
    """All vendors on one port; start it with ``with``, or ``start`` and ``stop``."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host, self.port = host, port
        self.scripts: dict[str, Script] = {}
        self.default = Script()
        self.sequence: list[Script] = []
        """Scripts for the next requests, in order, used before all other scripts."""
        self.models: dict[str, list[Any]] = {}
        self.requests: list[Recorded] = []
        self.listed: list[dict[str, str]] = []
        self.public_lists = False
        self.refused_lists: tuple[int, str] | None = None
        """The status and the words with which lists of models are refused."""
        self.loaded: Any = None
        """The list of what local servers have loaded; None if they do not tell."""
        self._arrived = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def open_connections(self) -> int:
        return sum(request.is_open for request in self.requests)

    def base_url(self, slug: str) -> str:
        """Return the base URL for this kind of provider, with the meaning that it has for the vendor's SDK."""
        return self.url + PATHS.get(slug, f"/{slug}/v1")

    def reset(self) -> None:
        """Forget scripts and recorded requests."""
        self.scripts.clear()
        self.sequence.clear()
        self.models.clear()
        self.requests.clear()
        self.listed.clear()
        self.public_lists = False
        self.refused_lists = None
        self.loaded = None
        self.default = Script()

    def wait_for_request(self, *, model: str | None = None, number: int = 1, timeout: float = 30) -> Recorded:
        """Wait for the request with this number since the last reset, of this model if one is given; return it."""

        def matching_request() -> Recorded | None:
            matching = [request for request in self.requests if model in (None, request.model)]
            return matching[number - 1] if len(matching) >= number else None

        with self._arrived:
            self._arrived.wait_for(lambda: matching_request() is not None, timeout)
        request = matching_request()
        if request is None:
            raise TimeoutError(f"no request number {number} for {model or 'any model'} within {timeout} s")
        return request

    async def request(self, *, model: str | None = None, number: int = 1, timeout: float = 30) -> Recorded:
        """Await ``wait_for_request``."""
        return await asyncio.to_thread(self.wait_for_request, model=model, number=number, timeout=timeout)

    def start(self) -> Self:
        """Serve in a thread; return once the port is open."""
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready.set)), daemon=True)
        self._thread.start()
        ready.wait(10)
        return self

    def stop(self) -> None:
        """Close every connection and end the thread."""
        if self._loop is not None and self._stop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    async def _serve(self, ready: Callable[[], None]) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        runner = web.AppRunner(self._application(), handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, self.host, self.port)
        await site.start()
        self.port = runner.addresses[0][1]
        ready()
        await self._stop.wait()
        await runner.cleanup()

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=64 * 1024 * 1024)
        route = application.router
        route.add_get("/_requests", self._recorded)
        route.add_put("/_scripts/{model:.+}", self._set_script)
        route.add_post("/{vendor}/v1/responses", self._answering(ResponsesFormat))
        route.add_post("/anthropic/v1/messages", self._answering(AnthropicFormat))
        route.add_post("/mistral/v1/chat/completions", self._answering(MistralFormat))
        route.add_post("/{vendor}/v1/chat/completions", self._answering(ChatFormat))
        route.add_post(
            "/google/{version:v1|v1beta}/models/{model}:streamGenerateContent", self._answering(GoogleFormat)
        )
        route.add_get("/google/v1beta/models", self._list)
        route.add_get("/{vendor}/v1/models", self._list)
        route.add_get("/{version:v1}/models", self._list)
        route.add_get("/{vendor}/v1/key", self._key)
        route.add_get("/openai/deployments", self._deployments)
        route.add_get("/api/ps", self._loaded)
        route.add_get("/api/v0/models", self._loaded)
        return application

    def _answering(self, format_: type[Format]) -> Callable[[web.Request], Coroutine[Any, Any, web.StreamResponse]]:
        async def handler(request: web.Request) -> web.StreamResponse:
            recorded = await self._record(request)
            hung_up = True
            try:
                response = await self._answer(request, recorded, format_)
                hung_up = False
                return response
            except Cut:
                hung_up = False
                raise
            finally:
                recorded.end(hung_up=hung_up)

        return handler

    async def _record(self, request: web.Request) -> Recorded:
        body = await request.json()
        model = request.match_info.get("model") or body.get("model", "")
        recorded = Recorded(_vendor(request), request.path, dict(request.headers), body, model)
        with self._arrived:
            self.requests.append(recorded)
            self._arrived.notify_all()
        return recorded

    async def _answer(self, request: web.Request, recorded: Recorded, format_: type[Format]) -> web.StreamResponse:
        script = self._script(recorded.model)
        if script.first_delay:
            await asyncio.sleep(script.first_delay)
        if "refused" in _key(request):
            return _refused(request, 401, recorded.model)
        if script.status == 200 and script.body is not None:
            return await _sent(request, script)
        if script.status != 200:
            return _refused(request, script.status, recorded.model, script)
        for name in script.refuses:
            if _mentions(recorded.body, name):
                return web.json_response(parameter_refusal(recorded.vendor, name), status=400)
        if recorded.body.get("stream") is not True and format_ is not GoogleFormat:
            return web.json_response({"id": "chatcmpl-1", "object": "chat.completion", "choices": []})
        return await Answer(request, recorded, script, format_(recorded.model, script)).send()

    async def _list(self, request: web.Request) -> web.Response:
        self.listed.append(dict(request.headers))
        if "refused" in _key(request) and not self.public_lists:
            return _refused(request, 401, "")
        if self.refused_lists:
            status, words = self.refused_lists
            return web.json_response({"error": {"message": words}}, status=status)
        vendor = _vendor(request)
        return web.json_response(listing(vendor, self.models.get(vendor)))

    async def _deployments(self, request: web.Request) -> web.Response:
        """Return the deployments of an Azure resource, at the root of its host, for the key in its own header."""
        if not request.headers.get("api-key") or "api-version" not in request.query:
            return _refused(request, 401, "")
        return web.json_response(
            {
                "object": "list",
                "data": [{"object": "deployment", **each} for each in self.models.get("azure", DEPLOYED)],
            }
        )

    async def _loaded(self, request: web.Request) -> web.Response:
        """Return what a local server has loaded, at the root of its host."""
        return web.json_response(self.loaded) if self.loaded is not None else web.Response(status=404)

    async def _key(self, request: web.Request) -> web.Response:
        if "refused" in _key(request) or not _key(request):
            return _refused(request, 401, "")
        return web.json_response({"data": {"label": "stand-in", "usage": 0}})

    async def _recorded(self, _: web.Request) -> web.Response:
        return web.json_response([request.as_json() for request in self.requests])

    def _script(self, model: str) -> Script:
        if self.sequence:
            return self.sequence.pop(0)
        return self.scripts.get(model) or Script.from_model(model) or self.default

    async def _set_script(self, request: web.Request) -> web.Response:
        self.scripts[request.match_info["model"]] = Script.from_settings(await request.json())
        return web.json_response({"now": time.monotonic()})


def _vendor(request: web.Request) -> str:
    first = request.path.split("/")[1]
    return "cohere" if first == "v1" else first


def _key(request: web.Request) -> str:
    return next((request.headers[name].removeprefix("Bearer ") for name in KEY_HEADERS if name in request.headers), "")


def _refused(request: web.Request, status: int, model: str, script: Script | None = None) -> web.Response:
    headers = script.headers if script else {}
    if script is not None and script.body is not None:
        plain = {"Content-Type": "application/json"}
        return web.Response(status=status, body=_bytes(script.body), headers=plain | headers)
    status, body = refusal(_vendor(request), status, model, _key(request))
    return web.json_response(body, status=status, headers=headers)


async def _sent(request: web.Request, script: Script) -> web.StreamResponse:
    """Send the body of a script as a stream, as often as it says, in one piece or in those that it says."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"} | script.headers)
    await response.prepare(request)
    body = _bytes(script.body or b"")
    size = script.split or max(1, len(body))
    for _ in range(script.times) if script.times else itertools.count():
        for start in range(0, len(body), size):
            await response.write(body[start : start + size])
            await asyncio.sleep(0)
    await response.write_eof()
    return response


def _bytes(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else body


def _mentions(body: Any, name: str) -> bool:
    return isinstance(body, dict) and (name in body or any(_mentions(value, name) for value in body.values()))
