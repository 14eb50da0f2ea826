import asyncio
import time

import pytest

from core.async_db import in_share
from core.shares import BURST, RATE, Shares


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


def test_a_user_alone_never_pauses(clock: Clock) -> None:
    share = Shares().of(1)

    share.spend(100)

    assert share.pause == 0


def test_a_user_who_has_had_more_than_a_share_pauses_while_others_are_there(clock: Clock) -> None:
    users = Shares()
    first, second = users.of(1), users.of(2)

    first.spend(BURST + 0.1)

    assert first.pause == pytest.approx(0.1 / RATE)
    assert second.pause == 0
    clock.now += first.pause + 0.001
    assert first.pause == 0


async def test_it_counts_the_time_of_what_it_runs_and_waits_before_more() -> None:
    users = Shares()
    busy, _somebody = users.of(1), users.of(2)

    def work() -> int:
        until = time.thread_time() + 0.02
        while time.thread_time() < until:
            pass
        return 7

    assert await in_share(busy, work) == 7
    # A full share earns nothing before it is spent.
    assert busy._left <= BURST - 0.02
    busy.spend(2 * BURST)
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "sleep", sleep)
        assert await in_share(busy, work) == 7

    assert len(pauses) == 1
    assert 0 < pauses[0] <= BURST / RATE


def test_all_streams_of_a_user_have_one_share(clock: Clock) -> None:
    users = Shares()
    one, other, _somebody = users.of(1), users.of(1), users.of(2)

    one.spend(BURST + 0.1)

    assert other.pause > 0


def test_what_was_done_while_nobody_was_there_is_forgiven(clock: Clock) -> None:
    users = Shares()
    share = users.of(1)
    share.spend(3600)

    somebody = users.of(2)

    assert 0 < share.pause <= BURST / RATE
    del somebody
    assert share.pause == 0


def test_it_forgets_users_who_have_left() -> None:
    users = Shares()

    users.of(1).spend(BURST + 1)

    assert users.of(1).pause == 0
    assert len(users._shares) == 0
