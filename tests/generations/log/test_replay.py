from __future__ import annotations

import asyncio
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
from generations.log.events import Delta, Done, Ended, Event, Idle, PhaseChanged, Reset, Started
from generations.log.replay import follow_events
from generations.models import Generation
from generations.output.batches import batches
from generations.phases import Phase
from generations.selectors import RunState, run_state
from generations.services import start_run
from generations.worker.claims import claim_generation
from generations.worker.finalize import append_now, end_generation
from generations.worker.types import Outcome
from providers.adapters.base import Message, Request

pytestmark = pytest.mark.usefixtures("on_loop")
Status = Generation.Status


class Writing:
    """Writes the texts of a run's generations as a worker does."""

    def __init__(self, state: RunState, topic: str) -> None:
        self.state, self.topic = state, topic
        self.said = {generation.index: "" for generation in state.generations}
        self.claims: dict[int, Any] = {}

    async def say(self, index: int, text: str) -> EntryId:
        if index not in self.claims:
            self.claims[index] = await in_thread(claim_generation, self.state.generations[index].pk)
        payload: Payload = {
            "run": self.state.run.pk,
            "index": index,
            "kind": "text",
            "text": text,
            "offset": len(self.said[index]),
            "t": 0.1,
        }
        self.said[index] += text
        result = event_log.append(thread_client(), self.topic, payload, self.claims[index].writer)
        return EntryId(*map(int, result))

    def reach(self, index: int, phase: Phase) -> None:
        payload: Payload = {"run": self.state.run.pk, "index": index, "kind": "phase", "phase": phase}
        event_log.append(thread_client(), self.topic, payload)

    async def reset(self, index: int) -> None:
        payload: Payload = {
            "run": self.state.run.pk,
            "index": index,
            "kind": "reset",
            "text": self.said[index],
            "reasoning": "",
        }
        event_log.append(thread_client(), self.topic, payload, self.claims[index].writer)

    async def end(self, index: int) -> None:
        outcome = Outcome(Status.COMPLETED, text=self.said[index], time=1.0, ttft=0.1)
        claim = self.claims[index]
        told = await in_thread(end_generation, claim.generation_id, outcome, lease=claim.lease)
        await in_thread(append_now, told)


@pytest.fixture
def writing(state: RunState, topic: str) -> Writing:
    return Writing(state, topic)


async def gather(topic: str, *, until: type[Event] = Done, tick: float = 0.1, **where: Any) -> list[Event]:
    """Events without idle ticks, up to the first of a kind."""
    seen: list[Event] = []
    async with asyncio.timeout(20), aclosing(follow_events(topic, tick=tick, **where)) as events:
        async for event in events:
            if not isinstance(event, Idle):
                seen.append(event)
            if isinstance(event, until):
                return seen
    return seen


def texts(events: list[Event]) -> dict[int, str]:
    """What a reader has of each slot after these events."""
    told: dict[int, str] = {}
    for event in events:
        if isinstance(event, Delta):
            assert event.offset == len(told.get(event.index, ""))
            told[event.index] = told.get(event.index, "") + event.text
        elif isinstance(event, Reset):
            told[event.index] = event.text
    return told


def ends(events: list[Event]) -> list[int]:
    return [event.generation.index for event in events if isinstance(event, Ended)]


async def test_it_tells_a_run_from_start_to_done(writing: Writing, state: RunState, topic: str) -> None:
    reader = asyncio.create_task(gather(topic, states=[state]))
    for index in (0, 1, 0):
        await writing.say(index, f"word of {index} ")
    await writing.end(1)
    await writing.end(0)

    events = await reader

    assert isinstance(events[0], Started)
    assert texts(events) == writing.said
    assert sorted(ends(events)) == [0, 1]
    assert sum(isinstance(event, Done) for event in events) == 1


async def test_one_who_comes_late_has_what_one_who_stayed_has(writing: Writing, state: RunState, topic: str) -> None:
    for word in ("one ", "two ", "three "):
        await writing.say(0, word)
    await writing.say(1, "other")
    await writing.end(1)

    late = asyncio.create_task(gather(topic, states=[await in_thread(run_state, state.run.pk)]))
    await writing.say(0, "four")
    await writing.end(0)

    events = await late
    assert texts(events)[0] == "one two three four"
    assert sorted(ends(events)) == [0, 1]


@pytest.mark.parametrize("place", range(6))
async def test_one_who_comes_back_gets_the_rest_and_nothing_twice(
    writing: Writing, state: RunState, topic: str, place: int
) -> None:
    for number in range(3):
        await writing.say(0, f"{number} ")
        await writing.say(1, f"-{number}")
    await writing.end(0)
    await writing.end(1)
    whole = await gather(topic, states=[state], until=Done)
    told = [event for event in whole if not isinstance(event, Idle) and event.id is not None]

    rest = await gather(topic, after=told[place].id)

    assert [event for event in rest if isinstance(event, Delta)] == [
        event for event in told[place + 1 :] if isinstance(event, Delta)
    ]
    assert sorted(ends(rest)) == [0, 1]


