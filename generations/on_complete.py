"""Functions of other apps that follow the end of a run, by the name that the run has for its end.

The process that saves the last end of a run calls the function, in a thread and after the commit. If that process ends
in between, the function is not called.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from generations.models import Generation

logger = logging.getLogger(__name__)

OnComplete = Callable[[Generation], None]
"""Takes the generation that was the last of its run to end, as it was saved, with its ``current_run``."""
_functions: dict[str, OnComplete] = {}


def on_complete(name: str) -> Callable[[OnComplete], OnComplete]:
    """Register a function under the name that ``start_run`` takes as ``on_complete``."""

    def register(function: OnComplete) -> OnComplete:
        _functions[name] = function
        return function

    return register


def complete(generation: Generation) -> None:
    """Call the function that the generation's run names; its errors are logged, since the answer itself is saved."""
    name = generation.current_run.on_complete
    try:
        _functions[name](generation)
    except Exception:
        logger.exception("%s failed after the end of %s", name, generation.current_run)
