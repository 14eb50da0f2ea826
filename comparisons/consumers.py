"""WebSockets of a comparison: JSON events for API clients, HTML fragments for its page."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any
from urllib.parse import parse_qs

import orjson
from channels.generic.websocket import AsyncWebsocketConsumer

from accounts.authentication import SUBPROTOCOL, origin_allowed, socket_user
from accounts.connections import check_connections, open_connection
from accounts.models import TokenScope, User
from accounts.scopes import check_scope
from comparisons import services
from comparisons.api_events import comparison_feed
from comparisons.models import Comparison
from comparisons.schemas import turn_request
from comparisons.selectors import user_comparison, user_result
from comparisons.shared_page import page_frames
from core.async_db import in_thread
from core.errors import UNAVAILABLE_ERRORS, InvalidInput, NotFound, RequestError, unavailable
from generations.log.event_log import EntryId
from generations.models import Run
from generations.selectors import latest_run_state
from generations.services import stop_generations

logger = logging.getLogger(__name__)

NOT_SIGNED_IN, NOT_ALLOWED, NOT_FOUND, FELL_BEHIND = 4401, 4403, 4404, 4408
REFUSED = 4000
"""The close code of a refused socket without the HTTP status that says why."""
TRY_AGAIN_LATER = 1013
SEND_TIMEOUT = 20.0
"""Seconds that a reader may take to accept one frame."""


class ComparisonConsumer(AsyncWebsocketConsumer):
    """Base of the two sockets: admits only the owner, and sends what ``frames`` yields.

    A task of its own sends, until the socket is closed or the comparison is deleted.
    """

    user: User
    comparison: Comparison
    channel_layer_alias = ""
    """No channel layer: ``frames`` subscribes by itself, and the socket stays open while Redis is unavailable."""
    _follower: asyncio.Task[None] | None = None
    _revocation: asyncio.Task[None] | None = None

    def frames(self) -> AsyncGenerator[str, None]:
        raise NotImplementedError

    async def connect(self) -> None:
        offered = self.scope.get("subprotocols") or []
        await self.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        try:
            if not await self._authenticate():
                return
            check_connections(self.user)
            public_id: uuid.UUID = self.scope["url_route"]["kwargs"]["public_id"]
            self.comparison = await in_thread(user_comparison, self.user, public_id)
        except RequestError as error:
            await self.close(REFUSED + error.status)
            return
        except UNAVAILABLE_ERRORS as error:
            unavailable(error)
            await self.close(TRY_AGAIN_LATER)
            return
        self._follower = asyncio.create_task(self._follow_while_allowed())

    async def _authenticate(self) -> bool:
        """Set ``user`` to the one who has opened the socket; close the socket and return False if there is none now.

        Raises Forbidden if a personal token may not read.
        """
        user = await socket_user(self.scope)
        if user is None:
            await self.close(NOT_SIGNED_IN if origin_allowed(self.scope) else NOT_ALLOWED)
            return False
        self.user = user
        return True

    async def disconnect(self, code: int) -> None:
        if self._follower is not None:
            self._follower.cancel()
            with suppress(asyncio.CancelledError):
                await self._follower

    async def _follow_while_allowed(self) -> None:
        with open_connection(self.user, self._revoke):
            await self._follow()

    def _revoke(self) -> None:
        if self._follower is not None:
            self._follower.cancel()
        self._revocation = asyncio.create_task(self.close(NOT_SIGNED_IN))

    async def _follow(self) -> None:
        try:
            async with aclosing(self.frames()) as frames:
                async for frame in frames:
                    async with asyncio.timeout(SEND_TIMEOUT):
                        await self.send(text_data=frame)
            await self.close(NOT_FOUND)
        except Run.DoesNotExist:
            await self.close(NOT_FOUND)
        except TimeoutError:
            await self.close(FELL_BEHIND)
        except OSError:
            return  # The client has closed the connection; disconnect() follows.
        except RequestError as error:
            await self._refuse(error)
            await self.close(NOT_ALLOWED)
        except UNAVAILABLE_ERRORS as error:
            unavailable(error)
            await self.close(TRY_AGAIN_LATER)
        except Exception:
            logger.exception("the socket of comparison %s failed", self.comparison.public_id)
            await self.close(1011)

    async def _refuse(self, error: RequestError) -> None:
        await self.send(text_data=orjson.dumps({"event": "refused", **error.body()}).decode())

    def _query(self, name: str) -> str:
        query: str = self.scope["query_string"].decode("latin-1")
        return parse_qs(query).get(name, [""])[0]


class EventConsumer(ComparisonConsumer):
    """The API's socket: sends one event a frame, over all turns, and accepts the actions ``cancel`` and ``turn``."""

    async def frames(self) -> AsyncGenerator[str, None]:
        after = self._after()
        state = await in_thread(latest_run_state, self.comparison.topic)
        last = after or EntryId(0, 0)
        deltas = self.user.receives_streams
        events = comparison_feed(self.comparison, state=None if after else state, after=after, deltas=deltas)
        async with aclosing(events):
            async for event in events:
                if event.json is not None:
                    last = event.id or last
                    yield orjson.dumps({**event.json, "seq": str(last)}).decode()

    def _after(self) -> EntryId | None:
        try:
            after = EntryId.parse(self._query("after")) if self._query("after") else None
        except ValueError as error:
            raise InvalidInput("The value of after has to be the id of an event.") from error
        return after if after is not None and after.epoch else None

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._follower is None:
            return
        try:
            if await self._authenticate():
                await self._act(_message(text_data))
        except RequestError as error:
            await self._refuse(error)
        except UNAVAILABLE_ERRORS as error:
            await self._refuse(unavailable(error))

    async def _act(self, message: dict[str, Any]) -> None:
        check_scope(self.user, TokenScope.WRITE)
        match message:
            case {"action": "cancel", "result_id": result_id}:
                await in_thread(self._stop, result_id)
            case {"action": "cancel"}:
                await in_thread(services.stop_comparison, comparison=self.comparison)
            case {"action": "turn"}:
                checked = turn_request({"prompt": message.get("prompt"), "images": message.get("images")})
                await in_thread(services.start_turn, comparison=self.comparison, request=checked)
            case _:
                raise InvalidInput("The action has to be cancel or turn.")

    def _stop(self, result_id: Any) -> None:
        try:
            key = uuid.UUID(str(result_id))
        except ValueError as error:
            raise InvalidInput("The result_id has to be the id of a result.") from error
        generation, comparison = user_result(self.user, key)
        if comparison != self.comparison:
            raise NotFound("This result belongs to another comparison.")
        stop_generations([generation])


class PageConsumer(ComparisonConsumer):
    """The page's socket: sends HTML fragments to swap in, batched over all columns."""

    def frames(self) -> AsyncGenerator[str, None]:
        return page_frames(self.comparison, self._query("shown"))


def _message(text: str | None) -> dict[str, Any]:
    try:
        message = orjson.loads(text or "")
    except orjson.JSONDecodeError as error:
        raise InvalidInput("The message is not valid JSON.") from error
    if not isinstance(message, dict):
        raise InvalidInput("The message has to be a JSON object.")
    return message
