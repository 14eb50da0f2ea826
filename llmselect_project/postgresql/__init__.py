"""The database backend of a PostgreSQL that may be away."""
