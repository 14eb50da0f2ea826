"""The targets of a load: LLMSelect as `make run` starts it, the stand-in itself, or another gateway."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import requests

from llmselect_project.run.processes import die_with_parent
from tests.bench.load import process_usage
from tests.bench.load.loads import Load
from tests.support import children, wait
from tests.support.live import PASSWORD, ROOT, free_port

ACCOUNTS = 10
ROLES = {"redis": "valkey-server", "web": "web_server", "worker": "celery"}
TOKENS_LAST = 600.0
"""Seconds after which users sign in again; their tokens expire after half an hour."""
SETTLING = 1.0
"""Seconds after a load in which ends are saved and connections closed, which the load is charged for as well."""


class Server:
    """A server of this package in a process of its own."""

    def __init__(self, module: str, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"tests.bench.load.{module}", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            preexec_fn=die_with_parent,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().decode().strip()

    def stop(self) -> None:
        children.end(self.process)


class Provider(Server):
    """The stand-in provider."""

    def __init__(self) -> None:
        super().__init__("provider")

    def figures(self) -> dict[str, Any]:
        """Return how late it has sent since the last time, in milliseconds."""
        figures: dict[str, Any] = requests.get(f"{self.url}/figures", timeout=30).json()
        return figures


class Target:
    """Something that serves streams: its name, address and processes by role."""

    door: str | None = None
    """The door of all loads; None stands for the door of each load."""

    def __init__(self, name: str, base_url: str, tokens: Sequence[str], processes: Mapping[str, int]) -> None:
        self.name = name
        self.base_url = base_url
        self.tokens = tokens
        self.processes = processes

    def put(self, load: Load, provider: Provider) -> dict[str, Any]:
        """Put a load on, and return what the client saw, and what the processes used."""
        provider.figures()
        door = self.door or load.door
        job = {"load": {**load.as_json(), "door": door}, "base_url": self.base_url, "tokens": self.tokens}
        before = self._by_role(process_usage.cpu)
        memory = _Memory(self.memory)
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.load.client"], input=orjson.dumps(job), cwd=ROOT, stdout=subprocess.PIPE
        )
        most = memory.stop()
        time.sleep(SETTLING)
        after = self._by_role(process_usage.cpu)
        done.check_returncode()
        return {
            **orjson.loads(done.stdout),
            "cpu": {role: after[role] - before[role] for role in before},
            "memory": most,
            "provider": provider.figures(),
        }

    def cpu(self) -> float:
        """Return the milliseconds of CPU that all processes have used so far."""
        return sum(self._by_role(process_usage.cpu).values())

    def memory(self) -> dict[str, float]:
        """Return the memory of the processes by role, in MB."""
        return self._by_role(process_usage.memory)

    def stop(self) -> None:
        """End what was started for this target."""

    def _by_role(self, measure: Callable[[int], float]) -> dict[str, float]:
        return {role: measure(pid) for role, pid in self.processes.items()}


class _Memory:
    """The most memory that processes have at one time, looked at each second."""

    def __init__(self, measure: Callable[[], dict[str, float]]) -> None:
        self._measure = measure
        self._most = measure()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> dict[str, float]:
        self._ended.set()
        self._thread.join()
        return self._most

    def _watch(self) -> None:
        while not self._ended.wait(1.0):
            self._most = {role: max(self._most[role], now) for role, now in self._measure().items()}


class LLMSelect(Target):
    """All processes of `make run`, on SQLite or, with a ``database_url``, on PostgreSQL."""

    def __init__(
        self,
        folder: Path,
        name: str,
        provider: Provider,
        *,
        database_url: str = "",
        database: int = 0,
        more: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir()
        port = free_port()
        clean = {name: value for name, value in os.environ.items() if name in {"HOME", "PATH", "LANG"}}
        self.log = folder / "run.log"
        self._process = children.start(
            [sys.executable, "-m", "llmselect_project.run"],
            log=self.log,
            directory=ROOT,
            environment={
                **clean,
                "PORT": str(port),
                "VAR_DIR": str(folder / "var"),
                "OPENROUTER_BASE_URL": f"{provider.url}/v1",
                "OPENROUTER_API_KEY": "stand-in-key",
                "SERVER_KEYS": "everyone",
                "RUNNING_PER_USER": "1000",
                "REQUESTS_PER_MINUTE": "1000000",
                "REDIS_MEMORY_MB": "4096",
                "REFRESH_MODEL_LISTS": "false",
                **({"DATABASE_URL": database_url} if database_url else {}),
                **(more or {}),
            },
        )
        base_url = f"http://127.0.0.1:{port}"
        wait.until(lambda: "is ready at" in self.log.read_text(), f"{name} does not start", seconds=120)
        wait.until(lambda: requests.get(f"{base_url}/health/ready", timeout=5).ok, f"{name} is not ready")
        processes = _roles(self._process.pid) | {"supervisor": self._process.pid}
        super().__init__(
            name, base_url, [_token(base_url, number, "register") for number in range(ACCOUNTS)], processes
        )
        self._signed_in_at = time.monotonic()
        if database:
            self.processes = {**self.processes, "postgresql": database}

    def put(self, load: Load, provider: Provider) -> dict[str, Any]:
        if time.monotonic() - self._signed_in_at > TOKENS_LAST:
            self.tokens = [_token(self.base_url, number, "login") for number in range(ACCOUNTS)]
            self._signed_in_at = time.monotonic()
        return super().put(load, provider)

    def _by_role(self, measure: Callable[[int], float]) -> dict[str, float]:
        """Count the supervisor without the processes that it has started."""
        counted = super()._by_role(measure)
        counted["supervisor"] -= sum(counted[role] for role in ROLES)
        return counted

    def stop(self) -> None:
        children.end(self._process, timeout=20)


class Direct(Target):
    """The stand-in provider without anything between."""

    door = "completions"

    def __init__(self, provider: Provider) -> None:
        super().__init__("direct", provider.url, ["none"], {"provider": provider.process.pid})


class Relay(Target):
    """The least that can stand between a provider and a client."""

    door = "completions"

    def __init__(self, provider: Provider) -> None:
        self._server = Server("relay", provider.url)
        super().__init__("relay", self._server.url, ["none"], {"relay": self._server.process.pid})

    def stop(self) -> None:
        self._server.stop()


def _roles(supervisor: int) -> dict[str, int]:
    lines = {pid: process_usage.command_line(pid) for pid in process_usage.children(supervisor)}
    return {role: next(pid for pid, line in lines.items() if word in line) for role, word in ROLES.items()}


def _token(base_url: str, number: int, way: str) -> str:
    """Register a user, or sign one in, and return an access token."""
    details = {"username": f"user-{number}", "password": PASSWORD}
    email = {"email": f"user-{number}@example.org"} if way == "register" else {}
    response = requests.post(f"{base_url}/api/v1/auth/{way}", json=details | email, timeout=30)
    response.raise_for_status()
    return str(response.json()["access"])
