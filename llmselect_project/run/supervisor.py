"""The supervisor of ``make run``: starts the processes in order, prints their lines, and ends them together."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime
from typing import Any

from honcho.colour import get_colours
from honcho.printer import Message, Printer

from llmselect_project.run import StartError
from llmselect_project.run.processes import Child, Command, end

PATIENCE = 7.0
"""Seconds in which the web process and the worker may end by themselves."""
REDIS_PATIENCE = 1.5
RESTART_DELAYS = (0.0, 0.5, 1.0, 2.0)
"""Seconds until a child is started again after its first crash in a minute, after its second one, and so on."""
CRASHES_COUNT_FOR = 60.0


class Supervisor:
    """Runs child processes until a signal comes (``run`` returns 0) or one of them fails for good (``run`` returns 1).

    A child that ends after the start-up is started again, if ``start`` said so, unless it crashes too often.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self._printer = Printer(width=max(map(len, names)))
        self._colours = dict(zip(names, get_colours(), strict=False))
        self._children: list[Child] = []
        self._jobs: list[Child] = []
        self._restarted: dict[str, Command] = {}
        self._crashes: dict[str, list[float]] = {}
        self._restarts: set[asyncio.Task[None]] = set()
        self._stop_requested = asyncio.Event()
        self._changed = asyncio.Event()

    async def start(self, command: Command, *, restart: bool = False) -> None:
        """Start a child that runs on. When it ends it is started again with ``restart``, or else LLMSelect ends."""
        if restart:
            self._restarted[command.name] = command
        child = await Child.start(command, self.say)
        child.ended.add_done_callback(lambda _: self._changed.set())
        self._children.append(child)

    async def finish(self, command: Command) -> None:
        """Run a command to its end; raises StartError if it fails."""
        job = await Child.start(command, self.say)
        self._jobs.append(job)
        await asyncio.wait([job.ended])
        await job.drain()
        if job.ended.result() != 0:
            raise StartError(f"The {job.name} step has ended {_exit_cause(job)}; see the lines above.")

    async def run(self, start_up: Coroutine[Any, Any, None]) -> int:
        """Run ``start_up``, watch the children, end them, and return the exit status."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self._request_stop)
        starting = asyncio.create_task(start_up)
        starting.add_done_callback(lambda _: self._changed.set())
        try:
            return await self._watch(starting)
        finally:
            for task in (starting, *self._restarts):
                task.cancel()
            await asyncio.wait([starting, *self._restarts])
            await self._end_all()

    def say(self, name: str, line: str) -> None:
        """Print a line with the child's name before it; a terminal that was closed does not end the supervisor."""
        message = Message(
            type="line", data=line, time=datetime.now().astimezone(), name=name, colour=self._colours.get(name)
        )
        with suppress(OSError):
            self._printer.write(message)

    def announce(self, sentence: str) -> None:
        """Print a line without a name, for the supervisor itself."""
        with suppress(OSError):
            print(sentence, flush=True)

    def _request_stop(self) -> None:
        self._stop_requested.set()
        self._changed.set()

    async def _watch(self, starting: asyncio.Task[None]) -> int:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._stop_requested.is_set():
                self.announce("Stopping …")
                return 0
            for ended in [child for child in self._children if child.ended.done()]:
                if not (starting.done() and self._restart(ended)):
                    cause = _exit_cause(ended)
                    self.announce(f"The {ended.name} process has ended {cause}. LLMSelect stops; see the lines above.")
                    return 1
            if starting.done():
                self._check(starting)

    def _restart(self, ended: Child) -> bool:
        """Start a child again, soon; return False if it is not to be, or if it has crashed too often."""
        now = time.monotonic()
        crashes = [at for at in self._crashes.get(ended.name, []) if now - at < CRASHES_COUNT_FOR]
        if ended.name not in self._restarted or len(crashes) >= len(RESTART_DELAYS):
            return False
        delay = RESTART_DELAYS[len(crashes)]
        self._crashes[ended.name] = [*crashes, now]
        self._children.remove(ended)
        self.announce(f"The {ended.name} process has ended {_exit_cause(ended)} and is started again.")
        task = asyncio.create_task(self._start_later(self._restarted[ended.name], delay))
        self._restarts.add(task)
        task.add_done_callback(self._restarts.discard)
        return True

    async def _start_later(self, command: Command, delay: float) -> None:
        await asyncio.sleep(delay)
        await self.start(command, restart=True)

    def _check(self, starting: asyncio.Task[None]) -> None:
        """Raise the error of the start-up, if there was one."""
        if (error := starting.exception()) is not None:
            raise error

    async def _end_all(self) -> None:
        """End the children, Redis last, so that the others can still write."""
        redis = [child for child in self._children if child.name == "redis"]
        await end([child for child in [*self._jobs, *self._children] if child not in redis], PATIENCE, self.say)
        await end(redis, REDIS_PATIENCE, self.say)


def _exit_cause(child: Child) -> str:
    status = child.ended.result()
    return f"by signal {signal.Signals(-status).name}" if status < 0 else f"with exit status {status}"
