from __future__ import annotations

import asyncio

import uvloop

from core.deadline import Deadline

SOON = 0.01
FAR = 60.0


async def times_passed(*settings: float, unset: bool = False) -> int:
    """Set a deadline to these times, in seconds from now, and return how often it has passed a moment later."""
    passed: list[None] = []
    deadline = Deadline(lambda: passed.append(None))
    for seconds in settings:
        deadline.set(asyncio.get_running_loop().time() + seconds)
    if unset:
        deadline.unset()
    await asyncio.sleep(2 * SOON)
    deadline.stop()
    return len(passed)


async def test_it_passes_once() -> None:
    assert await times_passed(SOON) == 1


async def test_a_later_time_replaces_an_earlier_one() -> None:
    assert await times_passed(SOON, FAR) == 0


async def test_an_earlier_time_replaces_a_later_one() -> None:
    assert await times_passed(FAR, SOON) == 1


async def test_it_does_not_pass_if_it_was_unset() -> None:
    assert await times_passed(SOON, unset=True) == 0


def test_a_time_that_has_passed_already_can_be_replaced_on_the_loop_of_our_processes() -> None:
    assert uvloop.run(times_passed(-1.0, SOON)) == 1
    assert uvloop.run(times_passed(-1.0, FAR)) == 0


async def test_it_starts_no_timer_while_one_runs_that_rings_before() -> None:
    deadline = Deadline(lambda: None)
    now = asyncio.get_running_loop().time()

    deadline.set(now + FAR)
    timer = deadline._timer
    deadline.unset()
    deadline.set(now + 2 * FAR)

    assert deadline._timer is timer
    deadline.stop()
