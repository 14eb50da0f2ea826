"""The garbage collector of a process that serves for a long time."""

from __future__ import annotations

import gc

THRESHOLDS = (10_000, 10, 10)
"""Objects that are added before the youngest are looked through, and how many such passes come before one through the
next older ones. Streams make thousands of objects a second, hardly any of which are part of a cycle."""


def collect_seldom() -> None:
    """Look through new objects less often from now on, and never again through those that exist already.

    Call it once the process has loaded its code.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
