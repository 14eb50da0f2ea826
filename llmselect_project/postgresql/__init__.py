"""The database backend for PostgreSQL, which copes with an unavailable server."""
