"""The reader of an archive: every value is checked, and a refusal names its position."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NoReturn, TypeVar

from core.errors import InvalidInput

LONGEST_TEXT = 5_000_000
LONGEST_LIST = 100_000
LARGEST_INTEGER = 2**31 - 1
LONGEST_TIME = 10_000_000
UUID_LENGTH = 36
FEW_WORDS = 8
YEARS = range(1970, 3000)
Read = TypeVar("Read")


class Part:
    """One JSON object of an archive. ``seen`` holds the ids read so far in the whole archive, with the objects
    remembered under them.

    Every reader raises InvalidInput for a value that is missing or of another kind, in a sentence that names its
    position and never repeats the value.
    """

    def __init__(self, value: Any, place: str = "", seen: dict[tuple[str, uuid.UUID], Any] | None = None) -> None:
        self.place = place
        self.seen: dict[tuple[str, uuid.UUID], Any] = {} if seen is None else seen
        if not isinstance(value, dict):
            self.refuse("", "has to be an object")
        self._value: dict[str, Any] = value

    def refuse(self, name: str, why: str) -> NoReturn:
        place = ".".join(filter(None, (self.place, name))) or "the file"
        sentence = f"Nothing was imported: {place} {why}."
        raise InvalidInput(sentence, fields={place: [sentence]})

    def names(self) -> set[str]:
        return set(self._value)

    def raw(self, name: str) -> Any:
        """Return a value as it is."""
        if name not in self._value:
            self.refuse(name, "is missing")
        return self._value[name]

    def checked(self, check: Callable[[Any], Read]) -> Read:
        """Return the result of ``check`` for the whole object; a refusal gets this object's position."""
        try:
            return check(self._value)
        except InvalidInput as error:
            self.refuse("", f"cannot be saved: {error.message.rstrip('.')}")

    def maybe(self, name: str, read: Callable[[str], Read]) -> Read | None:
        """Return the result of ``read`` for a value that may be null."""
        return None if self.raw(name) is None else read(name)

    def later(self, name: str, read: Callable[[str], Read], default: Read) -> Read:
        """Return the result of ``read`` for a value that older archives do not have."""
        return read(name) if name in self._value else default

    def values(self, name: str) -> list[Any]:
        values = self.raw(name)
        if not isinstance(values, list):
            self.refuse(name, "has to be a list")
        if len(values) > LONGEST_LIST:
            self.refuse(name, f"has more than {LONGEST_LIST:,} entries")
        return values

    def parts(self, name: str) -> list[Part]:
        """Return the objects of a list, in order."""
        place = ".".join(filter(None, (self.place, name)))
        return [Part(value, f"{place}[{index}]", self.seen) for index, value in enumerate(self.values(name))]

    def part(self, name: str) -> Part:
        return Part(self.raw(name), ".".join(filter(None, (self.place, name))), self.seen)

    def text(self, name: str, longest: int = LONGEST_TEXT) -> str:
        value = self.raw(name)
        if not isinstance(value, str):
            self.refuse(name, "has to be a string")
        if len(value) > longest:
            self.refuse(name, f"is longer than {longest:,} characters")
        if "\x00" in value:
            self.refuse(name, "contains a NUL character")
        return value

    def filled(self, name: str, longest: int) -> str:
        value = self.text(name, longest)
        if not value.strip():
            self.refuse(name, "is empty")
        return value

    def word(self, name: str, words: Sequence[str]) -> str:
        value = self.raw(name)
        if not isinstance(value, str) or value not in words:
            few = len(words) <= FEW_WORDS
            self.refuse(
                name,
                f"has to be one of: {', '.join(filter(None, words))}" if few else "is not one that this version knows",
            )
        return value

    def flag(self, name: str) -> bool:
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

    def moment(self, name: str) -> datetime:
        """Return a date and time with its time zone."""
        try:
            moment = datetime.fromisoformat(self.text(name, 40))
        except ValueError:
            self.refuse(name, "is not a date and time in ISO 8601")
        if moment.tzinfo is None or moment.year not in YEARS:
            self.refuse(name, f"needs a time zone, and a year from {YEARS.start} to {YEARS.stop - 1}")
        return moment

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

    def remember(self, kind: str, public_id: uuid.UUID, thing: Any) -> None:
        """Keep an object for those that name it further on in the archive."""
        self.seen[kind, public_id] = thing

    def remembered(self, name: str, kind: str) -> list[Any]:
        """Return the objects that a list names by their ids."""
        ids = self.ids(name)
        for index, each in enumerate(ids):
            if (kind, each) not in self.seen:
                self.refuse(f"{name}[{index}]", f"names no {kind} of this archive")
        return [self.seen[kind, each] for each in ids]


def is_time(value: Any) -> bool:
    """Return True for a number of seconds that makes sense."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and 0 <= value <= LONGEST_TIME
