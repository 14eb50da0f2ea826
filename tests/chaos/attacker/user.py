"""The hostile user: a client that asks, imports and reads, and counts what it is answered."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from tests.fake_providers import Script, StandIn

ADDRESS = "127.0.0.66"
"""The address from which the hostile user comes. It is not that of a proxy."""
PROVIDER = "groq"
PAUSE = 0.3
FAILURES = (aiohttp.ClientError, OSError, TimeoutError, asyncio.IncompleteReadError)


@dataclass(slots=True)
class HostileUser:
    """One signed-in user; ``counts`` has what was done, by its name and the status of the response."""

    bases: list[str]
    token: str
    cookie: str
    vendors: StandIn
    session: aiohttp.ClientSession
    counts: Counter[str] = field(default_factory=Counter)
    rng: random.Random = field(default_factory=lambda: random.Random(12))
    comparisons: list[str] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    def model(self, script: Script) -> str:
        """Return the name of a new model that answers by this script."""
        name = f"hostile-{next(self._numbers)}"
        self.vendors.scripts[name] = script
        return name

    async def ask(self, models: Iterable[str], **more: Any) -> str:
        """Start a comparison of these models; return its id, ``""`` if it is refused."""
        providers = [{"provider": PROVIDER, "model": model} for model in models]
        body = {"prompt": "Go", "providers": providers, **more}
        started = await self.post("start", "/api/v1/comparisons", orjson.dumps(body))
        if "comparison_id" not in started:
            return ""
        self.comparisons.append(started["comparison_id"])
        return str(started["comparison_id"])

    async def post(self, name: str, path: str, body: bytes = b"{}") -> dict[str, Any]:
        """Send a request of the API; return the body of its response, ``{}`` if there is none."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            async with self.session.post(self.base() + path, data=body, headers=headers) as response:
                self.counts[f"{name} {response.status}"] += 1
                received = await response.read()
                return dict(orjson.loads(received)) if received else {}
        except (*FAILURES, orjson.JSONDecodeError):
            self.counts[f"{name} broken"] += 1
            return {}
        except asyncio.CancelledError:
            self.counts[f"{name} unanswered"] += 1
            raise

    async def read(self, path: str) -> None:
        """Read a page or a response of the API, and throw it away."""
        headers = {"Authorization": f"Bearer {self.token}"} if path.startswith("/api/") else {"Cookie": self.cookie}
        try:
            async with self.session.get(self.base() + path, headers=headers) as response:
                self.counts[f"read {response.status}"] += 1
                while await response.content.readany():
                    pass
        except FAILURES:
            self.counts["read broken"] += 1

    async def show(self, comparison_id: str) -> None:
        """Have the page of a comparison open: its socket, until it is closed."""
        base = self.base()
        url = f"{base}/ws/comparisons/{comparison_id}/html/"
        with suppress(*FAILURES):
            async with self.session.ws_connect(
                url, headers={"Cookie": self.cookie, "Origin": base}, max_msg_size=0
            ) as page:
                self.counts["page shown"] += 1
                while (await page.receive()).type is aiohttp.WSMsgType.TEXT:
                    pass

    async def stop_all(self) -> None:
        """Stop all answers that were started."""
        paths = [f"/api/v1/comparisons/{each}/cancel" for each in self.comparisons]
        await asyncio.gather(*(self.post("stop", path) for path in paths))

    @asynccontextmanager
    async def connection(self, base: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Open a bare connection that reads no more than it is asked to."""
        url = urlsplit(base)
        reader, writer = await asyncio.open_connection(url.hostname, url.port, limit=4096, local_addr=(ADDRESS, 0))
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    def base(self) -> str:
        return self.rng.choice(self.bases)


async def repeat(action: Callable[[], Awaitable[object]], *, at_once: int = 1, pause: float = PAUSE) -> None:
    """Repeat something until this is cancelled."""

    async def again() -> None:
        while True:
            await action()
            await asyncio.sleep(pause)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(again())
