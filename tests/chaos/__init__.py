"""Faults on purpose: `make chaos`. Real processes (two web, two workers, PostgreSQL, Redis) are dropped, killed,
stopped and starved, and a table says for each fault how often it was tried and what was lost, doubled or in a wrong
state.

All processes are started by the main thread, because a child dies with the thread that started it.

``SOAK_MINUTES`` is the length of the steady load (2 by default), ``CHAOS_ONLY=killed_workers,outages`` runs only these
scenarios, ``CHAOS_SEED`` repeats a run's random choices.
"""
