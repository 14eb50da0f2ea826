from __future__ import annotations

from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.utils import timezone

from accounts.api_tokens import create_api_token
from accounts.models import ApiToken, User
from tests.security.client import Caller, in_browser, in_program, visitor
from tests.security.owned_rows import MARK, Belongings, give_belongings, rows_of
from tests.security.sockets import Socket, open_socket, socket_paths

pytestmark = pytest.mark.usefixtures("on_loop")
MISSING = "00000000-0000-4000-8000-000000000000"


async def test_it_closes_every_socket_to_visitors(belongings: Belongings) -> None:
    ends = {path: await _end(path, visitor()) for path in socket_paths(belongings)}

    assert ends == dict.fromkeys(ends, ([], 4401))


async def test_it_closes_every_socket_to_strangers_as_if_nothing_existed(
    belongings: Belongings, stranger: User
) -> None:
    before = await database_sync_to_async(rows_of)(belongings.owner)
    callers = [await database_sync_to_async(in_browser)(stranger), in_program(stranger)]

    ends = {(path, caller): await _end(path, caller) for path in socket_paths(belongings) for caller in callers}

    assert ends == dict.fromkeys(ends, ([], 4404))
    assert await database_sync_to_async(rows_of)(belongings.owner) == before


async def test_it_closes_every_socket_to_pages_of_other_sites(belongings: Belongings) -> None:
    owner = await database_sync_to_async(in_browser)(belongings.owner)

    ends = {path: await _end(path, owner, origin="https://evil.example") for path in socket_paths(belongings)}

    assert ends == dict.fromkeys(ends, ([], 4403))


async def test_it_sends_the_owner_what_it_hides_from_strangers(belongings: Belongings) -> None:
    path = f"/ws/comparisons/{belongings.ended.comparison.public_id}/"

    async with open_socket(path, in_program(belongings.owner)) as socket:
        frames = [await socket.frame() for _ in range(3)]

    assert [MARK in frame for frame in frames] == [True] * 3


async def test_a_strangers_own_socket_cannot_stop_the_owners_answers(belongings: Belongings, stranger: User) -> None:
    own = await database_sync_to_async(give_belongings)(stranger)
    owners = belongings.waiting.state.generations[0].public_id
    before = await database_sync_to_async(rows_of)(belongings.owner)

    async with open_socket(f"/ws/comparisons/{own.waiting.comparison.public_id}/", in_program(stranger)) as socket:
        started = await socket.event()
        refusals = [await _refused(socket, result_id) for result_id in (str(owners), MISSING)]

    assert started["event"] == "start"
    assert refusals[0] == refusals[1]
    assert refusals[0]["error"]["code"] == "not_found"
    assert await database_sync_to_async(rows_of)(belongings.owner) == before


async def test_a_token_that_may_only_read_changes_nothing(belongings: Belongings) -> None:
    reader = await _with_token(belongings.owner, "read")
    before = await database_sync_to_async(rows_of)(belongings.owner)

    async with open_socket(f"/ws/comparisons/{belongings.waiting.comparison.public_id}/", reader) as socket:
        started = await socket.event()
        refusals = [await _refused(socket, str(belongings.waiting.state.generations[0].public_id))]
        for message in ({"action": "cancel"}, {"action": "turn", "prompt": "And now?"}):
            await socket.send(message)
            refusals.append(await socket.event())

    assert started["event"] == "start"
    assert {each["error"]["code"] for each in refusals} == {"permission_denied"}
    assert await database_sync_to_async(rows_of)(belongings.owner) == before


async def test_a_token_that_may_not_read_opens_no_socket(belongings: Belongings) -> None:
    writer = await _with_token(belongings.owner, "write")

    ends = {path: await _end(path, writer) for path in socket_paths(belongings)}

    assert ends == dict.fromkeys(ends, ([], 4403))


async def _with_token(user: User, scope: str) -> Caller:
    _, text = await database_sync_to_async(create_api_token)(user, name="narrow", scopes=[scope])
    await database_sync_to_async(ApiToken.objects.update)(last_used_at=timezone.now())
    return Caller(((b"authorization", f"Bearer {text}".encode()),))


async def _refused(socket: Socket, result_id: str) -> dict[str, Any]:
    await socket.send({"action": "cancel", "result_id": result_id})
    return await socket.event()


async def _end(path: str, caller: Caller, **headers: str) -> tuple[list[str], int]:
    async with open_socket(path, caller, **headers) as socket:
        return await socket.read_to_end()
