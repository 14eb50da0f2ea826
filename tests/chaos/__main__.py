"""Run all scenarios on one installation and print one table."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from tests.chaos import (
    dropped_readers,
    early_start,
    fair_shares,
    killed_workers,
    one_hostile_user,
    outages,
    single_worker,
    slow_readers,
    soak,
    stalls,
    stops,
)
from tests.chaos.installation import Installation
from tests.chaos.rows import Row, table
from tests.fake_providers import StandIn
from tests.support.servers import Servers

Scenario = Callable[[Installation], Coroutine[Any, Any, list[Row]]]

SCENARIOS: dict[str, Scenario] = {
    "dropped_readers": dropped_readers.run,
    "killed_workers": killed_workers.run,
    "single_worker": single_worker.run,
    "outages": outages.run,
    "stalls": stalls.run,
    "early_start": early_start.run,
    "fair_shares": fair_shares.run,
    "slow_readers": slow_readers.run,
    "one_hostile_user": one_hostile_user.run,
    "stops": stops.run,
    "soak": soak.run,
}


def main() -> int:
    """Run the scenarios; return 0 if every row is clean."""
    seed = int(os.environ.get("CHAOS_SEED", random.randrange(10_000)))
    chosen = [name for name in os.environ.get("CHAOS_ONLY", "").split(",") if name] or list(SCENARIOS)
    print(f"CHAOS_SEED={seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="llmselect-chaos-") as folder, StandIn() as vendors:
        servers = Servers(Path(folder))
        os.environ.update(servers.start("postgresql"))
        installation = Installation(servers, vendors, seed)
        try:
            installation.start()
            rows = [row for name in chosen for row in _run(name, installation)]
        finally:
            installation.stop()
            servers.stop()
        print(table(rows))
        clean = all(row.is_clean for row in rows)
        if not clean:
            print(f"The processes' logs are kept in {_keep_logs(Path(folder))}")
    return 0 if clean else 1


def _run(name: str, installation: Installation) -> list[Row]:
    """Run a scenario and return its rows; if it raises, return one row that is not clean."""
    began = time.monotonic()
    print(f"{name} …", flush=True)
    installation.vendors.reset()
    try:
        rows = asyncio.run(SCENARIOS[name](installation))
    except Exception as error:
        traceback.print_exc()
        rows = [Row(name, tries=1, wrong=1, causes=[f"the scenario failed: {error!r}"])]
    print(table(rows), f"({time.monotonic() - began:.0f} s)\n", sep="\n", flush=True)
    return rows


def _keep_logs(folder: Path) -> Path:
    copies = Path(tempfile.mkdtemp(prefix="llmselect-chaos-logs-"))
    for log in folder.rglob("*.log"):
        shutil.copy(log, copies)
    return copies


if __name__ == "__main__":
    sys.exit(main())
