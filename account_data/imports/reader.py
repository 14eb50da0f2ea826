"""The checked values of an archive: each is validated when it is read, and a refusal names its position."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NoReturn, TypeVar

from django.conf import settings

from core.errors import InvalidInput

LONGEST_LIST = 100_000
LARGEST_INTEGER = 2**31 - 1
LONGEST_TIME = 10_000_000
UUID_LENGTH = 36
MOST_LISTED_CHOICES = 8
"""A refusal lists the valid choices only if there are no more."""
YEARS = range(1970, 3000)
"""Plausible years, away from 1 and 9999, which a time zone can move out of Python's range."""
Read = TypeVar("Read")


class Part:
    """One JSON object of an archive, with a method for each type of value.

    The methods raise InvalidInput for a value that is missing or of another type, in a sentence that names its position
    and never repeats the value. ``seen`` has the ids read so far in the whole archive, with the objects that were
    registered under them.
    """

    def __init__(self, value: Any, position: str = "", seen: dict[tuple[str, uuid.UUID], Any] | None = None) -> None:
        self.position = position
        self.seen: dict[tuple[str, uuid.UUID], Any] = {} if seen is None else seen
        if not isinstance(value, dict):
            self.refuse("", "has to be an object")
        self._value: dict[str, Any] = value

    def refuse(self, name: str, why: str) -> NoReturn:
        position = self._position_of(name) or "the file"
        sentence = f"Nothing was imported: {position} {why}."
        raise InvalidInput(sentence, fields={position: [sentence]})

    def _position_of(self, name: str) -> str:
        return ".".join(filter(None, (self.position, name)))

    def names(self) -> set[str]:
        return set(self._value)

    def raw(self, name: str) -> Any:
        """Return a value of any type."""
        if name not in self._value:
            self.refuse(name, "is missing")
        return self._value[name]

    def checked(self, check: Callable[[Any], Read]) -> Read:
        """Return the result of ``check`` for the whole object; the position is added to its refusal."""
        try:
            return check(self._value)
        except InvalidInput as error:
            self.refuse("", f"cannot be saved: {error.message.rstrip('.')}")

    def nullable(self, name: str, read: Callable[[str], Read]) -> Read | None:
        """Return the value that ``read`` returns for this name, None for null."""
        return None if self.raw(name) is None else read(name)

    def optional(self, name: str, read: Callable[[str], Read], default: Read) -> Read:
        """Return the value that ``read`` returns for this name, ``default`` in older archives without it."""
        return read(name) if name in self._value else default

    def values(self, name: str, longest: int = LONGEST_LIST) -> list[Any]:
        values = self.raw(name)
        if not isinstance(values, list):
            self.refuse(name, "has to be a list")
        if len(values) > longest:
            self.refuse(name, f"has more than {longest:,} entries")
        return values

    def parts(self, name: str, longest: int = LONGEST_LIST) -> list[Part]:
        """Return the objects of a list, in order."""
        position = self._position_of(name)
        return [
            Part(value, f"{position}[{index}]", self.seen) for index, value in enumerate(self.values(name, longest))
        ]

    def part(self, name: str) -> Part:
        return Part(self.raw(name), self._position_of(name), self.seen)

    def text(self, name: str, longest: int) -> str:
        value = self.raw(name)
        if not isinstance(value, str):
            self.refuse(name, "has to be a string")
        if len(value) > longest:
            self.refuse(name, f"is longer than {longest:,} characters")
        if "\x00" in value:
            self.refuse(name, "contains a NUL character")
        return value

    def prompt(self, name: str) -> str:
        """Return a prompt or a system prompt, which may be as long as in a request."""
        return self.text(name, settings.MAX_PROMPT_CHARACTERS)

    def non_empty(self, name: str, longest: int) -> str:
        value = self.text(name, longest)
        if not value.strip():
            self.refuse(name, "is empty")
        return value

    def choice(self, name: str, choices: Sequence[str]) -> str:
        value = self.raw(name)
        if not isinstance(value, str) or value not in choices:
            if len(choices) <= MOST_LISTED_CHOICES:
                self.refuse(name, f"has to be one of: {', '.join(filter(None, choices))}")
            self.refuse(name, "is not one that this version knows")
        return value

    def boolean(self, name: str) -> bool:
        value = self.raw(name)
        if not isinstance(value, bool):
            self.refuse(name, "has to be true or false")
        return value

    def integer(self, name: str, low: int = 0, high: int = LARGEST_INTEGER) -> int:
        value = self.raw(name)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.refuse(name, f"has to be a whole number from {low} to {high}")
        return value

    def seconds(self, name: str) -> float:
        value = self.raw(name)
        if not is_time(value):
            self.refuse(name, f"has to be a number of seconds from 0 to {LONGEST_TIME}")
        return float(value)

    def timestamp(self, name: str) -> datetime:
        """Return a date and time with its time zone."""
        try:
            timestamp = datetime.fromisoformat(self.text(name, 40))
        except ValueError:
            self.refuse(name, "is not a date and time in ISO 8601")
        if timestamp.tzinfo is None or timestamp.year not in YEARS:
            self.refuse(name, f"needs a time zone, and a year from {YEARS.start} to {YEARS.stop - 1}")
        return timestamp

    def id(self, name: str) -> uuid.UUID:
        return self._uuid(self.raw(name), name)

    def ids(self, name: str) -> list[uuid.UUID]:
        return [self._uuid(value, f"{name}[{index}]") for index, value in enumerate(self.values(name))]

    def _uuid(self, value: Any, name: str) -> uuid.UUID:
        try:
            return uuid.UUID(value if isinstance(value, str) and len(value) == UUID_LENGTH else "")
        except ValueError:
            self.refuse(name, "is not a UUID")

    def own_id(self, kind: str) -> uuid.UUID:
        """Return the object's own id, which no other object of this kind may have."""
        value = self.id("id")
        if (kind, value) in self.seen:
            self.refuse("id", "is in the archive twice")
        self.seen[kind, value] = None
        return value

    def register(self, kind: str, public_id: uuid.UUID, item: Any) -> None:
        """Keep an object for later ``references`` to it."""
        self.seen[kind, public_id] = item

    def references(self, name: str, kind: str) -> list[Any]:
        """Return the objects that a list names by their ids."""
        ids = self.ids(name)
        for index, each in enumerate(ids):
            if (kind, each) not in self.seen:
                self.refuse(f"{name}[{index}]", f"names no {kind} of this archive")
        return [self.seen[kind, each] for each in ids]


def is_time(value: Any) -> bool:
    """Return True for a number of seconds from 0 to ``LONGEST_TIME``."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and 0 <= value <= LONGEST_TIME
