from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from core.async_db import in_thread
from core.redis_clients import thread_client
from generations.limits.admission import GenerationRequest
from generations.log import event_log
from generations.log.event_log import EntryId, Payload
from generations.log.events import Adjusted, Delta, Done, Ended, Event, Idle, PhaseChanged, Reset, Started
from generations.log.replay import follow_events
from generations.models import Generation
from generations.output.batches import batches
from generations.phases import Phase
from generations.selectors import RunState, run_state
from generations.services import start_run
from generations.worker.finalize import announce_end, end_generation
from generations.worker.types import Outcome
from providers.adapters.base import Message, Request
from tests.generations.claims import claim_generation, end_claim
from tests.support.log_entries import append_entry

pytestmark = pytest.mark.usefixtures("on_loop")
Status = Generation.Status
ADJUSTMENT = {"parameter": "seed", "asked": 7, "sent": None, "reason": "This provider has no such parameter."}


class RunWriter:
    """Writes the texts of a run's generations as a worker does."""

    def __init__(self, state: RunState, topic: str) -> None:
        self.state, self.topic = state, topic
        self.texts = {generation.index: "" for generation in state.generations}
        self.claims: dict[int, Any] = {}

    async def write(self, index: int, text: str, *, epoch: int | None = None) -> EntryId:
        if index not in self.claims:
            self.claims[index] = await in_thread(claim_generation, self.state.generations[index].pk)
        payload: Payload = {
            "run": self.state.run.pk,
            "index": index,
            "kind": "text",
            "text": text,
            "offset": len(self.texts[index]),
            "t": 0.1,
        }
        self.texts[index] += text
        entry_id = append_entry(self.topic, payload, self.claims[index].writer, epoch=epoch)
        assert entry_id is not None
        return entry_id

    def reach(self, index: int, phase: Phase) -> None:
        payload: Payload = {"run": self.state.run.pk, "index": index, "kind": "phase", "phase": phase}
        append_entry(self.topic, payload)

    def adjust(self, index: int) -> None:
        payload: Payload = {"run": self.state.run.pk, "index": index, "kind": "adjusted", "adjustments": [ADJUSTMENT]}
        append_entry(self.topic, payload)

    async def reset(self, index: int) -> None:
        payload: Payload = {
            "run": self.state.run.pk,
            "index": index,
            "kind": "reset",
            "text": self.texts[index],
            "reasoning": "",
        }
        append_entry(self.topic, payload, self.claims[index].writer)

    async def end(self, index: int) -> None:
        outcome = Outcome(Status.COMPLETED, text=self.texts[index], time=1.0, ttft=0.1)
        claim = self.claims[index]
        await in_thread(end_claim, claim, outcome)


@pytest.fixture
def writer(state: RunState, topic: str) -> RunWriter:
    return RunWriter(state, topic)


async def gather(topic: str, *, until: type[Event] = Done, tick: float = 0.1, **arguments: Any) -> list[Event]:
    """Return the events without idle ticks, up to the first of the class ``until``."""
    async with asyncio.timeout(20), aclosing(follow_events(topic, tick=tick, **arguments)) as events:
        return await rest_of(events, until=until)


async def rest_of(events: AsyncIterator[Event], *, until: type[Event] = Done) -> list[Event]:
    """Return the events that follow, without idle ticks, up to the first of the class ``until``."""
    seen: list[Event] = []
    async for event in events:
        if not isinstance(event, Idle):
            seen.append(event)
        if isinstance(event, until):
            break
    return seen


def texts(events: list[Event]) -> dict[int, str]:
    """Return the text of each slot that a reader has after these events."""
    texts: dict[int, str] = {}
    for event in events:
        if isinstance(event, Delta):
            assert event.offset == len(texts.get(event.index, ""))
            texts[event.index] = texts.get(event.index, "") + event.text
        elif isinstance(event, Reset):
            texts[event.index] = event.text
    return texts


def ends(events: list[Event]) -> list[int]:
    return [event.generation.index for event in events if isinstance(event, Ended)]


async def test_it_replays_a_run_from_start_to_done(writer: RunWriter, state: RunState, topic: str) -> None:
    reader = asyncio.create_task(gather(topic, states=[state]))
    for index in (0, 1, 0):
        await writer.write(index, f"word of {index} ")
    await writer.end(1)
    await writer.end(0)

    events = await reader

    assert isinstance(events[0], Started)
    assert texts(events) == writer.texts
    assert sorted(ends(events)) == [0, 1]
    assert sum(isinstance(event, Done) for event in events) == 1


