"""Values that each request needs and that seldom change, remembered by this process for a few seconds.

A change in this process is seen at once, a change in another process within ``SECONDS``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save

T = TypeVar("T")
SECONDS = 3.0
"""The time after which a remembered value is loaded again."""
MOST = 10_000
"""Values that are remembered; one more, and all are loaded again."""


class _Remembered(NamedTuple):
    value: Any
    loaded_at: float


_values: dict[str, _Remembered] = {}
_changes = 0
"""Counts what was forgotten, so that a value that was loaded before a change is not remembered after it."""


def remembered(key: str, load: Callable[[], T], seconds: float = SECONDS) -> T:
    """Return the value under this key, loaded if it was not loaded in the last ``seconds``. Do not change it: others
    get the same one."""
    known = _values.get(key)
    if known is not None and time.monotonic() < known.loaded_at + seconds:
        value: T = known.value
        return value
    changes = _changes
    value = load()
    if changes == _changes:
        if len(_values) >= MOST:
            _values.clear()
        _values[key] = _Remembered(value, time.monotonic())
    return value


def forget(key: str) -> None:
    global _changes
    _changes += 1
    _values.pop(key, None)


def forget_all(**_: Any) -> None:
    global _changes
    _changes += 1
    _values.clear()


def forget_when_changed(*models: type[Model]) -> None:
    """Forget everything whenever a row of these models is saved or deleted, or a relation of theirs changes."""
    for model in models:
        post_save.connect(forget_all, sender=model)
        post_delete.connect(forget_all, sender=model)
        m2m_changed.connect(forget_all, sender=model)
