"""The ASGI handler of views that are coroutines, without the threads that Django needs for other views."""

from __future__ import annotations

import asyncio
from typing import Any

from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.security import SecurityMiddleware
from django.urls import ResolverMatch, set_script_prefix


class CoroutineHandler(ASGIHandler):
    """A handler that stays on the loop.

    Django's own creates a thread for each request, to send the signals that close the connections of a synchronous
    view. A coroutine has none: ``in_thread`` takes care of those that it uses. So ``request_started`` is not sent, and
    ``request_finished`` is sent on the loop. The scope has the ``match`` of the path, which was needed to choose this
    handler.
    """

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        match: ResolverMatch = request.scope["match"]  # type: ignore[attr-defined]
        request.resolver_match = match
        return match

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        set_script_prefix(get_script_prefix(scope))
        request, refusal = self.create_request(scope, body)
        tasks = {
            asyncio.create_task(self._respond(request, refusal, send)),
            asyncio.create_task(self.listen_for_disconnect(receive)),
        }
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            body.close()
        for task in tasks:
            error = None if task.cancelled() else task.exception()
            if error is not None and not isinstance(error, RequestAborted):
                raise error

    async def _respond(self, request: HttpRequest | None, refusal: HttpResponseBase | None, send: Any) -> None:
        response = refusal if request is None else await self.run_get_response(request)
        assert response is not None
        try:
            await self.send_response(response, send)
        finally:
            response.close()


class LoopSecurityMiddleware(SecurityMiddleware):
    """Django's middleware, called on the loop: it only reads and sets headers."""

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.process_request(request) or await self.get_response(request)  # type: ignore[misc]
        return self.process_response(request, response)
