"""What tests stand on: a real PostgreSQL, Redis, web process, worker and browser."""
