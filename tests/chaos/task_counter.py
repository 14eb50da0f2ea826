"""``python -m tests.chaos.task_counter <folder> <module> …``: run a module that reports its running tasks on a
signal."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import runpy
import signal
import sys
from pathlib import Path

from tests.chaos.process_figures import SIGNAL


def main() -> None:
    folder, module = Path(sys.argv[1]), sys.argv[2]

    def report(*_: object) -> None:
        running = [each for each in gc.get_objects() if issubclass(type(each), asyncio.Task) and not each.done()]
        partial = folder / f"{os.getpid()}.part"
        partial.write_text(json.dumps({"tasks": sorted(task.get_coro().__qualname__ for task in running)}))
        partial.rename(folder / f"{os.getpid()}.json")

    signal.signal(SIGNAL, report)
    sys.argv = [module, *sys.argv[3:]]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
