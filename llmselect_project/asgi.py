"""The ASGI application: pages with Django's whole stack, the API with a short one, sockets.

Django's own session, CSRF and auth middleware hop to a thread at each hook. The API needs none of them, for it has its own
authenticator, so its requests go through ``API_MIDDLEWARE`` alone.
"""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "llmselect_project.settings")

from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import ASGIHandler

pages = get_asgi_application()

from channels.routing import URLRouter
from django.conf import settings
from django.urls import path

from comparisons.consumers import EventConsumer, PageConsumer
from generations.following import stay_subscribed


def _short_stack() -> ASGIHandler:
    """A handler reads ``MIDDLEWARE`` while it is made, and never again."""
    full, settings.MIDDLEWARE = settings.MIDDLEWARE, settings.API_MIDDLEWARE
    try:
        return ASGIHandler()
    finally:
        settings.MIDDLEWARE = full


api = _short_stack()
sockets = URLRouter(
    [
        path("ws/comparisons/<uuid:public_id>/", EventConsumer.as_asgi()),
        path("ws/comparisons/<uuid:public_id>/html/", PageConsumer.as_asgi()),
    ]
)
API_PATHS = ("/api/", "/health/")
SESSION_PATHS = ("/api/v1/auth/",)
"""Signing in and out over the API touches the session, which the middleware brings."""


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Send each connection to its part."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "websocket":
        try:
            await sockets(scope, receive, send)
        except ValueError:
            await send({"type": "websocket.close", "code": 4404})
    elif scope["path"].startswith(API_PATHS) and not scope["path"].startswith(SESSION_PATHS):
        await api(scope, receive, send)
    else:
        await pages(scope, receive, send)


async def _live(receive: Any, send: Any) -> None:
    """Keep one subscription open from the start, so that the first stream does not wait for the channel layer to wake."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await stay_subscribed()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
