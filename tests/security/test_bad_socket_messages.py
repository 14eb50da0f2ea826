from __future__ import annotations

import json
from typing import Any

import pytest
from channels.db import database_sync_to_async

from tests.security.bad_bodies import BAD_TEXTS, NOT_JSON, NOT_OBJECTS, NUL
from tests.security.client import TIMEOUT, connect, in_program, visitor
from tests.security.error_shape import is_sentence
from tests.security.owned_rows import Belongings, rows_of
from tests.security.sockets import open_socket

pytestmark = pytest.mark.usefixtures("on_loop")
BAD_RESULT_IDS: tuple[Any, ...] = (None, "", "x", 7, ["x"], {}, NUL, "9" * 5000)
BAD_ACTIONS: list[dict[str, Any]] = [
    *({}, {"action": None}, {"action": "delete"}, {"action": ["cancel"]}, {"event": "done"}, {"action": "turn"}),
    *({"action": "turn", "prompt": bad} for bad in ("", "  ", None, *BAD_TEXTS)),
    *({"action": "cancel", "result_id": bad} for bad in BAD_RESULT_IDS),
]
RAW = [*NOT_OBJECTS, *NOT_JSON]


async def test_it_refuses_bad_messages_and_goes_on(belongings: Belongings) -> None:
    path = f"/ws/comparisons/{belongings.waiting.comparison.public_id}/"
    before = await database_sync_to_async(rows_of)(belongings.owner)
    texts = [raw.decode() for raw in RAW if raw.isascii()]
    messages: list[Any] = [*BAD_ACTIONS, *RAW, *texts, {"action": "turn", "prompt": "While one runs?"}]

    async with open_socket(path, in_program(belongings.owner)) as socket:
        started = await socket.event()
        refusals = []
        for message in messages:
            await socket.send(message)
            refusals.append(await socket.event())

    assert started["event"] == "start"
    assert [refusal["event"] for refusal in refusals] == ["refused"] * len(messages)
    assert [refusal for refusal in refusals if not is_sentence(refusal["error"]["message"])] == []
    assert refusals[-1]["error"]["code"] == "conflict"
    assert await database_sync_to_async(rows_of)(belongings.owner) == before


@pytest.mark.parametrize("after", ["garbage", "1", "-1", "1-x", "%00"])
async def test_it_refuses_a_bad_event_id(belongings: Belongings, after: str) -> None:
    path = f"/ws/comparisons/{belongings.ended.comparison.public_id}/?after={after}"

    async with open_socket(path, in_program(belongings.owner)) as socket:
        frames, code = await socket.read_to_end()

    (error,) = [json.loads(frame)["error"] for frame in frames]
    assert error["code"] == "validation_error"
    assert is_sentence(error["message"])
    assert code == 4403


@pytest.mark.parametrize("path", ["/ws/", "/ws/comparisons/", "/ws/comparisons/1/", "/ws/comparisons/x/html/", "/"])
async def test_it_closes_sockets_of_unknown_paths(path: str) -> None:
    communicator = connect("websocket", path, list(visitor().headers), subprotocols=[])

    await communicator.send_input({"type": "websocket.connect"})

    assert await communicator.receive_output(TIMEOUT) == {"type": "websocket.close", "code": 4404}
    await communicator.wait(TIMEOUT)
