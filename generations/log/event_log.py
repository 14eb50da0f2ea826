"""The event log: where a token is published.

Every topic (a comparison, or a conversation in chat) has one append-only log in Redis. ``append.lua`` gives an entry
its number, writes it and rings the bell, a message to the topic's channel-layer group that carries the entry, in one
step. The log is the truth and the bell is at-most-once; ``following.follow`` joins the two.

An entry is ``{"run", "index", "kind", …}``:

    start                                  the run exists; told by whoever started it
    phase      phase                       it has to wait for a free place (waiting), a worker asks the provider
                                           (connecting), the provider has taken it (thinking)
    text       text, offset, t             more of the answer; offset in characters, t in seconds since the run's start
    reasoning  text, offset, t
    reset      text, reasoning             all of it so far; written when a log was lost under a running generation
    end                                    the slot's generation has been saved in its end state
    done                                   so have all of the run
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypedDict

import orjson
import redis
import redis.asyncio
from django.conf import settings

from core.redis_clients import heed_cancellation

APPEND = (Path(__file__).parent / "append.lua").read_text()
LIFETIME = 3600
"""Seconds that a log lives past its last entry."""

Channel = Literal["text", "reasoning"]
Phase = Literal["waiting", "connecting", "thinking"]


LARGEST_NUMBER = 2**64 - 1
"""What Redis counts up to."""


class EntryId(NamedTuple):
    """Orders the entries of a topic; ``seq`` is contiguous within an ``epoch``, the microsecond of the log's birth."""

    epoch: int
    seq: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.seq}"

    @classmethod
    def parse(cls, text: str) -> EntryId:
        """Read ``<epoch>-<seq>``; raises ValueError for anything else."""
        numbers = text.split("-")
        if len(numbers) != 2 or not all(map(_is_number, numbers)):
            raise ValueError(f"{text[:40]!r} is not an event id")
        return cls(int(numbers[0]), int(numbers[1]))

    def follows(self, other: EntryId) -> bool:
        return self.epoch == other.epoch and self.seq == other.seq + 1


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 20 and int(text) <= LARGEST_NUMBER


class Entry(NamedTuple):
    id: EntryId
    data: dict[str, Any]


class Log(NamedTuple):
    """What was read of a log; ``epoch`` is None where there is none."""

    epoch: int | None
    entries: list[Entry]


class Payload(TypedDict, total=False):
    run: int
    index: int
    kind: str
    phase: Phase
    text: str
    reasoning: str
    offset: int
    t: float


@dataclass(frozen=True, slots=True)
class Writer:
    """Who appends for a generation: its slot's field in the topic's hash, and the claim that may write there.

    Whoever ends or claims a generation ``takes`` the field; from then on the former holder's appends are refused.
    """

    generation_id: int
    token: str
    takes: bool = False


def topic_group(topic: str) -> str:
    """The channel-layer group that rings for a topic."""
    return f"topic.{topic}"


def append(client: Any, topic: str, payload: Payload, writer: Writer | None = None) -> Any:
    """Append one entry; returns what the client returns: ``[epoch, seq]``, None where the writer was refused,
    an awaitable of it, or a pipeline."""
    field, token, takes = (
        ("", "", "0")
        if writer is None
        else (
            _field(writer),
            writer.token,
            "1" if writer.takes else "0",
        )
    )
    channel = f"{settings.REDIS_PREFIX}__group__{topic_group(topic)}"
    return client.eval(
        APPEND, 2, _meta_key(topic), _log_key(topic), channel, orjson.dumps(payload), LIFETIME, field, token, takes
    )


def take_over(client: redis.Redis, topic: str, writer: Writer) -> None:
    """Refuse from now on whoever wrote for this generation before."""
    with client.pipeline(transaction=False) as pipeline:
        pipeline.hset(_meta_key(topic), _field(writer), writer.token)
        pipeline.expire(_meta_key(topic), LIFETIME)
        pipeline.execute()


def append_all(client: redis.Redis, topic: str, payloads: Iterable[tuple[Payload, Writer | None]]) -> None:
    """Append several entries in one round trip."""
    with client.pipeline(transaction=False) as pipeline:
        for payload, writer in payloads:
            append(pipeline, topic, payload, writer)
        pipeline.execute()


async def read(
    client: redis.asyncio.Redis, topic: str, after: EntryId | None = None, *, count: int | None = None
) -> Log:
    """The log's epoch and its entries after ``after`` (all where that is None), oldest first, at most ``count``."""
    async with client.pipeline(transaction=True) as pipeline:
        _queue_read(pipeline, topic, after, count)
        epoch, rows = await pipeline.execute()
    heed_cancellation()
    return _log(epoch, rows)


def read_now(client: redis.Redis, topic: str) -> Log:
    """The whole log, from a thread."""
    with client.pipeline(transaction=True) as pipeline:
        _queue_read(pipeline, topic, None)
        epoch, rows = pipeline.execute()
    return _log(epoch, rows)


def _queue_read(pipeline: Any, topic: str, after: EntryId | None, count: int | None = None) -> None:
    pipeline.hget(_meta_key(topic), "epoch")
    pipeline.xrange(_log_key(topic), min="-" if after is None else f"({after}", count=count)


def _log(epoch: bytes | None, rows: list[tuple[bytes, dict[bytes, bytes]]]) -> Log:
    entries = [Entry(EntryId.parse(id_.decode()), orjson.loads(fields[b"entry"])) for id_, fields in rows]
    return Log(None if epoch is None else int(epoch), entries)


def _field(writer: Writer) -> str:
    return f"writer:{writer.generation_id}"


def _meta_key(topic: str) -> str:
    return f"{settings.REDIS_PREFIX}:topic:{topic}"


def _log_key(topic: str) -> str:
    return f"{settings.REDIS_PREFIX}:topic:{topic}:log"


def delete_all(client: redis.Redis, topics: Iterable[str], writers: Iterable[tuple[str, Writer]] = ()) -> None:
    """Forget topics in one step; ``writers`` take the place of whoever still writes there, so that nothing more
    comes."""
    with client.pipeline(transaction=True) as pipeline:
        for topic in topics:
            pipeline.delete(_meta_key(topic), _log_key(topic))
        for topic, writer in writers:
            pipeline.hset(_meta_key(topic), _field(writer), writer.token)
            pipeline.expire(_meta_key(topic), LIFETIME)
        pipeline.execute()
