"""Streams that are stopped at random moments: the time until the connection to the vendor is closed."""

from __future__ import annotations

import asyncio
import time

import aiohttp

from tests.chaos.installation import Installation, numbered_text, until
from tests.chaos.rows import Row, p95
from tests.fake_providers import Script

STREAMS, AT_ONCE = 100, 10
LATEST = 2.0
"""Seconds after the start by which a stream is stopped."""
SOON = 0.2
"""Seconds from the request to the closed connection, for 95 of 100."""


async def run(installation: Installation) -> list[Row]:
    row = Row("stopped at any moment, also before the first token")
    delays: list[float] = []
    async with installation.session() as session:
        for _ in range(STREAMS // AT_ONCE):
            results = await asyncio.gather(*(_stream(installation, session, row) for _ in range(AT_ONCE)))
            delays += [delay for delay in results if delay is not None]
    row.tries = STREAMS
    row.expect(p95(delays) <= SOON, f"p95 is {p95(delays) * 1000:.0f} ms")
    row.notes.append(f"closed p95 {p95(delays) * 1000:.0f} ms, worst {max(delays, default=0) * 1000:.0f} ms")
    row.notes.append(f"{STREAMS - len(delays)} never requested")
    return [row]


async def _stream(installation: Installation, session: aiohttp.ClientSession, row: Row) -> float | None:
    """Return the seconds from the request to the closed connection; None if the vendor received no request."""
    rng, model = installation.rng, installation.unique_model("stopped")
    text = numbered_text(model, 500)
    first_delay = rng.choice([0.0, 0.5, 30.0])
    installation.vendors.scripts[model] = Script(text=text, chunk_size=16, delay=0.02, first_delay=first_delay)
    await asyncio.sleep(rng.uniform(0, 0.2))
    started = await installation.start_comparison(session, [model])
    await asyncio.sleep(rng.uniform(0, LATEST))
    began = time.monotonic()
    url = f"{rng.choice(installation.bases)}/api/v1/results/{started.results[0]}/cancel"
    async with session.post(url) as response:
        row.expect(response.status == 200, f"{model}: the stop got {response.status}")
    [slot] = await installation.wait_for_end(session, started, within=10)
    row.expect(slot["status"] == "stopped", f"{model}: {slot['status']}")
    if not text.startswith(slot["response"]):
        row.add_error(f"{model}: saved text that the model did not send", lost=1)
    requests = installation.requests(model)
    row.expect(len(requests) <= 1, f"{model} received {len(requests)} requests")
    if not requests:
        return None
    row.expect(await until(lambda: not requests[0].is_open, 5), f"{model}: the connection stays open")
    return max(0.0, (requests[0].hung_up or time.monotonic()) - began)
