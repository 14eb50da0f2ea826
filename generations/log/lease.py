"""The length of a lease, on which workers and readers of the log both rely."""

from __future__ import annotations

from datetime import timedelta

LEASE = timedelta(seconds=10)
"""A claim lapses this long after its last renewal; the reaper then takes the generation."""
