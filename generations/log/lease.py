"""How long a worker's claim on a generation lasts; readers of the log rely on it as well as workers."""

from __future__ import annotations

from datetime import timedelta

LEASE = timedelta(seconds=10)
"""A claim lapses this long after its last renewal; the reaper then takes the generation."""
