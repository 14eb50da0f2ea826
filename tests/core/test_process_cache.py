from __future__ import annotations

from collections.abc import Callable

import pytest

from core import process_cache
from core.process_cache import forget, forget_all, remembered


class Loader:
    """Loads 1, then 2, and so on."""

    def __init__(self) -> None:
        self.loads = 0

    def __call__(self) -> int:
        self.loads += 1
        return self.loads


def test_a_value_is_loaded_once() -> None:
    load = Loader()

    assert [remembered("key", load) for _ in range(3)] == [1, 1, 1]
    assert remembered("other", load) == 2


def test_a_value_is_loaded_again_after_its_time() -> None:
    load = Loader()

    assert [remembered("key", load, seconds=0) for _ in range(3)] == [1, 2, 3]


def test_a_value_is_loaded_again_after_a_change() -> None:
    load = Loader()
    remembered("key", load)

    forget("key")
    assert remembered("key", load) == 2
    forget("other")
    assert remembered("key", load) == 2
    forget_all()
    assert remembered("key", load) == 3


@pytest.mark.parametrize("change", [lambda: forget("key"), forget_all])
def test_what_was_loaded_before_a_change_is_not_remembered(change: Callable[[], None]) -> None:
    def load_and_change() -> str:
        change()
        return "old"

    assert remembered("key", load_and_change) == "old"
    assert remembered("key", lambda: "new") == "new"


def test_it_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_cache, "MOST", 3)

    load = Loader()
    for key in range(10):
        remembered(str(key), load)

    assert len(process_cache._values) <= 3
    assert remembered("9", load) == 10
