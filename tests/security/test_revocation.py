"""Open streams and sockets end soon after the right to them: on every route, whatever right it was."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.contrib.sessions.models import Session
from django.utils import timezone
from pytest_django import Settings

from accounts import connections
from accounts.api_tokens import create_api_token, delete_api_token
from accounts.connections import CHECK_INTERVAL
from accounts.models import ApiToken, User
from tests.security.client import HOST, TIMEOUT, Caller, connect, in_browser, in_program
from tests.security.owned_rows import MARK, PROVIDER, Belongings
from tests.security.routes import our_routes, paths
from tests.security.sockets import Socket, open_socket, socket_paths

pytestmark = pytest.mark.usefixtures("on_loop")

CANDIDATE = {"provider": PROVIDER, "model": f"{MARK}-model"}
POSTS = {
    "/api/v1/compare": {"prompt": "And now?", "providers": [CANDIDATE]},
    "/api/v1/chat": {"message": "And now?", **CANDIDATE},
}
"""Requests that wait for whole answers, or with ``/stream`` receive them as they come; no worker gives any here."""


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "CHECK_INTERVAL", 0.05)


def test_it_looks_often_enough() -> None:
    assert CHECK_INTERVAL <= 2.5


def in_program_with_token(user: User) -> Caller:
    _, text = create_api_token(user, name="to be lost")
    return Caller(((b"authorization", f"Bearer {text}".encode()),))


def delete_token(owner: User) -> None:
    delete_api_token(owner, public_id=owner.api_tokens.get(name="to be lost").public_id)


def let_token_expire(owner: User) -> None:
    owner.api_tokens.update(expires_at=timezone.now() - timedelta(seconds=1))


def take_scopes(owner: User) -> None:
    ApiToken.objects.filter(user=owner).update(scopes=["account"])


def deactivate(owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(is_active=False)


def change_password(owner: User) -> None:
    owner.set_password("another long and quiet evening")
    owner.save()


def sign_out(_owner: User) -> None:
    Session.objects.all().delete()


def let_session_expire(_owner: User) -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))


LOSSES = [
    (in_program_with_token, delete_token),
    (in_program_with_token, let_token_expire),
    (in_program_with_token, take_scopes),
    (in_program_with_token, deactivate),
    (in_program, change_password),
    (in_program, deactivate),
    (in_browser, sign_out),
    (in_browser, let_session_expire),
    (in_browser, change_password),
    (in_browser, deactivate),
]


class Stream:
    """A response that has begun, or that still has to."""

    def __init__(self, communicator: Any) -> None:
        self._communicator = communicator

    async def begin(self) -> int:
        """Return the status."""
        return int((await self._communicator.receive_output(TIMEOUT))["status"])

    async def read_to_end(self) -> None:
        while (await self._communicator.receive_output(TIMEOUT)).get("more_body"):
            pass


@asynccontextmanager
async def open_stream(method: str, path: str, caller: Caller, fields: Any = None) -> AsyncIterator[Stream]:
    headers = [(b"host", HOST.encode()), (b"content-type", b"application/json"), *caller.headers]
    communicator = connect("http", path, headers, method=method)
    await communicator.send_input({"type": "http.request", "body": json.dumps(fields).encode() if fields else b""})
    yield Stream(communicator)
    await communicator.send_input({"type": "http.disconnect"})
    await communicator.wait(TIMEOUT)


def endless_paths(belongings: Belongings) -> list[str]:
    """Return the paths of all streams, as the objects whose answers no worker gives have them."""
    streams = [route for route in our_routes() if route.pattern.startswith("sse/") or "stream" in route.pattern]
    found = [path for route in streams for path in paths(route, belongings)]
    return [path for path in found if any(key in path for key in belongings.endless)]


@pytest.mark.parametrize(("come", "lose"), LOSSES)
async def test_every_connection_ends_with_the_right_to_it(
    belongings: Belongings, come: Callable[[User], Caller], lose: Callable[[User], None]
) -> None:
    owner = belongings.owner
    caller = await database_sync_to_async(come)(owner)
    assert len(endless_paths(belongings)) >= 3

    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        sockets = [await enter(open_socket(path, caller)) for path in socket_paths(belongings)]
        streams = [await enter(open_stream("GET", path, caller)) for path in endless_paths(belongings)]
        streams += [await enter(open_stream("POST", f"{path}/stream", caller, body)) for path, body in POSTS.items()]
        waiting = [await enter(open_stream("POST", path, caller, body)) for path, body in POSTS.items()]
        begun = [await each.begin() for each in streams]
        await all_are_open(owner, len([*sockets, *streams, *waiting]))
        await database_sync_to_async(lose)(owner)
        closed = [(await each.read_to_end())[1] for each in sockets]
        for each in streams:
            await each.read_to_end()
        refused = [await each.begin() for each in waiting]

    assert closed == [4401] * len(closed)
    assert begun == [200] * len(begun)
    assert refused == [401, 401]
    assert connections._counts[owner.pk] == 0


async def all_are_open(owner: User, number: int) -> None:
    async with asyncio.timeout(TIMEOUT):
        while connections._counts[owner.pk] < number:
            await asyncio.sleep(0.01)


async def test_a_connection_with_the_right_to_it_stays(belongings: Belongings) -> None:
    caller = await database_sync_to_async(in_program_with_token)(belongings.owner)
    path = f"/ws/comparisons/{belongings.waiting.comparison.public_id}/"

    async with open_socket(path, caller) as socket:
        await socket.event()
        await database_sync_to_async(create_api_token)(belongings.owner, name="another")
        await asyncio.sleep(3 * connections.CHECK_INTERVAL)
        refusal = await _refused(socket)

    assert refusal["error"]["code"] == "validation_error"


async def _refused(socket: Socket) -> dict[str, Any]:
    await socket.send({"action": "dance"})
    while (event := await socket.event())["event"] != "refused":
        pass
    return event


async def test_an_action_is_authenticated_again(belongings: Belongings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "CHECK_INTERVAL", 3600)
    caller = await database_sync_to_async(in_program_with_token)(belongings.owner)
    generation = belongings.waiting.state.generations[0]

    async with open_socket(f"/ws/comparisons/{belongings.waiting.comparison.public_id}/", caller) as socket:
        await socket.event()
        await database_sync_to_async(delete_token)(belongings.owner)
        await socket.send({"action": "cancel"})
        _, code = await socket.read_to_end()

    assert code == 4401
    await database_sync_to_async(generation.refresh_from_db)()
    assert generation.is_open


async def test_one_user_has_a_limited_number_of_connections(
    belongings: Belongings, stranger: User, settings: Settings
) -> None:
    settings.CONNECTIONS_PER_USER = 2
    caller = await database_sync_to_async(in_browser)(belongings.owner)
    path = f"/ws/comparisons/{belongings.waiting.comparison.public_id}/"
    others = await database_sync_to_async(in_browser)(stranger)

    async with open_socket(path, caller), open_socket(path, caller):
        await all_are_open(belongings.owner, 2)
        async with open_socket(path, caller) as third:
            _, code = await third.read_to_end()
        async with open_stream("POST", "/api/v1/chat", caller, POSTS["/api/v1/chat"]) as one:
            status = await one.begin()
        async with open_socket(path, others) as other:
            _, code_of_other = await other.read_to_end()

    assert (code, status, code_of_other) == (4429, 429, 4404)