async def test_a_late_reader_has_the_same_as_an_early_one(writer: RunWriter, state: RunState, topic: str) -> None:
    for word in ("one ", "two ", "three "):
        await writer.write(0, word)
    await writer.write(1, "other")
    await writer.end(1)

    late = asyncio.create_task(gather(topic, states=[await in_thread(run_state, state.run.pk)]))
    await writer.write(0, "four")
    await writer.end(0)

    events = await late
    assert texts(events)[0] == "one two three four"
    assert sorted(ends(events)) == [0, 1]


@pytest.mark.parametrize("position", range(6))
async def test_a_reader_that_resumes_gets_the_rest_and_nothing_twice(
    writer: RunWriter, state: RunState, topic: str, position: int
) -> None:
    for number in range(3):
        await writer.write(0, f"{number} ")
        await writer.write(1, f"-{number}")
    await writer.end(0)
    await writer.end(1)
    events = await gather(topic, states=[state], until=Done)
    with_id = [event for event in events if not isinstance(event, Idle) and event.id is not None]

    rest = await gather(topic, after=with_id[position].id)

    assert [event for event in rest if isinstance(event, Delta)] == [
        event for event in with_id[position + 1 :] if isinstance(event, Delta)
    ]
    assert sorted(ends(rest)) == [0, 1]


@pytest.mark.parametrize("lost", [False, True])
async def test_a_reader_that_resumes_before_the_log_begins_gets_all_of_it(
    first_state: RunState, topic: str, lost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_log, "BEGINS_WITHIN", 60.0)
    writer, start = RunWriter(first_state, topic), first_state.start_id
    assert start is not None
    async with asyncio.timeout(20), aclosing(follow_events(topic, after=start, tick=0.1)) as events:
        assert isinstance(await anext(events), Idle)
        await writer.write(0, "a", epoch=start.epoch + 1 if lost else start.epoch)
        await writer.write(1, "b")
        await writer.end(0)
        await writer.end(1)

        seen = await rest_of(events)

    assert texts(seen) == {0: "a", 1: "b"}
    assert ends(seen) == [0, 1]
    assert lost or [type(event) for event in seen] == [Delta, Delta, Ended, Ended, Done]


async def test_an_end_is_not_sent_twice(writer: RunWriter, state: RunState, topic: str) -> None:
    await writer.write(0, "a")
    await writer.write(1, "b")
    await writer.end(0)
    after = await writer.write(1, "c")
    await writer.end(1)

    events = await gather(topic, after=after)

    assert ends(events) == [1]


async def test_an_end_without_an_entry_is_found_in_the_database(writer: RunWriter, state: RunState, topic: str) -> None:
    reader = asyncio.create_task(gather(topic, states=[state]))
    for index in (0, 1):
        await writer.write(index, "all of it")
        outcome = Outcome(Status.COMPLETED, text="all of it, and more", time=1.0)
        await in_thread(end_generation, writer.claims[index].generation, outcome)

    events = await reader

    assert texts(events) == {0: "all of it, and more", 1: "all of it, and more"}
    assert sorted(ends(events)) == [0, 1]


async def test_an_end_that_is_about_to_be_appended_is_sent_from_the_log(
    writer: RunWriter, state: RunState, topic: str
) -> None:
    await writer.write(0, "a")
    reader = asyncio.create_task(gather(topic, states=[state], until=Ended, tick=0.01))
    claim = writer.claims[0]
    outcome = Outcome(Status.COMPLETED, text="a", time=1.0)
    saved = await in_thread(end_generation, claim.generation, outcome)
    async with asyncio.timeout(20), aclosing(follow_events(topic, states=[state], tick=0.01)) as events:
        idle_ticks = 0
        async for event in events:
            idle_ticks += isinstance(event, Idle)
            if idle_ticks == 3:
                break

    await in_thread(announce_end, saved)

    (end,) = [event for event in await reader if isinstance(event, Ended)]
    assert end.id is not None


