"""The overlap of four answers of one second each, and the delay from the vendor's first token to ours."""

from __future__ import annotations

import time
from typing import Any

import orjson

from tests.bench.figures import Figure
from tests.fake_providers import Script, StandIn
from tests.support.live import Account, Live

VENDORS = ("openai", "anthropic", "google", "mistral")
SECONDS = 1.0
ROUNDS = 10


def measure(live: Live, vendors: StandIn) -> list[Figure]:
    account = live.register()
    rounds = [_round(account, vendors) for _ in range(ROUNDS + 1)][1:]
    return [
        Figure("four answers of 1 s, together", "s", [total for total, _ in rounds], 1.5),
        Figure("first token after its vendor's", "ms", [delay for _, delays in rounds for delay in delays], 150),
    ]


def _round(account: Account, vendors: StandIn) -> tuple[float, list[float]]:
    """Return the seconds from the request to ``done``, and each first token's delay in milliseconds."""
    vendors.reset()
    vendors.default = Script(text="All the words of an answer. " * 20, total=SECONDS)
    entries = [{"provider": vendor, "model": f"{vendor}-model"} for vendor in VENDORS]
    began = time.monotonic()
    firsts: dict[str, float] = {}
    with account.api.post(
        "/api/v1/compare/stream", json={"prompt": "Go", "providers": entries}, stream=True
    ) as response:
        for event in _events(response):
            if event.get("first_chunk"):
                firsts[event["provider"]] = time.monotonic()
    total = time.monotonic() - began
    sent = {vendor: vendors.wait_for_request(model=f"{vendor}-model").sent[0] for vendor in VENDORS}
    return total, [(firsts[vendor] - sent[vendor]) * 1000 for vendor in VENDORS]


def _events(response: Any) -> Any:
    for line in response.iter_lines(chunk_size=1):
        if line.startswith(b"data: "):
            yield orjson.loads(line[6:])
