"""A sans-IO decoder of server-sent events, from bytes split at any position.

Follows https://html.spec.whatwg.org/multipage/server-sent-events.html with two differences: ``id`` and ``retry`` are
ignored, and an unfinished event at the end of the stream is still returned by ``close``, as vendors' SDKs do.
"""

from __future__ import annotations

MAX_EVENT_BYTES = 4 * 1024 * 1024
BOM = b"\xef\xbb\xbf"


class EventTooLongError(Exception):
    """An event, or a line of it, that is longer than ``MAX_EVENT_BYTES``."""


class SseDecoder:
    """A decoder of one stream; events are ``(name, data)``, with the name ``""`` if the sender gave none."""

    def __init__(self) -> None:
        self._pending: list[bytes] = []
        self._size = 0
        self._skip_newline = False
        self._first_line = True
        self._event = ""
        self._data: list[bytes] = []

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
        self._pending.append(chunk)
        *lines, rest = b"".join(self._pending).split(b"\n")
        self._pending = [rest] if rest else []
        events = self._decode(lines)
        self._size = sum(map(len, self._data)) + len(rest)
        self._check_size()
        return events

    def close(self) -> list[tuple[str, bytes]]:
        """Return the last event, if the stream ended before its empty line."""
        lines, self._pending = self._pending, []
        return self._decode([b"".join(lines), b""])

    def _hold(self, part: bytes) -> None:
        if part:
            self._pending.append(part)
            self._size += len(part)
            self._check_size()

    def _check_size(self) -> None:
        if self._size > MAX_EVENT_BYTES:
            raise EventTooLongError

    def _decode(self, lines: list[bytes]) -> list[tuple[str, bytes]]:
        if self._first_line and lines:
            lines[0] = lines[0].removeprefix(BOM)
            self._first_line = False
        events: list[tuple[str, bytes]] = []
        for line in lines:
            if not line:
                if self._data:
                    events.append((self._event, b"\n".join(self._data)))
                    self._data = []
                self._event = ""
            elif line.startswith(b"data:"):
                self._data.append(line[6:] if line[5:6] == b" " else line[5:])
            else:
                self._field(line)
        return events

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"event":
            self._event = value.removeprefix(b" ").decode(errors="replace")
        elif name == b"data":
            self._data.append(b"")
