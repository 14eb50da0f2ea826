from __future__ import annotations

import threading
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generations.models import Generation
from generations.worker.places import Places

NORMAL, BATCH = 5, Generation.BATCH


def queued(user: int, count: int = 1, *, priority: int = NORMAL) -> list[Generation]:
    return [Generation(user_id=user, priority=priority) for _ in range(count)]


def fill(places: Places, *generations: Generation) -> list[Generation]:
    """Let those begin for which there is a place, and return them."""
    chosen = places.choose(generations)
    for each in chosen:
        each.pk, each.lease = next(_keys), uuid.uuid4()
    places.hold(chosen)
    return chosen


_keys = iter(range(1, 1_000_000))


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), max_size=300), st.integers(1, 5))
def test_users_who_want_everything_leave_places_for_newcomers(arrivals: list[int], floods: int) -> None:
    places = Places(200)
    for user in arrivals:
        fill(places, *queued(user % floods))
    for user in range(floods):
        fill(places, *queued(user, 300))

    begun = [len(fill(places, *queued(newcomer, 8))) for newcomer in range(100, 106)]

    assert 0 not in begun


@settings(deadline=None)
@given(st.permutations([user for user in range(5) for _ in range(40)]))
def test_five_users_with_forty_answers_each_leave_places_for_whole_comparisons(arrivals: list[int]) -> None:
    places = Places(200)
    for user in arrivals:
        fill(places, *queued(user))

    assert [len(fill(places, *queued(newcomer, 4))) for newcomer in (5, 6)] == [4, 4]


def test_one_user_alone_gets_four_fifths() -> None:
    places = Places(200)

    assert len(fill(places, *queued(1, 300))) == 160
    assert not places.full


@settings(deadline=None)
@given(st.integers(1, 60), st.lists(st.tuples(st.integers(0, 3), st.sampled_from([NORMAL, BATCH])), max_size=80))
def test_what_is_free_for_all_is_free_for_the_user_with_most_answers(
    capacity: int, arrivals: list[tuple[int, int]]
) -> None:
    places = Places(capacity)
    for user, priority in arrivals:
        fill(places, *queued(user, priority=priority))

    free = places.free_for_all

    for user in range(5):
        for priority in (NORMAL, BATCH):
            assert len(places.choose(queued(user, free, priority=priority))) == free


@pytest.mark.parametrize("capacity", [1, 2, 4, 8])
def test_few_places_are_all_used_by_one_user(capacity: int) -> None:
    places = Places(capacity)

    assert len(fill(places, *queued(1, 10))) == capacity
    assert places.full
    assert not fill(places, *queued(2))


def test_those_behind_a_user_who_has_enough_may_begin() -> None:
    places = Places(20)
    fill(places, *queued(1, 20))

    chosen = fill(places, *queued(1, 3), *queued(2, 1))

    assert [each.user_id for each in chosen] == [2]


def test_batch_work_leaves_a_quarter_to_people() -> None:
    places = Places(40)
    users = range(20)

    batch = fill(places, *(each for user in users for each in queued(user, 2, priority=BATCH)))

    assert len(batch) == 30
    assert len(fill(places, *(each for user in users for each in queued(user)))) == 10


def test_a_place_that_was_left_is_free_again() -> None:
    places = Places(1)
    (first,) = fill(places, *queued(1))
    assert places.held == {(first.pk, first.lease)}

    places.leave(first)
    places.leave(first)

    assert places.held == set()
    assert len(fill(places, *queued(2, 2))) == 1


def test_it_waits_until_all_have_left() -> None:
    places = Places(2)
    (first,) = fill(places, *queued(1))
    left = threading.Event()

    def wait() -> None:
        places.wait_until_left(10)
        left.set()

    thread = threading.Thread(target=wait)
    places.expect_claims()
    thread.start()
    places.leave(first)
    assert not left.is_set()
    places.claims_came()
    assert left.wait(10)
    thread.join()
    fill(places, *queued(1))
    places.wait_until_left(0)
