"""``python -m tests.chaos.attacker <file>``: attack until SIGTERM, then stop what was started and report.

The file has JSON: ``kinds``, ``bases``, ``token``, ``cookie``, the ``port`` of the endpoint, and the file of the
``report``: what was done, and the exceptions that ended an attack. "begun" is printed once all attacks have what they
need.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from tests.chaos.attacker.attacks import ATTACKS
from tests.chaos.attacker.user import ADDRESS, HostileUser
from tests.fake_providers import StandIn

NICENESS = 10
STOPPED_WITHIN = 10.0


def main() -> None:
    _leave_the_cpu_to_others()
    settings = json.loads(Path(sys.argv[1]).read_text())
    with StandIn(port=settings.pop("port")) as vendors:
        asyncio.run(_attack(settings.pop("kinds"), vendors, Path(settings.pop("report")), settings))


def _leave_the_cpu_to_others() -> None:
    """Take a lower priority: a real attacker has a computer of their own."""
    os.nice(NICENESS)
    # Linux gives each session a priority of its own.
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICENESS))


async def _attack(kinds: list[str], vendors: StandIn, report: Path, settings: dict[str, Any]) -> None:
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    waiting = set(kinds)

    def begun(kind: str) -> None:
        waiting.discard(kind)
        if not waiting:
            print("begun", flush=True)

    connector = aiohttp.TCPConnector(limit=0, local_addr=(ADDRESS, 0))
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60)) as session:
        user = HostileUser(vendors=vendors, session=session, **settings)
        attacks = [asyncio.create_task(ATTACKS[kind](user, partial(begun, kind))) for kind in kinds]
        ended = asyncio.create_task(ending.wait())
        await asyncio.wait([ended, *attacks], return_when=asyncio.FIRST_COMPLETED)
        for attack in attacks:
            attack.cancel()
        outcomes = await asyncio.gather(*attacks, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(STOPPED_WITHIN):
                await user.stop_all()
        faults = [repr(each) for each in outcomes if isinstance(each, Exception)]
        report.write_text(json.dumps({"counts": user.counts, "faults": faults}))


if __name__ == "__main__":
    main()
