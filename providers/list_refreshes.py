"""Refreshes of all lists of models that somebody may use."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from accounts.models import User
from core.async_db import in_thread
from providers.adapters.base import ProviderError
from providers.selectors import ResolvedTarget, server_targets, targets_of_used_keys
from providers.services import store_models

logger = logging.getLogger(__name__)

AT_ONCE = 8
MAX_LISTS = 2_000
"""The most lists of one refresh; those of the server come first."""


@dataclass(frozen=True, slots=True)
class _List:
    """A list of models to fetch; one of the server has no owner."""

    provider: str
    owner: User | None
    resolved: ResolvedTarget


def refresh_lists() -> int:
    """Fetch and store the lists of the server's keys, of endpoints, of local servers, and of keys that users have used.

    A list that cannot be fetched stays as it was. Returns how many were stored. It imports the vendors' SDKs, which
    take much memory, so call it in a process that ends soon.
    """
    return sum(asyncio.run(_refresh_all(list(islice(_lists(), MAX_LISTS)))))


def _lists() -> Iterator[_List]:
    of_server = (_List(provider, None, resolved) for provider, resolved in server_targets())
    of_users = (_List(key.provider, key.user, resolved) for key, resolved in targets_of_used_keys())
    return chain(of_server, of_users)


async def _refresh_all(lists: list[_List]) -> list[bool]:
    some = asyncio.Semaphore(AT_ONCE)

    async def refresh(each: _List) -> bool:
        async with some:
            return await _refresh(each)

    return await asyncio.gather(*map(refresh, lists))


async def _refresh(each: _List) -> bool:
    resolved = each.resolved
    try:
        models = await resolved.adapter.list_models(resolved.target)
    except ProviderError as error:
        logger.info("%s did not list its models (%s): %s", each.provider, error.code, error.detail)
        return False
    if models:
        await in_thread(store_models, each.provider, each.owner, models)
    return bool(models)
