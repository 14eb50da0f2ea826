"""A burst of starts beside streams that run already: what those feel of it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.bench.load.loads import Load
from tests.bench.load.report import faults
from tests.bench.load.targets import Provider, Target

CALM = Load("20 calm streams", 20, 10, 300, 50)
BURST = Load("200 starts in one second", 200, 200, 40, 50)
BEGUN = 5.0
"""Seconds after which all calm streams run."""


def measure(target: Target, provider: Provider) -> dict[str, Any]:
    """Return the results of the calm streams alone, of the same beside the burst, and of the burst."""
    alone = target.put(CALM, provider)
    with ThreadPoolExecutor(1) as client:
        beside = client.submit(target.put, CALM, provider)
        time.sleep(BEGUN)
        return {"alone": alone, "burst": target.put(BURST, provider), "beside": beside.result()}


def sentence(name: str, results: dict[str, Any]) -> str:
    alone, beside, burst = results["alone"], results["beside"], results["burst"]
    return (
        f"{name}: 200 starts in one second get their first tokens after {burst['first']['p50']:.0f} / "
        f"{burst['first']['p95']:.0f} ms; chunks of 20 streams beside them are {beside['delay']['p95']:.0f} ms late, "
        f"alone {alone['delay']['p95']:.0f} ms (95th percentile); {sum(map(faults, results.values()))} lost or failed."
    )
