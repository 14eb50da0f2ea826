"""A burst of starts beside streams that run already: what those feel of it."""

from __future__ import annotations

import threading
import time
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
    results = {"alone": target.put(CALM, provider)}
    calm = threading.Thread(target=lambda: results.update(beside=target.put(CALM, provider)))
    calm.start()
    time.sleep(BEGUN)
    results["burst"] = target.put(BURST, provider)
    calm.join()
    return results


def sentence(name: str, results: dict[str, Any]) -> str:
    alone, beside, burst = results["alone"], results["beside"], results["burst"]
    return (
        f"{name}: 200 starts in one second get their first tokens after {burst['first']['p50']:.0f} / "
        f"{burst['first']['p95']:.0f} ms; chunks of 20 streams beside them are {beside['delay']['p95']:.0f} ms late, "
        f"alone {alone['delay']['p95']:.0f} ms (95th percentile); {sum(map(faults, results.values()))} lost or failed."
    )
