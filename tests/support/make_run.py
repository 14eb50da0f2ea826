"""LLMSelect as ``make run`` starts it: one command that starts Redis, a web process and a worker."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import psutil

from tests.support import children, wait
from tests.support.live import ROOT, free_port

RUN = (sys.executable, "-m", "llmselect_project.run")
NONE: Mapping[str, str] = MappingProxyType({})
OF_THE_TESTS = {"DATABASE_URL", "DJANGO_SETTINGS_MODULE", "REDIS_URL"}


class Started:
    """A running ``make run`` with nothing configured but its folder, its port and these variables."""

    def __init__(
        self, folder: Path, *, command: tuple[str, ...] = RUN, port: int = 0, variables: Mapping[str, str] = NONE
    ) -> None:
        self.var, self.port = folder / "var", port or free_port()
        self._output = folder / f"output-{len(list(folder.iterdir()))}"
        inherited = {name: value for name, value in os.environ.items() if name not in OF_THE_TESTS}
        environment = {**inherited, "VAR_DIR": str(self.var), "PORT": str(self.port), **variables}
        self.process = children.start(command, log=self._output, environment=environment, directory=ROOT)
        self._below: list[psutil.Process] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        return self._output.read_text(errors="replace")

    def wait_until_ready(self) -> None:
        wait.until(lambda: "is ready at" in self.output or self.process.poll() is not None, "no URL was printed", 90)
        assert self.process.poll() is None, self.output
        self._below = psutil.Process(self.process.pid).children(recursive=True)

    def has_said(self, sentence: str, *, times: int) -> bool:
        return self.output.count(sentence) >= times

    def look_for(self, word: str) -> bool:
        """Look for a child with this word in its command line that has been started since; return False without one."""
        self._below = psutil.Process(self.process.pid).children(recursive=True)
        return any(word in part for process in self._below for part in process.cmdline())

    def find(self, word: str) -> psutil.Process:
        return next(process for process in self._below if any(word in part for part in process.cmdline()))

    @property
    def files(self) -> set[str]:
        """The names of the files in its folder, without those that SQLite keeps beside an open database."""
        return {path.name for path in self.var.iterdir() if not path.name.endswith(("-wal", "-shm"))}

    def wait_for_exit(self) -> int:
        return self.process.wait(20)

    def survivors(self) -> list[psutil.Process]:
        return psutil.wait_procs(self._below, timeout=10)[1]

    def end(self) -> None:
        children.end(self.process)
