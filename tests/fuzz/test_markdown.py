from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from generations.rendering import StreamRenderer, render
from generations.rendering.writer import TAIL
from tests.fuzz.markdown import documents
from tests.generations.rendering.patched_html import Column, streamed

cuts = st.lists(st.integers(0, 5000), max_size=60)
many_examples = settings(max_examples=400, deadline=None)


@many_examples
@given(documents(), cuts)
def test_it_streams_any_split_of_a_document_to_the_html_of_the_whole(text: str, cut_positions: list[int]) -> None:
    assert streamed(split(text, cut_positions)).html == render(text)


@many_examples
@given(documents(), cuts, st.integers(0, 5000))
def test_it_continues_for_a_reader_who_joins_at_any_position(
    text: str, cut_positions: list[int], position: int
) -> None:
    known = position % (len(text) + 1)
    renderer = StreamRenderer(text[:known])
    closed, _, shown = renderer.snapshot("k").partition('<div id="k-open" class="open-block">')
    column = Column(closed, shown.removesuffix("</div>").replace(' id="k-tail">', TAIL))

    for piece in split(text[known:], cut_positions):
        column.take(renderer.feed(piece))
    column.take(renderer.flush())

    assert column.html == render(text)


@many_examples
@given(st.text().filter(lambda text: "]:" not in text), cuts)
def test_it_streams_any_text_to_the_html_of_the_whole(text: str, cut_positions: list[int]) -> None:
    assert streamed(split(text, cut_positions)).html == render(text)


def split(text: str, cut_positions: list[int]) -> list[str]:
    bounds = [0, *sorted(position % (len(text) + 1) for position in cut_positions), len(text)]
    return [text[start:end] for start, end in pairwise(bounds)]
