"""Health checks of a process and of the services that it needs, for load balancers and people."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import connection
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.asyncio import Redis

from generations.log.heartbeats import ALIVE_FOR, heartbeats_key
from generations.models import IS_OPEN, Generation
from generations.worker.circuit_breaker import open_circuits

logger = logging.getLogger(__name__)

TIMEOUT = 1.5
"""Seconds within which a service has to respond."""


@require_safe
@never_cache
async def live(_request: HttpRequest) -> JsonResponse:
    """Respond if this process is alive, without touching anything else."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
async def ready(_request: HttpRequest) -> JsonResponse:
    """Check the database, Redis and the workers: 200, or 503 with a sentence for each that does not respond."""
    problems = await _problems()
    body = {
        "status": "unavailable" if any(problems.values()) else "ok",
        "checks": {name: {"ok": not problem, "message": problem} for name, problem in problems.items()},
    }
    return JsonResponse(body, status=503 if any(problems.values()) else 200)


@login_required
@require_safe
@never_cache
def status(request: HttpRequest) -> HttpResponse:
    """Show the checks on a page, with the numbers of waiting and running answers. Administrators see the open circuits
    as well: they say which models others use, at endpoints of their own."""
    problems = async_to_sync(_problems)()
    counts = dict(Generation.objects.filter(IS_OPEN).values_list("status").annotate(count=Count("pk")))
    context = {
        "checks": [(name.title(), problem) for name, problem in problems.items()],
        "waiting": counts.get(Generation.Status.QUEUED, 0),
        "running": counts.get(Generation.Status.STREAMING, 0),
        "circuits": open_circuits() if request.user.is_staff and not problems["redis"] else [],
    }
    return render(request, "status.html", context)


async def _problems() -> dict[str, str]:
    """Return a sentence for each service that does not respond in time, ``""`` for the others."""
    checks = await asyncio.gather(
        _problem(_check_database(), "The database does not respond. Check that it runs, and DATABASE_URL."),
        _problem(_check_redis(), "Redis does not respond, or is full. Check that it runs, REDIS_URL, and its memory."),
        _problem(_check_worker(), "No worker has reported lately. Check that one runs on this Redis."),
    )
    return dict(zip(("database", "redis", "worker"), checks, strict=True))


async def _problem(check: Awaitable[bool], sentence: str) -> str:
    """Return ``""`` if the check succeeds in time, else the sentence."""
    try:
        async with asyncio.timeout(TIMEOUT):
            return "" if await check else sentence
    except Exception as error:
        logger.warning("health check: %s (%r)", sentence, error)
        return sentence


async def database_responds() -> bool:
    """Return True if the database responds now."""
    try:
        return await _check_database()
    except Exception as error:
        logger.info("the database does not respond: %r", error)
        return False


async def _check_database() -> bool:
    """Query the database in a thread and connection of its own, so that a hanging query delays nothing else."""
    return await asyncio.to_thread(_query_database)


def _query_database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    finally:
        connection.close()


async def _check_redis() -> bool:
    async with _redis() as client:
        return bool(await client.set(f"{settings.REDIS_PREFIX}:health", 1, ex=60))


async def _check_worker() -> bool:
    async with _redis() as client:
        workers = await client.zcount(heartbeats_key(), time.time() - ALIVE_FOR, "+inf")
        return int(workers) > 0


def _redis() -> Redis:
    return Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
