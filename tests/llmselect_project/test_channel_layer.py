from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from channels.layers import get_channel_layer
from redis.asyncio.connection import AbstractConnection, SSLConnection

from llmselect_project.channel_layer import ChannelLayer


async def test_it_waits_for_messages_without_asking_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    timeouts: list[float | None] = []
    read = AbstractConnection.read_response

    async def noted(connection: AbstractConnection, **options: Any) -> Any:
        timeouts.append(options.get("timeout"))
        return await read(connection, **options)

    monkeypatch.setattr(AbstractConnection, "read_response", noted)
    layer = get_channel_layer()
    assert isinstance(layer, ChannelLayer)
    channel = await layer.new_channel()

    for number in range(3):
        receiving = asyncio.create_task(layer.receive(channel))
        await layer.send(channel, {"type": "news", "number": number})
        assert await receiving == {"type": "news", "number": number}

    assert set(timeouts) == {math.inf}
    await layer.flush()


def test_it_connects_by_tls_if_the_url_says_so() -> None:
    layer = ChannelLayer("rediss://:secret@redis.example:6380/3", "llmselect")

    [host] = layer._kwargs["hosts"]
    assert issubclass(host["connection_class"], SSLConnection)
    assert host["socket_timeout"] is None
    assert (host["host"], host["port"], host["db"], host["password"]) == ("redis.example", 6380, 3, "secret")
