"""Child processes that end with this one: first by a signal, then by force."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1  # From <linux/prctl.h>.
LINE_LIMIT = 2**20
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

Say = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Command:
    """A program to run. ``environment`` is added to that of this process; output lines with a phrase of ``hidden`` are
    not shown."""

    name: str
    arguments: tuple[str, ...]
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()


class Child:
    """A running process that leads its own session; calls ``say(name, line)`` for each line of output."""

    def __init__(self, command: Command, process: asyncio.subprocess.Process, say: Say) -> None:
        self.name = command.name
        self.process = process
        self._hidden = command.hidden
        self.ended = asyncio.create_task(process.wait())
        self._lines = asyncio.create_task(self._relay(say))

    @classmethod
    async def start(cls, command: Command, say: Say) -> Child:
        process = await asyncio.create_subprocess_exec(
            *command.arguments,
            cwd=command.directory,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **command.environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LINE_LIMIT,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        return cls(command, process, say)

    def signal(self, number: signal.Signals) -> None:
        """Signal the process and all processes that it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)

    async def drain(self) -> None:
        """Wait up to a second for the last lines of output."""
        await asyncio.wait([self._lines], timeout=1)
        self._lines.cancel()

    async def _relay(self, say: Say) -> None:
        assert self.process.stdout is not None
        while True:
            try:
                line = await self.process.stdout.readline()
            except ValueError:
                say(self.name, f"(a line of more than {LINE_LIMIT} bytes was left out)")
                continue
            if not line:
                return
            text = line.decode("utf-8", "replace").rstrip()
            if not any(phrase in text for phrase in self._hidden):
                say(self.name, text)


async def end(children: Iterable[Child], patience: float, say: Say) -> None:
    """End the children with SIGTERM; after at most ``patience`` seconds kill them and all that they left behind."""
    running = {child.ended: child for child in children}
    for child in running.values():
        child.signal(signal.SIGTERM)
    late = (await asyncio.wait(running, timeout=patience))[1] if running else set()
    for task in late:
        say(running[task].name, f"has not ended within {patience:.0f} s and is killed.")
    for child in running.values():
        child.signal(signal.SIGKILL)
    for task, child in running.items():
        await task
        await child.drain()


def die_with_parent() -> None:
    """Make Linux kill this process when its parent ends; call it in a new child."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
