"""Faults on purpose: `make chaos`. Real processes (two web, two workers, PostgreSQL, Redis) are dropped, killed,
stopped and starved, and a table says for each fault how often it was tried and what was lost, doubled or in a wrong
state.

Whatever is started is started by the main thread: a child dies with the thread that started it.

``SOAK_MINUTES`` is the length of the steady load (2 where it is not set), ``CHAOS_ONLY=killing,outages`` runs only
these scenarios, ``CHAOS_SEED`` repeats a run's chances.
"""
