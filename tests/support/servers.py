"""The Redis and the database of a test run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.support import children, wait
from tests.support.postgresql import PostgreSQL

REDIS_MEMORY_MB = 2048
"""Enough for everything that `make chaos` streams within an hour."""


class Servers:
    """The servers of a test run: starts and stops them, and knows their URLs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgresql: PostgreSQL | None = None
        self._redis: subprocess.Popen[bytes] | None = None

    @property
    def redis_url(self) -> str:
        return f"unix://{self.folder / 'redis.sock'}"

    def start(self, database: str) -> dict[str, str]:
        """Start the servers; return the environment variables that make LLMSelect use them."""
        self.folder.chmod(0o711)
        variables = self.folder / "var"
        variables.mkdir(mode=0o700)
        (variables / "static").mkdir()
        self.start_redis()
        if database == "postgresql":
            self.postgresql = PostgreSQL(self.folder / "postgresql")
        return {
            "VAR_DIR": str(variables),
            "REDIS_URL": self.redis_url,
            "REDIS_PREFIX": "test",
            "DATABASE_URL": self.database_url("tests"),
        }

    def database_url(self, name: str) -> str:
        """Return the URL of a database with this name, and create it on PostgreSQL."""
        if self.postgresql is not None:
            return self.postgresql.create_database(name)
        return f"sqlite:///{self.folder / name}.sqlite3"

    def stop(self) -> None:
        """Stop both servers."""
        self.stop_redis()
        if self.postgresql is not None:
            self.postgresql.stop()

    def stop_redis(self) -> None:
        """Stop Redis, which loses all of its data."""
        if self._redis is not None:
            children.end(self._redis)

    def start_redis(self) -> None:
        from llmselect_project.run import embedded_redis

        command = embedded_redis.command(self.folder / "redis.sock", memory_mb=REDIS_MEMORY_MB)
        self._redis = children.start(command.arguments, log=self.folder / "redis.log", directory=self.folder)
        client = Redis.from_url(self.redis_url)

        def responds() -> bool:
            try:
                return bool(client.ping())
            except RedisError:
                return False

        wait.until(responds, "Redis does not start")
        client.close()


SERVERS = pytest.StashKey[Servers]()
