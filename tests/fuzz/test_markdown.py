from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from generations.rendering import StreamRenderer, render
from generations.rendering.writer import TAIL
from tests.fuzz.markdown import documents
from tests.generations.rendering.patched_html import Column, streamed

cuts = st.lists(st.integers(0, 5000), max_size=60)
often = settings(max_examples=400, deadline=None)


@often
@given(documents(), cuts)
def test_it_streams_any_split_of_a_document_as_the_whole_renders(text: str, places: list[int]) -> None:
    assert streamed(split(text, places)).html == render(text)


@often
@given(documents(), cuts, st.integers(0, 5000))
def test_it_goes_on_for_whoever_joins_at_any_place(text: str, places: list[int], place: int) -> None:
    known = place % (len(text) + 1)
    renderer = StreamRenderer(text[:known])
    closed, _, shown = renderer.snapshot("k").partition('<div id="k-open" class="open-block">')
    column = Column(closed, shown.removesuffix("</div>").replace(' id="k-tail">', TAIL))

    for piece in split(text[known:], places):
        column.take(renderer.feed(piece))
    column.take(renderer.flush())

    assert column.html == render(text)


@often
@given(st.text().filter(lambda text: "]:" not in text), cuts)
def test_it_streams_any_text_at_all(text: str, places: list[int]) -> None:
    assert streamed(split(text, places)).html == render(text)


def split(text: str, places: list[int]) -> list[str]:
    bounds = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:end] for start, end in pairwise(bounds)]
