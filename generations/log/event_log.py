"""The event log: an append-only list of entries in Redis for every topic (a comparison or a chat).

``append.lua`` numbers entries, writes them, and publishes them to the channels that follow their topics, in one step.
The log is the source of truth; a published entry is delivered at most once. ``subscriber.subscribe`` combines the two.

An entry is ``{"run", "index", "kind", …}``:

    start                                  the run exists; appended by the request that started it, except for the
                                           first run of a topic, which nobody follows yet
    phase      phase                       waiting: in the queue, since its user or the workers cannot run one more now,
                                           or because its worker was lost; connecting: a worker calls the provider;
                                           thinking: the provider has accepted the request
    adjusted   adjustments                 the settings that the provider did not take as they were asked for
    text       text, offset, t             more of the answer; offset in characters, t in seconds since the run's start
    reasoning  text, offset, t
    restart    reasoning                   what came so far, text and all, was this reasoning; the text begins after it
    reset      text, reasoning             all of it so far; written after a log was lost under a running generation
    end                                    the slot's generation has been saved in its final state
    done       at                          every generation of the run has been saved, the last one at this time
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypedDict

import msgpack
import orjson
import redis
import redis.asyncio
from django.conf import settings
from redis.exceptions import NoScriptError

from core.redis_clients import heed_cancellation
from generations.models import Generation, Run
from generations.phases import Phase


class Script(NamedTuple):
    """A script; ``hash`` is the name by which Redis knows it once it was called or loaded."""

    text: str
    hash: str

    @classmethod
    def load(cls, name: str) -> Script:
        text = (Path(__file__).parent / name).read_text()
        return cls(text, sha1(text.encode(), usedforsecurity=False).hexdigest())


APPEND, READ = Script.load("append.lua"), Script.load("read.lua")
LIFETIME = 3600
"""Seconds for which a log is kept after its last entry."""
ENDED_LIFETIME = 120
"""Seconds for which a log is kept after the end of its last run; later its readers find everything in the database."""
FOLLOWED_FOR = 60
"""Seconds for which channels follow a topic after it was last read for one of them, or after its last entry."""
BEGINS_WITHIN = 2.0
"""Seconds after the start of a run within which no log of it can have been lost and be begun again."""

Channel = Literal["text", "reasoning"]
LARGEST_NUMBER = 2**64 - 1
"""Numbers of a Redis stream id have 64 bits."""


class EntryId(NamedTuple):
    """The id of an entry; ``seq`` is contiguous within an ``epoch``, the microsecond in which the log began.

    The first entry has the ``seq`` 1; 0 stands for the position before it.
    """

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
    """The entries that were read; ``epoch`` is None if there is no log."""

    epoch: int | None
    entries: list[Entry]


class Payload(TypedDict, total=False):
    run: int
    index: int
    kind: str
    phase: Phase
    adjustments: list[dict[str, Any]]
    text: str
    reasoning: str
    offset: int
    t: float
    at: str


@dataclass(frozen=True, slots=True)
class Writer:
    """The right to append for a generation: a token in the topic's hash, which the append script checks.

    A writer that ``takes`` the field, as one that ends a generation does, makes the script refuse earlier tokens.
    """

    generation_id: int
    token: str
    takes: bool = False


def epoch_of(run: Run) -> int:
    """Return the epoch of a log that begins with this run: the microsecond in which the run was accepted."""
    return round(run.accepted_at.timestamp() * 1_000_000)


def first_epoch(run: Run) -> int | None:
    """Return the epoch of a log that begins with this run; None if there may have been one that was lost, whose epoch a
    new one must not have."""
    return epoch_of(run) if run.elapsed < BEGINS_WITHIN else None


class NewEntry(NamedTuple):
    """An entry to append; if its topic has no log yet, that begins with ``epoch``, or with the present time."""

    topic: str
    payload: Payload
    writer: Writer | None = None
    epoch: int | None = None

    def packed(self) -> tuple[str, bytes, str, str, bool, str, bool]:
        """Return what ``append.lua`` takes."""
        epoch, json, ends = str(self.epoch or ""), orjson.dumps(self.payload), self.payload["kind"] == "done"
        if self.writer is None:
            return self.topic, json, "", "", False, epoch, ends
        return self.topic, json, _field(self.writer), self.writer.token, self.writer.takes, epoch, ends


def waiting_entry(generation: Generation, epoch: int | None = None) -> NewEntry:
    """Return the entry of an answer that waits in the queue."""
    run = generation.current_run
    payload: Payload = {"run": run.pk, "index": generation.index, "kind": "phase", "phase": Phase.WAITING}
    return NewEntry(run.topic, payload, epoch=epoch)


def append(client: Any, entries: Sequence[NewEntry], *, loaded: bool = False) -> Any:
    """Append entries in one step and return the client's result, from which ``entry_ids`` reads their ids.

    An asynchronous client returns an awaitable of it, a pipeline returns itself. A script that is ``loaded`` is called
    by its hash.
    """
    packed = [settings.REDIS_PREFIX, LIFETIME, ENDED_LIFETIME, FOLLOWED_FOR, [each.packed() for each in entries]]
    call, script = (client.evalsha, APPEND.hash) if loaded else (client.eval, APPEND.text)
    # Redis's own reader of MessagePack knows only one type for texts and bytes.
    return call(script, 0, msgpack.packb(packed, use_bin_type=False))


def entry_ids(result: Sequence[Sequence[bytes] | None]) -> list[EntryId | None]:
    """Return the ids of entries that were appended together, None for those whose writer was refused."""
    return [None if each is None else EntryId(int(each[0]), int(each[1])) for each in result]


def take_over(client: redis.Redis, topic: str, writer: Writer) -> None:
    """Refuse appends by earlier writers of this generation from now on."""
    with client.pipeline(transaction=False) as pipeline:
        pipeline.hset(_meta_key(topic), _field(writer), writer.token)
        pipeline.expire(_meta_key(topic), LIFETIME)
        pipeline.execute()


async def read(
    client: redis.asyncio.Redis,
    topic: str,
    after: EntryId | None = None,
    *,
    count: int | None = None,
    follower: str | None = None,
) -> Log:
    """Return the log's epoch and at most ``count`` entries after ``after`` (None: from the first), oldest first.

    All entries after those that the log has at this moment are published to the channel ``follower``.
    """
    arguments = _read_arguments(topic, after, count, follower)
    try:
        result = await client.evalsha(READ.hash, 0, *arguments)
    except NoScriptError:
        result = await client.eval(READ.text, 0, *arguments)
    heed_cancellation()
    return _log(*result)


async def remember_follower(client: redis.asyncio.Redis, follower: str) -> bool:
    """Remember that a channel follows topics, and return whether that was known, since it was not long ago that this
    was called: False says that Redis may have lost what the channel follows."""
    earlier = await client.set(f"{settings.REDIS_PREFIX}:follower:{follower}", 1, ex=FOLLOWED_FOR, get=True)
    heed_cancellation()
    return earlier is not None


async def stop_following(client: redis.asyncio.Redis, topics: Iterable[str], follower: str) -> None:
    """Publish no more entries of these topics to a channel."""
    async with client.pipeline(transaction=False) as pipeline:
        for topic in topics:
            pipeline.srem(_followers_key(topic), follower)
        await pipeline.execute()
    heed_cancellation()


def read_now(client: redis.Redis, topic: str) -> Log:
    """Return the whole log; for threads."""
    result: Any = client.eval(READ.text, 0, *_read_arguments(topic))
    return _log(*result)


def _read_arguments(
    topic: str, after: EntryId | None = None, count: int | None = None, follower: str | None = None
) -> list[str]:
    return [settings.REDIS_PREFIX, topic, str(after or ""), str(count or ""), follower or "", str(FOLLOWED_FOR)]


def _log(epoch: bytes | None, rows: Sequence[tuple[bytes, bytes]]) -> Log:
    entries = [Entry(EntryId.parse(id_.decode()), orjson.loads(json)) for id_, json in rows]
    return Log(None if epoch is None else int(epoch), entries)


def _field(writer: Writer) -> str:
    return f"writer:{writer.generation_id}"


def _meta_key(topic: str) -> str:
    return f"{settings.REDIS_PREFIX}:topic:{topic}"


def _log_key(topic: str) -> str:
    return f"{_meta_key(topic)}:log"


def _followers_key(topic: str) -> str:
    return f"{_meta_key(topic)}:followers"


def delete_all(client: redis.Redis, topics: Iterable[str], writers: Iterable[tuple[str, Writer]] = ()) -> None:
    """Delete topics in one step; ``writers`` replace the current ones, which can append nothing from then on."""
    with client.pipeline(transaction=True) as pipeline:
        for topic in topics:
            pipeline.delete(_meta_key(topic), _log_key(topic))
        for topic, writer in writers:
            pipeline.hset(_meta_key(topic), _field(writer), writer.token)
            pipeline.expire(_meta_key(topic), LIFETIME)
        pipeline.execute()
