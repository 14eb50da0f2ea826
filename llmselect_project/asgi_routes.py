"""Which part answers a connection: pages with Django's whole stack, the API with a short one, sockets.

Django's own session, CSRF and auth middleware hop to a thread at each hook. The API needs none of them, for it has its
own authenticator, so its requests go through ``API_MIDDLEWARE`` alone.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from channels.routing import URLRouter
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.urls import path

from comparisons.consumers import EventConsumer, PageConsumer
from generations.log.subscriber import stay_subscribed
from llmselect_project.body_limit import answer_within_limit
from llmselect_project.health import database_answers


def _short_stack() -> ASGIHandler:
    """A handler reads ``MIDDLEWARE`` while it is made, and never again."""
    full, settings.MIDDLEWARE = settings.MIDDLEWARE, settings.API_MIDDLEWARE
    try:
        return ASGIHandler()
    finally:
        settings.MIDDLEWARE = full


pages = ASGIHandler()
api = _short_stack()
sockets = URLRouter(
    [
        path("ws/comparisons/<uuid:public_id>/", EventConsumer.as_asgi()),
        path("ws/comparisons/<uuid:public_id>/html/", PageConsumer.as_asgi()),
    ]
)
API_PATHS = ("/api/", "/health/", "/sse/")
SESSION_PATHS = ("/api/v1/auth/",)
"""Signing in and out over the API touches the session, which the middleware brings."""
NOT_FOUND = 4404
STARTS_WITHIN = 1.0
RETRY_DELAY = 2.0

logger = logging.getLogger(__name__)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Send each connection to its part."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "websocket":
        await _socket(scope, receive, send)
    else:
        await answer_within_limit(_handler(scope["path"]), scope, receive, send)


def _handler(path: str) -> ASGIHandler:
    return api if path.startswith(API_PATHS) and not path.startswith(SESSION_PATHS) else pages


async def _socket(scope: Any, receive: Any, send: Any) -> None:
    try:
        await sockets(scope, receive, send)
    except ValueError as error:
        if not str(error).startswith("No route found"):
            raise
        await send({"type": "websocket.close", "code": NOT_FOUND})


async def _live(receive: Any, send: Any) -> None:
    """Keep one subscription open from the start, so that no stream has to wake the channel layer. A process that starts
    before its database or Redis answers 503 until they are there, and says in the log what it waits for."""
    waiting: list[asyncio.Task[None]] = []
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            waiting = [asyncio.create_task(stay_subscribed()), asyncio.create_task(_wait_for_database())]
            await asyncio.wait(waiting, timeout=STARTS_WITHIN)
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            for task in waiting:
                task.cancel()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def _wait_for_database() -> None:
    while not await database_answers():
        logger.warning("The database does not answer yet, and is waited for. Check that it runs, and DATABASE_URL.")
        await asyncio.sleep(RETRY_DELAY)
