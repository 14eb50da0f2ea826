"""Support for tests: a real PostgreSQL, Redis, web process, worker and browser."""
