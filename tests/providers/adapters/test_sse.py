from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.adapters import sse
from providers.adapters.sse import EventTooLongError, SseDecoder

STREAM = (
    "\ufeffdata: first\r\n\r\n: a comment\n\nevent: named\ndata:no space\ndata:  two\n\n"
    "data\n\nid: 7\nretry: 10\nunknown: field\n\ndata: 世界 🌍\r\rdata: [DONE]\n\n"
).encode()
EVENTS = [
    ("", b"first"),
    ("named", b"no space\n two"),
    ("", b""),
    ("", "世界 🌍".encode()),
    ("", b"[DONE]"),
]


def decode(*chunks: bytes) -> list[tuple[str, bytes]]:
    decoder = SseDecoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)] + decoder.close()


@given(st.lists(st.integers(0, len(STREAM)), max_size=30))
def test_it_decodes_the_same_events_from_any_split(cuts: list[int]) -> None:
    bounds = [0, *sorted(cuts), len(STREAM)]

    events = decode(*(STREAM[start:end] for start, end in pairwise(bounds)))

    assert events == EVENTS


def test_it_decodes_byte_by_byte() -> None:
    events = decode(*(bytes([byte]) for byte in STREAM))

    assert events == EVENTS


LINES = st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n")), min_size=1, max_size=5)


@given(LINES, st.integers(1, 9))
def test_it_joins_the_lines_of_one_event(lines: list[str], size: int) -> None:
    stream = "".join(f"data: {line}\n" for line in lines).encode() + b"\n"

    events = decode(*(stream[start : start + size] for start in range(0, len(stream), size)))

    assert events == [("", "\n".join(lines).encode())]


def test_it_returns_an_event_as_soon_as_its_empty_line_has_arrived() -> None:
    decoder = SseDecoder()

    assert decoder.feed(b"data: x\r\n\r") == [("", b"x")]
    assert decoder.feed(b"\ndata: y\n\n") == [("", b"y")]


def test_it_returns_an_unfinished_event_at_the_end_of_the_stream() -> None:
    assert decode(b"data: whole\n\ndata: half") == [("", b"whole"), ("", b"half")]


@pytest.mark.parametrize("chunk", [b"data: " + b"x" * 60, b"x" * 60, b"data: " + b"x" * 30 + b"\n"])
def test_it_refuses_an_event_that_grows_beyond_the_limit(chunk: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 100)
    decoder = SseDecoder()

    with pytest.raises(EventTooLongError):
        for _ in range(10):
            decoder.feed(chunk)
