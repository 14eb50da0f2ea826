"""A comparison's page in several tabs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from django.db import OperationalError

from comparisons import shared_page
from comparisons.live_page import ComparisonPage
from comparisons.models import Comparison
from comparisons.page_model import page_mark
from comparisons.selectors import turn_states
from comparisons.services import StartedTurn, delete_comparison
from comparisons.shared_page import page_frames
from core.async_db import in_thread
from generations.models import Generation, Run
from tests.comparisons.without_worker import end
from tests.support.log_entries import append_entry

pytestmark = pytest.mark.usefixtures("on_loop")


class Tab:
    """A tab, with the frames that it has received."""

    def __init__(self, started: StartedTurn, shown: str) -> None:
        self._frames = page_frames(started.comparison, shown)
        self.received: list[str] = []

    async def next(self) -> str:
        async with asyncio.timeout(20):
            self.received.append(await anext(self._frames))
        return self.received[-1]

    async def until(self, words: str) -> str:
        """Receive frames until one has these words, and return that one."""
        while words not in (frame := await self.next()):
            pass
        return frame

    async def close(self) -> None:
        await self._frames.aclose()


class Comparing:
    """A comparison, its tabs, and a worker's part."""

    def __init__(self, started: StartedTurn) -> None:
        self.started = started
        self.tabs: list[Tab] = []
        self._written = ""

    async def open(self) -> Tab:
        shown = page_mark(await in_thread(turn_states, self.started.comparison))
        self.tabs.append(Tab(self.started, shown))
        return self.tabs[-1]

    async def open_two(self) -> tuple[Tab, Tab]:
        """Open two tabs, and wait until both show the first word."""
        one, other = await self.open(), await self.open()
        self.write("alpha ")
        await asyncio.gather(one.until("alpha"), other.until("alpha"))
        return one, other

    def write(self, text: str) -> None:
        run, offset = self.started.state.run.pk, len(self._written)
        self._written += text
        append_entry(
            self.started.comparison.topic,
            {"run": run, "index": 0, "kind": "text", "text": text, "offset": offset, "t": 0.1},
        )

    async def end_all(self) -> None:
        for generation in self.started.state.generations:
            await in_thread(end, generation, self._written)


@pytest.fixture
async def comparing(started: StartedTurn, on_loop: None) -> AsyncIterator[Comparing]:
    comparing = Comparing(started)
    yield comparing
    for tab in comparing.tabs:
        await tab.close()


async def test_what_happens_is_rendered_once_for_all_tabs(
    comparing: Comparing, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await comparing.open_two()
    rendered: list[str] = []
    render = ComparisonPage.render

    def noted(*arguments: object) -> str:
        rendered.append(render(*arguments))  # type: ignore[arg-type]
        return rendered[-1]

    monkeypatch.setattr(ComparisonPage, "render", noted)
    one.received.clear()
    other.received.clear()

    comparing.write("beta ")
    await asyncio.gather(one.until("beta"), other.until("beta"))
    await comparing.end_all()
    await asyncio.gather(one.until("Which answer is best?"), other.until("Which answer is best?"))

    assert one.received == other.received
    assert [frame for frame in one.received if frame in rendered] == [frame for frame in rendered if frame]


async def test_a_tab_that_comes_later_receives_what_it_lacks_and_then_the_same(comparing: Comparing) -> None:
    one = await comparing.open()
    comparing.write("alpha ")
    await one.until("alpha")
    comparing.write("beta ")
    await one.until("beta")

    late = await comparing.open()
    whole = await late.until("beta")
    comparing.write("gamma ")
    pieces = [await one.until("gamma"), await late.until("gamma")]

    assert "alpha" in whole
    assert "Writing" in whole
    assert pieces[0] == pieces[1]
    assert "alpha" not in pieces[0]


async def test_a_tab_that_comes_after_an_end_keeps_the_whole_answer(comparing: Comparing) -> None:
    one = await comparing.open()
    comparing.write("alpha ")
    await one.until("alpha")
    generation = await in_thread(Generation.objects.get, index=0)
    await in_thread(Generation.objects.filter(pk=generation.pk).update, status="completed", text="alpha and omega")

    late = await comparing.open()
    comparing.write("beta ")
    await late.until("beta")

    assert not any("alpha" in frame for frame in late.received)


async def test_a_tab_that_reads_too_slowly_begins_anew_and_disturbs_nobody(
    comparing: Comparing, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, slow = await comparing.open_two()
    monkeypatch.setattr(shared_page, "MOST_WAITING", 10)

    for word in ("beta", "gamma"):
        comparing.write(f"{word} ")
        await one.until(word)
    with pytest.raises(TimeoutError, match="too slowly"):
        await slow.until("nothing")
    again = await comparing.open()

    assert "alpha beta gamma" in await again.next()


async def test_the_last_tab_ends_it(comparing: Comparing) -> None:
    one, other = await comparing.open_two()
    (page,) = shared_page._open_pages().values()

    await one.close()
    comparing.write("beta ")
    await other.until("beta")
    await other.close()

    assert page.ended
    assert shared_page._open_pages() == {}
    again = await comparing.open()
    await again.until("beta")
    assert "alpha" in "".join(again.received)


async def test_all_tabs_end_with_their_comparison(comparing: Comparing) -> None:
    one, other = await comparing.open_two()
    await comparing.end_all()

    # An instance of its own, as another request has it.
    comparison = await in_thread(Comparison.objects.get)
    await in_thread(delete_comparison, comparison=comparison)

    for tab in (one, other):
        with pytest.raises(Run.DoesNotExist):
            await tab.until("nothing")


async def test_a_deletion_during_a_rendering_ends_all_tabs(
    comparing: Comparing, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await comparing.open_two()

    def delete(*_arguments: object) -> str:
        Comparison.objects.all().delete()
        raise IndexError("there is no turn")

    monkeypatch.setattr(ComparisonPage, "render", delete)
    comparing.write("beta ")

    for tab in (one, other):
        with pytest.raises(Run.DoesNotExist):
            await tab.until("beta")


async def test_all_tabs_hear_of_an_error_and_the_next_one_begins_anew(
    comparing: Comparing, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await comparing.open_two()

    def fail(*_arguments: object) -> str:
        raise OperationalError("the database is gone")

    monkeypatch.setattr(ComparisonPage, "render", fail)
    comparing.write("beta ")
    for tab in (one, other):
        with pytest.raises(OperationalError):
            await tab.until("beta")
    monkeypatch.undo()
    again = await comparing.open()
    await again.until("beta")

    assert "alpha" in "".join(again.received)
