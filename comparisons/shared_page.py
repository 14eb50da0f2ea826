"""The pages of a comparison that are open in this process: each frame is rendered once, for all of them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from functools import partial

from comparisons.live_page import ComparisonPage
from comparisons.models import Comparison
from core.async_db import in_share, in_thread
from core.errors import UNAVAILABLE_ERRORS
from core.scoped_values import once_a_loop
from generations.log.events import Ended, Event
from generations.log.replay import follow_events
from generations.models import Run
from generations.output.batches import batches
from generations.output.live_page import PAGE_SHARES
from generations.selectors import RunState

MOST_WAITING = 8_000_000
"""Characters of frames that may wait for a slow page; beyond that it has to begin anew."""


class _Outbox:
    """The frames that wait for one page, and the error that ends them."""

    def __init__(self) -> None:
        self._frames: deque[str] = deque()
        self._size = 0
        self._error: Exception | None = None
        self._changed = asyncio.Event()

    def put(self, frame: str) -> None:
        if self._frames and self._size + len(frame) > MOST_WAITING:
            self.fail(TimeoutError("the page reads too slowly"))
            return
        self._frames.append(frame)
        self._size += len(frame)
        self._changed.set()

    def clear(self) -> None:
        """Drop the frames that wait."""
        self._frames.clear()
        self._size = 0

    def fail(self, error: Exception) -> None:
        """Raise this to the reader instead of another frame."""
        self._error = error
        self._changed.set()

    async def next(self) -> str:
        """Return the next frame; raises what the outbox has failed with."""
        while True:
            if self._error is not None:
                raise self._error
            if self._frames:
                frame = self._frames.popleft()
                self._size -= len(frame)
                return frame
            self._changed.clear()
            await self._changed.wait()


class SharedPage:
    """One comparison's page in all tabs that show it; follows the topic from the first tab to the last."""

    def __init__(self, comparison: Comparison) -> None:
        self._topic = comparison.topic
        self._page = ComparisonPage(comparison)
        self._share = PAGE_SHARES.of(comparison.user_id)
        self._rendering = asyncio.Lock()
        self._outboxes: set[_Outbox] = set()
        self._follower: asyncio.Task[None] | None = None

    @property
    def ended(self) -> bool:
        """True if nothing more comes from this page: it has failed, or nobody shows it any more."""
        return not self._outboxes or (self._follower is not None and self._follower.done())

    async def frames(self, shown: str) -> AsyncGenerator[str, None]:
        """Yield the fragments for one tab, whose ``page_mark`` is ``shown``; see ``page_frames``."""
        outbox = _Outbox()
        self._outboxes.add(outbox)
        try:
            async with self._rendering:
                changed = await self._join(shown)
                # What was rendered while the tab waited for its turn is a part of that.
                outbox.clear()
            if changed:
                yield changed
            while True:
                yield await outbox.next()
        finally:
            self._outboxes.discard(outbox)
            if not self._outboxes and self._follower is not None:
                self._follower.cancel()

    async def _join(self, shown: str) -> str:
        if self._follower is not None:
            return await in_share(self._share, self._page.join, shown, alone=False)
        states, known, changed = await in_share(self._share, self._open, shown)
        self._follower = asyncio.create_task(self._follow(states, known))
        return changed

    def _open(self, shown: str) -> tuple[list[RunState], int, str]:
        states, known = self._page.open()
        return states, known, self._page.join(shown, alone=True)

    async def _follow(self, states: Sequence[RunState], known: int) -> None:
        events = follow_events(self._topic, states=states, known=known)
        try:
            async with aclosing(events), aclosing(batches(events)) as lists:
                async for batch in lists:
                    for part in _parts(batch):
                        await self._send(partial(self._page.render, part))
                    if self._page.owes_times:
                        await self._send(self._page.render_times)
        except Exception as error:
            for outbox in self._outboxes:
                outbox.fail(error)

    async def _send(self, render: Callable[[], str]) -> None:
        async with self._rendering:
            if frame := await in_share(self._share, render):
                for outbox in self._outboxes:
                    outbox.put(frame)


def _parts(batch: Sequence[Event]) -> Iterator[Sequence[Event]]:
    """Split a batch after each ended answer, because a browser takes long to swap in a complete column."""
    begin = 0
    for end, event in enumerate(batch, start=1):
        if isinstance(event, Ended) or end == len(batch):
            yield batch[begin:end]
            begin = end


@once_a_loop
def _open_pages() -> dict[str, SharedPage]:
    """Return the pages that are open on this loop, by topic."""
    return {}


async def page_frames(comparison: Comparison, shown: str) -> AsyncGenerator[str, None]:
    """Yield the fragments that keep an open page in step, without end; ``shown`` is the page's ``page_mark``.

    Raises Run.DoesNotExist once the comparison was deleted, TimeoutError if the page reads too slowly, and one of
    ``UNAVAILABLE_ERRORS``.
    """
    pages, topic = _open_pages(), comparison.topic
    page = pages.get(topic)
    if page is None or page.ended:
        page = pages[topic] = SharedPage(comparison)
    try:
        async with aclosing(page.frames(shown)) as frames:
            async for frame in frames:
                yield frame
    except UNAVAILABLE_ERRORS:
        raise
    except Exception as error:
        # Rendering fails in many ways if the comparison is deleted under it.
        if not await in_thread(Comparison.objects.filter(pk=comparison.pk).exists):
            raise Run.DoesNotExist from error
        raise
    finally:
        if page.ended and pages.get(topic) is page:
            del pages[topic]