async def test_an_end_that_was_told_is_not_told_again(writing: Writing, state: RunState, topic: str) -> None:
    await writing.say(0, "a")
    await writing.say(1, "b")
    await writing.end(0)
    after = await writing.say(1, "c")
    await writing.end(1)

    events = await gather(topic, after=after)

    assert ends(events) == [1]


async def test_an_end_whose_entry_was_never_written_is_found(writing: Writing, state: RunState, topic: str) -> None:
    reader = asyncio.create_task(gather(topic, states=[state]))
    for index in (0, 1):
        await writing.say(index, "all of it")
        outcome = Outcome(Status.COMPLETED, text="all of it, and more", time=1.0)
        await in_thread(end_generation, writing.claims[index].generation_id, outcome, lease=writing.claims[index].lease)

    events = await reader

    assert texts(events) == {0: "all of it, and more", 1: "all of it, and more"}
    assert sorted(ends(events)) == [0, 1]


async def test_an_end_that_the_log_is_about_to_tell_is_told_by_the_log(
    writing: Writing, state: RunState, topic: str
) -> None:
    await writing.say(0, "a")
    reader = asyncio.create_task(gather(topic, states=[state], until=Ended, tick=0.01))
    claim = writing.claims[0]
    outcome = Outcome(Status.COMPLETED, text="a", time=1.0)
    told = await in_thread(end_generation, claim.generation_id, outcome, lease=claim.lease)
    async with asyncio.timeout(20), aclosing(follow_events(topic, states=[state], tick=0.01)) as events:
        looks = 0
        async for event in events:
            looks += isinstance(event, Idle)
            if looks == 3:
                break

    await in_thread(append_now, told)

    (end,) = [event for event in await reader if isinstance(event, Ended)]
    assert end.id is not None


async def test_a_log_that_was_lost_leads_to_a_reset(writing: Writing, state: RunState, topic: str) -> None:
    after = await writing.say(0, "before ")
    async with asyncio.timeout(20), aclosing(follow_events(topic, states=[state], tick=0.1)) as events:
        while not isinstance(await anext(events), Delta):
            pass
        await in_thread(Generation.objects.filter(pk=state.generations[0].pk).update, text="before the loss ")
        event_log.delete_all(thread_client(), [topic])
        while not isinstance(seen := await anext(events), Reset):
            pass
    writing.said[0] = "before the loss "
    await writing.say(0, "after")
    again = await gather(topic, after=after, until=Delta)

    assert seen.text == "before the loss "
    assert texts(again)[0] == "before the loss after"


async def test_text_never_shrinks_where_less_was_saved_than_told(writing: Writing, state: RunState, topic: str) -> None:
    lengths: list[int] = []

    async def read() -> None:
        told = ""
        async with aclosing(follow_events(topic, states=[state], tick=0.1)) as events:
            async for event in events:
                if isinstance(event, Delta | Reset) and event.index == 0:
                    told = event.text if isinstance(event, Reset) else told + event.text
                    lengths.append(len(told))
                if told == "told but not saved, and now":
                    return

    reader = asyncio.create_task(read())
    await writing.say(0, "told but not saved")
    while not lengths:
        await asyncio.sleep(0.01)
    event_log.delete_all(thread_client(), [topic])
    await writing.say(0, ", and now")
    await writing.reset(0)
    async with asyncio.timeout(20):
        await reader

    assert lengths == sorted(lengths)


async def test_a_later_run_is_told_to_those_who_stay(
    writing: Writing, state: RunState, topic: str, alice: User
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


async def test_batches_give_the_first_at_once_and_all_that_waited_together() -> None:
    async def source() -> Any:
        for _ in range(5):
            yield Idle()

    seen = [batch async for batch in batches(source(), 0.01)]

    assert [event for batch in seen for event in batch] == [Idle()] * 5
    assert len(seen) < 5


async def test_batches_pass_a_failure_on() -> None:
    async def source() -> Any:
        yield Idle()
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        async with asyncio.timeout(20):
            async for _ in batches(source(), 0.01):
                pass


async def test_it_tells_how_far_a_silent_slot_has_come(writing: Writing, state: RunState, topic: str) -> None:
    reader = asyncio.create_task(gather(topic, states=[state]))
    writing.reach(0, Phase.CONNECTING)
    writing.reach(0, Phase.THINKING)
    for index in (0, 1):
        await writing.say(index, "word ")
    writing.reach(0, Phase.CONNECTING)
    await writing.end(0)
    await writing.end(1)

    events = await reader

    assert [event.phase for event in events if isinstance(event, PhaseChanged)] == ["connecting", "thinking"]
    assert texts(events) == writing.said
