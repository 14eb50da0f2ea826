"""The entry point of ``make run``: starts all processes in order, and ends them in order."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "llmselect_project.settings")

from django.conf import settings

from llmselect_project import env as environment
from llmselect_project.run import StartError, commands, embedded_redis, instance_lock
from llmselect_project.run.processes import Command
from llmselect_project.run.readiness import page_responds, page_url
from llmselect_project.run.supervisor import Supervisor


def main() -> int:
    """Run until a signal or a failure; return the exit status."""
    try:
        instance_lock.free_port(settings.HOST, settings.PORT)
        with instance_lock.data_directory(settings.VAR_DIR):
            return asyncio.run(_serve())
    except StartError as error:
        environment.fail(str(error))


async def _serve() -> int:
    supervisor = Supervisor(("redis", "setup", "web", "worker"))
    try:
        return await supervisor.run(_start(supervisor))
    finally:
        if settings.REDIS_EMBEDDED:
            _remove_socket()


async def _start(supervisor: Supervisor) -> None:
    if settings.REDIS_EMBEDDED:
        _redis_socket().unlink(missing_ok=True)
        await supervisor.start(embedded_redis.command(_redis_socket(), memory_mb=settings.REDIS_MEMORY_MB))
    await embedded_redis.wait_until_ready(settings.REDIS_URL)
    await supervisor.finish(Command("setup", commands.preparation(), settings.BASE_DIR))
    web = Command("web", commands.web(settings.HOST, settings.PORT), settings.BASE_DIR)
    worker = Command("worker", commands.worker(), settings.BASE_DIR)
    for command in (web, worker):
        await supervisor.start(command, restart=True)
    await _announce(supervisor)


async def _announce(supervisor: Supervisor) -> None:
    if await page_responds(settings.HOST, settings.PORT):
        url = settings.PUBLIC_URL or page_url(settings.HOST, settings.PORT)
        supervisor.announce(f"LLMSelect is ready at {url}   (Ctrl-C stops it)")
    else:
        raise StartError("The page does not respond. The lines of the web process above say why.")


def _redis_socket() -> Path:
    return environment.redis_socket(settings.VAR_DIR)


def _remove_socket() -> None:
    socket = _redis_socket()
    socket.unlink(missing_ok=True)
    if socket.parent != settings.VAR_DIR:
        socket.parent.rmdir()


if __name__ == "__main__":
    raise SystemExit(main())
