"""The ASGI application: pages with all of Django's middleware, the API with less, sockets, and background tasks.

Django's session, CSRF and auth middleware switch to a thread at each hook. The API has its own authenticator and needs
none of them, so its requests go through ``API_MIDDLEWARE`` alone.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from inspect import iscoroutinefunction
from typing import Any
from weakref import WeakKeyDictionary

from channels.routing import URLRouter
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.urls import Resolver404, path, resolve

from comparisons.consumers import EventConsumer, PageConsumer
from core.garbage import collect_seldom
from generations.log.live_topics import keep_layer_awake
from generations.worker.reaper import Reaper
from llmselect_project.body_limit import handle_within_limit
from llmselect_project.coroutine_handler import CoroutineHandler
from llmselect_project.health import database_responds


def _api_handler(kind: type[ASGIHandler]) -> ASGIHandler:
    """Return a handler with ``API_MIDDLEWARE``. A handler reads the setting ``MIDDLEWARE`` only while it is created."""
    full, settings.MIDDLEWARE = settings.MIDDLEWARE, settings.API_MIDDLEWARE
    try:
        return kind()
    finally:
        settings.MIDDLEWARE = full


pages = ASGIHandler()
api = _api_handler(ASGIHandler)
coroutines = _api_handler(CoroutineHandler)
sockets = URLRouter(
    [
        path("ws/comparisons/<uuid:public_id>/", EventConsumer.as_asgi()),
        path("ws/comparisons/<uuid:public_id>/html/", PageConsumer.as_asgi()),
    ]
)
API_PATHS = ("/api/", "/health/", "/sse/")
SESSION_PATHS = ("/api/v1/auth/",)
"""Sign-in and sign-out over the API need the session, and so its middleware."""
NOT_FOUND = 4404
"""The close code of a socket with an unknown path."""
STARTUP_TIMEOUT = 1.0
"""Seconds that startup waits for the database and Redis before the process serves without them."""
RETRY_DELAY = 2.0

logger = logging.getLogger(__name__)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Hand each connection to the application that serves it: pages, API, or sockets."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    if settings.ASGI_SERVER == "daphne":
        _start_background()  # Daphne sends no lifespan events, so the first connection starts it.
    if scope["type"] == "websocket":
        await _socket(scope, receive, send)
    else:
        await handle_within_limit(_handler(scope), scope, receive, send)


def _handler(scope: Any) -> ASGIHandler:
    path = scope["path"]
    if not path.startswith(API_PATHS) or path.startswith(SESSION_PATHS):
        return pages
    with suppress(Resolver404):
        scope["match"] = resolve(path)
        if iscoroutinefunction(scope["match"].func):
            return coroutines
    return api


async def _socket(scope: Any, receive: Any, send: Any) -> None:
    try:
        await sockets(scope, receive, send)
    except ValueError as error:
        if not str(error).startswith("No route found"):
            raise
        await send({"type": "websocket.close", "code": NOT_FOUND})


_background: WeakKeyDictionary[asyncio.AbstractEventLoop, list[asyncio.Task[None]]] = WeakKeyDictionary()


async def _lifespan(receive: Any, send: Any) -> None:
    """Run the background tasks between startup and shutdown.

    A process that starts before its database or Redis responds with 503 until they are available, and logs which one it
    waits for.
    """
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await asyncio.wait(_start_background(), timeout=STARTUP_TIMEOUT)
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            for task in _background.pop(asyncio.get_running_loop(), []):
                task.cancel()
            await send({"type": "lifespan.shutdown.complete"})
            return


def _start_background() -> list[asyncio.Task[None]]:
    """Start this process's background tasks, once; return those that end when Redis and the database respond."""
    loop = asyncio.get_running_loop()
    if loop not in _background:
        collect_seldom()
        ready = [asyncio.create_task(keep_layer_awake()), asyncio.create_task(_wait_for_database())]
        _background[loop] = [*ready, asyncio.create_task(Reaper().run())]
    return _background[loop][:2]


async def _wait_for_database() -> None:
    while not await database_responds():
        logger.warning("Waiting for the database, which does not respond yet. Check that it runs, and DATABASE_URL.")
        await asyncio.sleep(RETRY_DELAY)
