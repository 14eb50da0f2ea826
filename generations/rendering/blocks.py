"""The top-level blocks of a text, into which the events of the Markdown parser are grouped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generations.rendering.events import HIDDEN, events_of

if TYPE_CHECKING:
    from pyromark.event import Range

_INVALID = re.compile(f"[\x00{HIDDEN}\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Block:
    """A top-level block, or a list item; offsets count the UTF-8 bytes of the source that it was parsed from."""

    kind: str
    start: int
    events: list[tuple[Any, Range]]


def normalized(text: str) -> str:
    """Return the text with line ends as ``\\n``, and NUL, SUB and lone surrogates as U+FFFD."""
    return _INVALID.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def parse(source: str) -> list[Block]:
    """Return the top-level blocks of a normalized text, in order."""
    return list(_grouped(events_of(source)))


def items(block: Block) -> list[Block]:
    """Return the items of a list block."""
    return list(_grouped(block.events[1:-1]))


def line_start(source: bytes, offset: int) -> int:
    """Return the offset of the beginning of the line that contains the byte at ``offset``."""
    return source.rfind(b"\n", 0, offset) + 1


def _grouped(events: Iterable[tuple[Any, Range]]) -> Iterator[Block]:
    depth = 0
    group: list[tuple[Any, Range]] = []
    for event, span in events:
        group.append((event, span))
        if isinstance(event, dict):
            depth += ("Start" in event) - ("End" in event)
        if depth == 0:
            yield Block(_kind(group[0][0]), group[0][1]["start"], group)
            group = []


def _kind(event: Any) -> str:
    if isinstance(event, str):
        return event
    tag = dict(event).get("Start")
    return tag if isinstance(tag, str) else str(next(iter(tag)) if isinstance(tag, dict) else "")