async def test_a_log_that_was_lost_leads_to_a_reset(writer: RunWriter, state: RunState, topic: str) -> None:
    after = await writer.write(0, "before ")
    async with asyncio.timeout(20), aclosing(follow_events(topic, states=[state], tick=0.1)) as events:
        while not isinstance(await anext(events), Delta):
            pass
        await in_thread(Generation.objects.filter(pk=state.generations[0].pk).update, text="before the loss ")
        event_log.delete_all(thread_client(), [topic])
        while not isinstance(seen := await anext(events), Reset):
            pass
    writer.texts[0] = "before the loss "
    await writer.write(0, "after")
    again = await gather(topic, after=after, until=Delta)

    assert seen.text == "before the loss "
    assert texts(again)[0] == "before the loss after"


async def test_text_never_shrinks_if_less_was_saved_than_sent(writer: RunWriter, state: RunState, topic: str) -> None:
    lengths: list[int] = []

    async def read() -> None:
        text = ""
        async with aclosing(follow_events(topic, states=[state], tick=0.1)) as events:
            async for event in events:
                if isinstance(event, Delta | Reset) and event.index == 0:
                    text = event.text if isinstance(event, Reset) else text + event.text
                    lengths.append(len(text))
                if text == "sent but not saved, and now":
                    return

    reader = asyncio.create_task(read())
    await writer.write(0, "sent but not saved")
    while not lengths:
        await asyncio.sleep(0.01)
    event_log.delete_all(thread_client(), [topic])
    await writer.write(0, ", and now")
    await writer.reset(0)
    async with asyncio.timeout(20):
        await reader

    assert lengths == sorted(lengths)


async def test_a_reader_that_stays_receives_a_later_run(
    writer: RunWriter, state: RunState, topic: str, alice: User
) -> None:
    async with asyncio.timeout(20), aclosing(follow_events(topic, states=[state], tick=0.1)) as events:
        assert isinstance(await anext(events), Started)
        request = Request("demo-swift", (Message("user", "More"),))
        later = await in_thread(
            transaction.atomic(start_run), user=alice, topic=topic, requests=[GenerationRequest("demo", request)]
        )
        async for event in events:
            if isinstance(event, Started):
                assert event.state.run.pk == later.run.pk
                return


async def test_batches_yield_the_first_event_at_once_and_the_waiting_ones_together() -> None:
    async def source() -> Any:
        for _ in range(5):
            yield Idle()

    seen = [batch async for batch in batches(source(), 0.01)]

    assert [event for batch in seen for event in batch] == [Idle()] * 5
    assert len(seen) < 5


async def test_the_first_text_of_an_answer_does_not_wait_for_the_next_batch() -> None:
    asked = asyncio.Event()

    async def source() -> Any:
        yield Idle()
        await asked.wait()
        yield Delta(1, 0, "text", "Once", 0, 0.1)

    async with aclosing(batches(source(), 60)) as lists, asyncio.timeout(20):
        assert await anext(lists) == [Idle()]
        asked.set()
        (delta,) = await anext(lists)

    assert isinstance(delta, Delta)


async def test_batches_raise_the_error_of_their_source() -> None:
    async def source() -> Any:
        yield Idle()
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        async with asyncio.timeout(20):
            async for _ in batches(source(), 0.01):
                pass


async def test_it_sends_the_phases_of_a_silent_slot(writer: RunWriter, state: RunState, topic: str) -> None:
    reader = asyncio.create_task(gather(topic, states=[state]))
    writer.reach(0, Phase.CONNECTING)
    writer.reach(0, Phase.THINKING)
    for index in (0, 1):
        await writer.write(index, "word ")
    writer.reach(0, Phase.CONNECTING)
    await writer.end(0)
    await writer.end(1)

    events = await reader

    assert [event.phase for event in events if isinstance(event, PhaseChanged)] == ["connecting", "thinking"]
    assert texts(events) == writer.texts


async def test_it_tells_which_settings_were_adjusted_until_the_slot_has_ended(
    writer: RunWriter, state: RunState, topic: str
) -> None:
    writer.adjust(0)
    await writer.write(0, "a")
    await writer.end(0)
    writer.adjust(0)
    await writer.write(1, "b")
    await writer.end(1)

    events = await gather(topic, states=[state])

    told = [event for event in events if isinstance(event, Adjusted)]
    assert [(event.index, event.adjustments) for event in told] == [(0, [ADJUSTMENT])]
