from __future__ import annotations

from collections import Counter

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Limits, User
from core.redis_clients import thread_client
from generations.limits.admission import GenerationRequest
from generations.limits.queue import NO_WORKER, Waiting, fair_order, queue_positions
from generations.log.heartbeats import heartbeats_key
from generations.models import Generation
from generations.selectors import RunState
from generations.services import start_run
from providers.adapters.base import Message, Request
from tests.support.costs import counted

FAR_AHEAD = 2e9
REQUEST = GenerationRequest("demo", Request("demo-swift", (Message("user", "Hello"),)))


@pytest.fixture
def worker(redis: None) -> None:
    thread_client().zadd(heartbeats_key(), {"a-worker": FAR_AHEAD})


def start(user: User, topic: str, count: int = 1, *, batch: bool = False) -> RunState:
    with transaction.atomic():
        return start_run(user=user, topic=topic, requests=[REQUEST] * count, batch=batch)


def waiting(pk: int, user: int, *, priority: int = 5, run: int = 0, index: int = 0) -> Waiting:
    return Waiting(pk, user, priority, run or pk, index, held_back=False)


def keys(ordered: list[Waiting]) -> list[int]:
    return [each.pk for each in ordered]


def test_the_oldest_of_one_user_comes_first() -> None:
    queue = [waiting(3, 1), waiting(1, 1, run=7, index=1), waiting(2, 1, run=7)]

    assert keys(fair_order(queue, {})) == [3, 2, 1]


def test_users_take_turns() -> None:
    queue = [waiting(key, 1) for key in (1, 2, 3, 4)] + [waiting(key, 2) for key in (5, 6)]

    assert keys(fair_order(queue, {})) == [1, 5, 2, 6, 3, 4]


def test_whoever_has_fewer_answers_running_comes_first() -> None:
    queue = [waiting(key, 1) for key in (1, 2)] + [waiting(key, 2) for key in (3, 4, 5)]

    assert keys(fair_order(queue, {1: 2})) == [3, 4, 1, 5, 2]


def test_a_higher_priority_comes_before_any_share() -> None:
    queue = [waiting(1, 1, priority=9), waiting(2, 2, priority=1), waiting(3, 2, priority=1)]

    assert keys(fair_order(queue, {2: 40})) == [2, 3, 1]


def test_those_that_are_held_back_come_last() -> None:
    held_back = Waiting(1, 1, 5, 1, 0, held_back=True)

    assert keys(fair_order([held_back, waiting(2, 1), waiting(3, 2, priority=9)], {})) == [2, 3, 1]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from([1, 5, 9])), max_size=40),
    st.dictionaries(st.integers(1, 4), st.integers(0, 9)),
)
def test_nobody_is_served_twice_while_somebody_with_less_waits(
    rows: list[tuple[int, int]], running: dict[int, int]
) -> None:
    queue = [waiting(key, user, priority=priority) for key, (user, priority) in enumerate(rows, start=1)]

    ordered = fair_order(queue, running)

    assert sorted(keys(ordered)) == keys(queue)
    counts = Counter(running)
    for place, each in enumerate(ordered):
        rest = [other for other in ordered[place:] if other.priority == each.priority]
        assert each.priority == min(other.priority for other in ordered[place:])
        assert counts[each.user_id] == min(counts[other.user_id] for other in rest)
        counts[each.user_id] += 1


@pytest.mark.usefixtures("worker")
def test_positions_follow_the_order_of_the_whole_queue(alice: User, bob: User, topic: str) -> None:
    batch = start(alice, topic, 2, batch=True).generations
    flood = start(alice, topic, 3).generations
    (newcomer,) = start(bob, topic).generations
    Limits.objects.create(user=bob, priority=Limits.Priority.FIRST)
    (urgent,) = start(bob, topic).generations
    # The urgent one counts as bob's first, so alice has two turns before his second.
    expected = [urgent, *flood[:2], newcomer, flood[2], *batch]

    positions = queue_positions([each.pk for each in expected])

    assert [positions[each.pk] for each in expected] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.usefixtures("worker")
def test_many_readers_share_one_look(alice: User, topic: str) -> None:
    generations = start(alice, topic, 3).generations

    with counted() as counts:
        looks = [queue_positions([each.pk]) for each in generations * 10]

    assert len(counts.statements) == 2
    assert looks[:3] == [{each.pk: position} for position, each in enumerate(generations, start=1)]


@pytest.mark.usefixtures("worker")
def test_an_answer_that_does_not_wait_has_no_position(alice: User, topic: str) -> None:
    running, queued = start(alice, topic, 2).generations
    Generation.objects.filter(pk=running.pk).update(status=Generation.Status.STREAMING)

    assert queue_positions([running.pk, queued.pk]) == {queued.pk: 1}
    assert queue_positions([]) == {}


@pytest.mark.usefixtures("redis")
def test_without_a_worker_nobody_has_a_place(alice: User, topic: str) -> None:
    (generation,) = start(alice, topic).generations
    assert queue_positions([generation.pk]) == {generation.pk: NO_WORKER}
