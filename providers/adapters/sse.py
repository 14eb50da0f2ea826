"""A sans-IO decoder of server-sent events, from bytes split at any position.

Follows https://html.spec.whatwg.org/multipage/server-sent-events.html with these differences, for senders that do not:

- ``id`` and ``retry`` are ignored.
- An unfinished event at the end of the stream is still returned by ``close``, as vendors' SDKs do.
- JSON on lines without ``data:`` is an event as well, up to an empty line: an error in a stream, or a whole answer.
- Empty lines between events may be missing: JSON that begins after JSON has ended is another event.
- A field ``error:`` is the data of an event with that name, as llama.cpp sends it.
"""

from __future__ import annotations

import re

MAX_EVENT_BYTES = 4 * 1024 * 1024
"""The largest event. A picture in an answer has up to two or three megabytes."""
MAX_EVENT_LINES = 20_000
BOM = b"\xef\xbb\xbf"
BEGINNINGS = (b"{", b"[")
DONE = b"[DONE]"
"""The data of the event after which nothing more follows, as many vendors send it."""


class EventTooLongError(Exception):
    """An event that has more than ``MAX_EVENT_BYTES`` or ``MAX_EVENT_LINES``."""


_EMPTY_LINES = re.compile(rb"\n{3,}")


class SseDecoder:
    """A decoder of one stream; events are ``(name, data)``, with the name ``""`` if the sender gave none."""

    def __init__(self) -> None:
        self._pending: list[bytes] = []
        self._pending_size = 0
        self._data_size = 0
        self._skip_newline = False
        self._first_line = True
        self._event = ""
        self._data: list[bytes] = []
        self._framed = True
        self._misses_empty_lines = False

    def feed(self, chunk: bytes) -> list[tuple[str, bytes]]:
        """Return the events that this chunk completes; raises EventTooLongError."""
        if self._skip_newline and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._skip_newline = False
        if b"\r" in chunk:
            # The \n of a \r\n may be the first byte of the next chunk.
            self._skip_newline = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if b"\n" not in chunk:
            self._hold(chunk)
            return []
        if b"\n\n\n" in chunk:
            chunk = _EMPTY_LINES.sub(b"\n\n", chunk)
        self._pending.append(chunk)
        *lines, rest = b"".join(self._pending).split(b"\n")
        self._pending, self._pending_size = [], 0
        events = self._decode(lines)
        self._hold(rest)
        return events

    def close(self) -> list[tuple[str, bytes]]:
        """Return the last event, if the stream ended before its empty line."""
        lines, self._pending = self._pending, []
        return self._decode([b"".join(lines), b""])

    def _hold(self, part: bytes) -> None:
        if part:
            self._pending.append(part)
            self._pending_size += len(part)
        if self._data_size + self._pending_size > MAX_EVENT_BYTES or len(self._data) > MAX_EVENT_LINES:
            raise EventTooLongError

    def _decode(self, lines: list[bytes]) -> list[tuple[str, bytes]]:
        if self._first_line and lines:
            lines[0] = lines[0].removeprefix(BOM)
            self._first_line = False
        events: list[tuple[str, bytes]] = []
        for line in lines:
            if not line:
                self._end_event(events)
                self._event = ""
            elif line.startswith(b"data:") and not self._data and not self._misses_empty_lines:
                self._framed = True
                self._append(line[6:] if line[5:6] == b" " else line[5:])
            elif line.startswith(b"data:"):
                self._add(line[6:] if line[5:6] == b" " else line[5:], events)
            else:
                self._field(line, events)
        return events

    def _field(self, line: bytes, events: list[tuple[str, bytes]]) -> None:
        name, _, value = line.partition(b":")
        if name in (b"event", b"error"):
            if self._has_whole_json():
                self._end_event(events)
            self._event = "error" if name == b"error" else value.removeprefix(b" ").decode(errors="replace")
        if name == b"data":
            self._add(b"", events)
        elif name == b"error":
            self._add(value.removeprefix(b" "), events)
        elif line.startswith(BEGINNINGS) or (name and self._data and not self._framed):
            self._add(line, events, framed=False)

    def _add(self, data: bytes, events: list[tuple[str, bytes]], *, framed: bool = True) -> None:
        if self._data and (framed != self._framed or (self._has_whole_json() and data.startswith(BEGINNINGS))):
            self._end_event(events)
            self._misses_empty_lines = True
        self._framed = framed
        self._append(data)
        if self._misses_empty_lines and self._data == [data] and data.startswith(BEGINNINGS) and self._has_whole_json():
            self._end_event(events)

    def _append(self, data: bytes) -> None:
        self._data.append(data)
        self._data_size += len(data)

    def _has_whole_json(self) -> bool:
        """Return True if JSON that begins now cannot belong to the data before it."""
        return bool(self._data) and self._data[-1].endswith((b"}", DONE))

    def _end_event(self, events: list[tuple[str, bytes]]) -> None:
        if self._data:
            events.append((self._event, b"\n".join(self._data)))
            self._data = []
            self._data_size = 0
            self._event = ""
