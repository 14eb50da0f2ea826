"""Rows that each request reads and that seldom change, remembered by this process for a few seconds.

A change in this process is seen at once, a change in another process within ``SECONDS``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache import caches
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save

T = TypeVar("T")
SECONDS = 3
"""The time after which a remembered value is read again."""


def remembered(key: str, load: Callable[[], T], seconds: float = SECONDS) -> T:
    """Return the value under this key, loaded if it is not remembered. Do not change it."""
    value: T = caches["process"].get_or_set(key, load, seconds)  # type: ignore[assignment]
    return value


def forget(key: str) -> None:
    caches["process"].delete(key)


def forget_all(**_: Any) -> None:
    caches["process"].clear()


def forget_when_changed(*models: type[Model]) -> None:
    """Forget everything whenever a row of these models is saved or deleted, or a relation of theirs changes."""
    for model in models:
        post_save.connect(forget_all, sender=model)
        post_delete.connect(forget_all, sender=model)
        m2m_changed.connect(forget_all, sender=model)
