"""A vendor's stream for one answer, with changes that no vendor should make, and the events that an adapter reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from providers.adapters.base import Target
from providers.adapters.http import Call, HttpClients, TakenRequests
from providers.adapters.refusals import KnownRefusals
from providers.kinds import KINDS
from tests.fake_providers.formats import (
    AnthropicFormat,
    ChatFormat,
    Format,
    GoogleFormat,
    MistralFormat,
    ResponsesFormat,
)
from tests.fake_providers.scripts import Script
from tests.providers.adapters.calls import KEY, StreamResult, read_stream, request_of

FORMATS: dict[str, type[Format]] = {
    "openai": ResponsesFormat,
    "anthropic": AnthropicFormat,
    "google": GoogleFormat,
    "mistral": MistralFormat,
    "openrouter": ChatFormat,
}
SCRIPT = Script(text="Ça va, 世界 🌍?", reasoning="Hm, 然后.", reasoning_tokens=3)
WRONG: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 7, 1.5, 1e308, 2**31, 2**63, "", "x", "\x00", "9" * 30, [], {}, [[]], [None], [7]),
    *({"text": 7}, {"type": "text", "text": 7}, {"error": {}}, {"code": 429}, "[DONE]", {"retryDelay": "1.2.3s"}),
)
GARBAGE = st.sampled_from(
    [
        *(b"\n", b"\r", b"\r\n\r\n", b"data:", b"data: [DONE]\n\n", b"event: error\n", b"data: {}\n\n", b"data: 7\n\n"),
        *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'data: {"error": 1}\n\n', b"data: " + b"[" * 5000 + b"\n\n"),
        *(b'data: {"error": {"retryDelay": "1.2.3s", "message": "rate limit"}}\n\n', b"x" * 70_000, b":" * 500),
    ]
)


def frames_of(slug: str) -> list[bytes]:
    """Return a vendor's frames for a good answer."""
    format_ = FORMATS[slug]("model-a", SCRIPT)
    reasoning = [format_.reasoning(piece) for piece in (SCRIPT.reasoning[:3], SCRIPT.reasoning[3:])]
    between = list(format_.begin_text())
    text = [format_.text(piece) for piece in (SCRIPT.text[:5], SCRIPT.text[5:])]
    return [*format_.head(), *reasoning, *between, *text, format_.ping(), *format_.tail()]


class Response:
    """A stand-in for aiohttp's response: it has these chunks, and the methods that reading a stream needs."""

    def __init__(self, chunks: Sequence[bytes]) -> None:
        self._chunks = [chunk for chunk in chunks if chunk]
        self.content = self

    def exception(self) -> None:
        """Return None: the connection never breaks."""

    async def readany(self) -> bytes:
        return self._chunks.pop(0) if self._chunks else b""

    def at_eof(self) -> bool:
        return not self._chunks

    def release(self) -> None: ...

    def close(self) -> None: ...


class Replayed(HttpClients):
    """Clients that get this response to every request."""

    def __init__(self, chunks: Sequence[bytes]) -> None:
        self._response: Any = Response(chunks)
        self._refusals = KnownRefusals()
        self._on_accepted = lambda _: None
        self._on_received = lambda: None
        self._share = None
        self._taken = TakenRequests()

    def calling(self, **callbacks: Any) -> Replayed:
        return self

    async def _accepted_response(self, target: Target, call: Call) -> Any:
        return self._response, ()


async def events_from(slug: str, chunks: Sequence[bytes]) -> StreamResult:
    """Return what the adapter of this kind yields for these bytes."""
    return await read_stream(Replayed(chunks), slug, Target(KINDS[slug].label, "http://x", KEY), request_of())


@st.composite
def wrong_frames(draw: st.DrawFn, slug: str) -> list[bytes]:
    """Draw the frames of an answer with up to four changes, and possibly without its end."""
    frames = frames_of(slug)
    for _ in range(draw(st.integers(1, 4))):
        index = draw(st.integers(0, len(frames) - 1))
        frames[index] = draw(st.one_of(_retyped(frames[index]), _garbled(frames[index])))
    return frames[: draw(st.integers(1, len(frames)))]


@st.composite
def _retyped(draw: st.DrawFn, frame: bytes) -> bytes:
    """Draw a frame with one of its values replaced."""
    head, mark, rest = frame.partition(b"data: ")
    try:
        value = json.loads(rest)
    except (ValueError, RecursionError):
        return frame
    node, parent, key = value, None, None
    for _ in range(draw(st.integers(1, 6))):
        keys: list[Any] = (
            list(node) if isinstance(node, dict) else list(range(len(node))) if isinstance(node, list) else []
        )
        if not keys:
            break
        parent, key = node, draw(st.sampled_from(keys))
        node = node[key]
    wrong = draw(st.sampled_from(WRONG))
    if parent is None:
        value = wrong
    else:
        parent[key] = wrong
    return head + mark + json.dumps(value).encode() + b"\n\n"


@st.composite
def _garbled(draw: st.DrawFn, frame: bytes) -> bytes:
    """Draw a frame with bytes removed or inserted."""
    start, end = sorted((draw(st.integers(0, len(frame))), draw(st.integers(0, len(frame)))))
    return frame[:start] + draw(st.one_of(GARBAGE, st.binary(max_size=20), st.just(b""))) + frame[end:]
