"""Short forms of the most important scenarios of `make chaos`."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos import dropped_readers, outages, soak, stalls
from tests.chaos.installation import Installation
from tests.chaos.rows import Row, table
from tests.fake_providers import StandIn
from tests.support.servers import Servers


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """Two web processes and two workers, with a PostgreSQL and a Redis of their own that tests may stop."""
    with tempfile.TemporaryDirectory(prefix="llmselect-chaos-") as folder, StandIn() as vendors:
        servers = Servers(Path(folder))
        servers.start("postgresql")
        running = Installation(servers, vendors, seed=1)
        try:
            running.start()
            yield running
        finally:
            running.stop()
            servers.stop()


def assert_clean(rows: list[Row]) -> None:
    assert all(row.is_clean for row in rows), table(rows)


def test_readers_that_are_dropped_repeatedly_receive_everything(installation: Installation) -> None:
    assert_clean(asyncio.run(dropped_readers.run(installation, comparisons=5, seconds=3)))


def test_streams_and_readers_survive_outages_of_redis_and_postgresql(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outages, "LENGTHS", (6.0, 3.0))
    monkeypatch.setattr(outages, "QUIET", 5.0)
    monkeypatch.setattr(outages, "BEFORE", 1.0)
    monkeypatch.setattr(outages, "OUTAGE_SECONDS", 3.5)

    assert_clean(asyncio.run(outages.both_outages(installation)))


def test_answers_outlast_stopped_workers_a_locked_table_and_a_starved_cpu(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stalls, "COMPARISONS", 3)
    monkeypatch.setattr(stalls, "LENGTHS", (1.0, 3.0, 6.0))
    monkeypatch.setattr(stalls, "STOPPED_SECONDS", 4.0)
    monkeypatch.setattr(stalls, "LOCKED_SECONDS", 5.0)
    monkeypatch.setattr(stalls, "STARVED_SECONDS", 6.0)

    assert_clean(asyncio.run(stalls.run(installation)))


def test_a_steady_load_leaves_nothing_behind(installation: Installation) -> None:
    assert_clean(asyncio.run(soak.run(installation, minutes=0.08)))
