"""Fault injection: `make chaos`.

Connections and processes (two web, two workers, PostgreSQL, Redis) are dropped, killed, stopped and starved. A table
says for each fault how often it was tried, and how much was lost, doubled or in a wrong state.

All processes are started by the main thread, because a child dies with the thread that started it.

``SOAK_MINUTES`` sets the length of the steady load (2 by default). ``CHAOS_ONLY=killed_workers,outages`` runs these
scenarios alone; they are named like their modules. ``CHAOS_ATTACKS`` has the names of the attacks of
``one_hostile_user`` that are tried. ``CHAOS_SEED`` repeats a run's random choices.
"""
