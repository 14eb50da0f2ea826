from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from core.scoped_values import once_a_loop, once_a_thread


def test_each_thread_has_values_of_its_own() -> None:
    value = once_a_thread(lambda key: [key])

    with ThreadPoolExecutor(1) as pool:
        elsewhere = pool.submit(value, "a").result()
        again = pool.submit(value, "a").result()

    assert value("a") is value("a")
    assert value("a") == ["a"]
    assert value("b") == ["b"]
    assert elsewhere is again
    assert elsewhere is not value("a")


def test_each_loop_has_a_value_of_its_own() -> None:
    value = once_a_loop(list[int])

    async def twice() -> tuple[list[int], list[int]]:
        return value(), value()

    first, second = asyncio.run(twice()), asyncio.run(twice())

    assert first[0] is first[1]
    assert second[0] is not first[0]
