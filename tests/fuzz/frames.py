"""Messages that sockets refuse, thousands of them, and malformed frames; the same ones in every run."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Iterator

from tests.security.bad_bodies import NOT_JSON, NOT_OBJECTS
from tests.security.test_bad_socket_messages import BAD_ACTIONS

GOOD = json.dumps({"action": "turn", "prompt": "Hello, 世界?", "images": []}, ensure_ascii=False)
LARGEST = 1024 * 1024
MASK = b"\x00\x00\x00\x00"
SMALL = 1000


def bad_messages(number: int, seed: int) -> Iterator[str | bytes]:
    """Yield messages that a socket has to refuse."""
    rng = random.Random(seed)
    fixed = [json.dumps(action) for action in BAD_ACTIONS if len(json.dumps(action)) < SMALL]
    fixed += [raw.decode() for raw in (*NOT_OBJECTS, *NOT_JSON) if raw.isascii() and len(raw) < SMALL]
    for _ in range(number):
        match rng.randrange(6):
            case 0:
                yield GOOD[: rng.randrange(len(GOOD))]
            case 1:
                yield "".join(chr(rng.randrange(1, 0xD800)) for _ in range(rng.randrange(60)))
            case 2:
                yield rng.randbytes(rng.randrange(200))
            case 3:
                depth = rng.randrange(1, 5000)
                yield rng.choice(("[", '{"action":')) * depth
            case 4:
                name = rng.choice(("action", "event", "result_id", ""))
                yield json.dumps({name: rng.choice((None, 7, 1e300, [], {}, ["cancel"], "delete", "Turn"))})
            case _:
                yield rng.choice(fixed)


def frame(
    opcode: int, payload: bytes = b"", *, first: int = 0x80, length: int | None = None, masked: bool = True
) -> bytes:
    """Return the bytes of one frame (RFC 6455, section 5.2); ``length`` is the length that it declares."""
    size, mark = len(payload) if length is None else length, 0x80 if masked else 0
    head = bytes([first | opcode])
    if size < 126:
        head += bytes([mark | size])
    elif size < 65_536:
        head += struct.pack("!BH", mark | 126, size)
    else:
        head += struct.pack("!BQ", mark | 127, size)
    return head + (MASK if masked else b"") + payload


TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9
BAD_FRAMES = {
    "invalid UTF-8": (frame(TEXT, b'{"action": "\xff\xfe"}'), 1007),
    "half a character": (frame(TEXT, "é".encode()[:1]), 1007),
    "a lone surrogate": (frame(TEXT, b"\xed\xa0\x80"), 1007),
    "a text of more than 1 MB": (frame(TEXT, b"x" * (LARGEST + 1)), 1009),
    "a binary of more than 1 MB": (frame(BINARY, bytes(LARGEST + 1)), 1009),
    "parts that are more than 1 MB": (
        frame(TEXT, b"x" * 600_000, first=0) + frame(0, b"x" * 600_000),
        1009,
    ),
    "a frame that declares a huge length": (frame(TEXT, length=2**62), 1009),
    "a length above the maximum": (frame(TEXT, length=2**63 + 1), 1009),
    "an unknown opcode": (frame(3, b"x"), 1002),
    "a reserved bit": (frame(TEXT, b"{}", first=0x90), 1002),
    "no mask": (frame(TEXT, b"{}", masked=False), 1002),
    "a continuation without a beginning": (frame(0, b"x"), 1002),
    "a new message within one": (frame(TEXT, b"{", first=0) + frame(TEXT, b"}"), 1002),
    "a ping in parts": (frame(PING, b"x", first=0), 1002),
    "a ping that is too long": (frame(PING, bytes(126)), 1002),
    "a close code that may not be sent": (frame(CLOSE, struct.pack("!H", 1005)), 1002),
    "half a close code": (frame(CLOSE, b"\x03"), 1002),
}
