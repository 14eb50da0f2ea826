"""All loads on all targets, group by group, so that what a machine does meanwhile meets all of them alike."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import orjson

from tests.bench.load import burst, litellm, loads
from tests.bench.load.loads import Load
from tests.bench.load.report import HEAD, chart, cpu_of_chunks, cpu_of_start, faults, medians, row
from tests.bench.load.targets import Direct, LLMSelect, Provider, Relay, Target
from tests.support.live import ROOT
from tests.support.postgresql import PostgreSQL
from tests.support.text_columns import in_columns

OURS = ("SQLite", "PostgreSQL")
GATEWAYS = (*OURS, "LiteLLM")
FOLDER = ROOT / "var" / "bench"
IN_TIME = 250.0
"""Milliseconds within which first tokens have to come for a rate to count as sustained (95th percentile)."""


def run(*, peers: bool) -> int:
    """Put all loads on LLMSelect and, with ``peers``, on LiteLLM; print and write the results.

    Return 1 if any chunk was lost, doubled or out of order, or any answer not completed by LLMSelect.
    """
    results: dict[str, dict[str, Any]] = {}
    with _targets(peers) as (provider, targets):
        idle = {target.name: target.memory() for target in targets}
        for target in targets:
            target.put(loads.ONE, provider)
        print("  ".join(HEAD), flush=True)
        for group in loads.GROUPS:
            measured = _measure(group, targets, provider)
            results |= measured
            for load, by_target in measured.items():
                for name, result in by_target.items():
                    print("  ".join(row(load, name, result)), *result["errors"], flush=True)
        sustained = {target.name: _sustained(target, provider) for target in targets if target.name in GATEWAYS}
        bursts = {target.name: burst.measure(target, provider) for target in targets if target.name in OURS}
    _write(results, idle, sustained, bursts)
    ours = [result for by in results.values() for name, result in by.items() if name in OURS]
    ours += [result for by in bursts.values() for result in by.values()]
    return int(any(map(faults, ours)))


def _measure(group: Sequence[Load], targets: Sequence[Target], provider: Provider) -> dict[str, dict[str, Any]]:
    """Put the loads on each target in turn, round by round, and return the medians by load and target."""
    measured: dict[str, dict[str, list[dict[str, Any]]]] = {load.name: defaultdict(list) for load in group}
    for number in range(max(load.rounds for load in group)):
        for load in (each for each in group if number < each.rounds):
            takers = [each for each in targets if each.door is None or load in loads.SINGLE_COLUMN]
            for target in takers if number % 2 == 0 else takers[::-1]:
                measured[load.name][target.name].append({**target.put(load, provider), "starts": load.starts})
    return {
        load: {name: medians(results) for name, results in by_target.items()} for load, by_target in measured.items()
    }


@contextmanager
def _targets(peers: bool) -> Iterator[tuple[Provider, Sequence[Target]]]:
    with tempfile.TemporaryDirectory(prefix="llmselect-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o711)
        provider = Provider()
        stack.callback(provider.stop)
        postgresql = PostgreSQL(folder / "postgresql")
        stack.callback(postgresql.stop)
        url = postgresql.create_database("bench")
        targets: list[Target] = [
            LLMSelect(folder / "sqlite", "SQLite", provider),
            LLMSelect(folder / "postgres", "PostgreSQL", provider, database_url=url, database=postgresql.pid),
            Direct(provider),
            Relay(provider),
        ]
        if peers:
            environment = FOLDER / "litellm"
            litellm.install(environment)
            targets.append(litellm.LiteLLM(folder / "litellm", environment, provider))
        for target in targets:
            stack.callback(target.stop)
        yield provider, targets


def _sustained(target: Target, provider: Provider) -> float:
    """Return the most starts a second, of those that are tried, at which first tokens come in time."""
    sustained = 0.0
    for rate in loads.SUSTAINED:
        load = Load(f"{rate} starts a second, sustained", 6 * rate, rate, 40, 25)
        result = target.put(load, provider)
        if faults(result) or result["first"]["p95"] > IN_TIME:
            break
        sustained = rate
    return sustained


def _write(
    results: dict[str, dict[str, Any]],
    idle: dict[str, Any],
    sustained: dict[str, float],
    bursts: dict[str, dict[str, Any]],
) -> None:
    rows = [HEAD, *(row(load, name, each) for load, by in results.items() for name, each in by.items())]
    print("", *in_columns(rows), "", sep="\n")
    for name, rate in sustained.items():
        print(f"{name} sustains {rate:g} starts a second (first token within {IN_TIME:g} ms, 95th percentile).")
    for name, by_part in bursts.items():
        print(burst.sentence(name, by_part))
    for name, memory in idle.items():
        print(f"{name} idle: {sum(memory.values()):.0f} MB ({', '.join(f'{k} {v:.0f}' for k, v in memory.items())})")
    if "LiteLLM" in sustained:
        print("", *in_columns(_ratios(results)), "", sep="\n")
    FOLDER.mkdir(parents=True, exist_ok=True)
    summary = {"results": results, "idle": idle, "sustained": sustained, "bursts": bursts}
    (FOLDER / "load.json").write_bytes(orjson.dumps(summary, option=orjson.OPT_INDENT_2))
    (FOLDER / "load.svg").write_text(chart(results))
    print(f"Written: {FOLDER / 'load.json'} and load.svg")


def _ratios(results: dict[str, dict[str, Any]]) -> list[tuple[str, ...]]:
    """Return a table of LLMSelect's figures divided by LiteLLM's in the same round."""
    rows: list[tuple[str, ...]] = [RATIOS]
    for load, by_target in results.items():
        if "LiteLLM" not in by_target:
            continue
        for name in OURS:
            ours, peer = by_target[name], by_target["LiteLLM"]
            pairs = [(ours[key][share], peer[key][share]) for key, share in FIGURES]
            pairs += [(cpu_of_start(ours), cpu_of_start(peer)), (cpu_of_chunks(ours), cpu_of_chunks(peer))]
            rows.append((load, name, *(f"{mine / theirs:.2f}" if theirs else "–" for mine, theirs in pairs)))
    return rows


RATIOS = ("ratio to LiteLLM", "target", "first p50", "first p95", "delay p95", "CPU a start", "CPU a 1000 chunks")
FIGURES = (("first", "p50"), ("first", "p95"), ("delay", "p95"))
