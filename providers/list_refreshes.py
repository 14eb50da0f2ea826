"""Refreshes of all lists of models that somebody may use."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from core.async_db import in_thread
from providers.adapters.base import ListedModel, ProviderError
from providers.adapters.sdk import models_of
from providers.models import ProviderKey
from providers.selectors import ResolvedTarget, server_targets, targets_of_used_keys
from providers.services import store_models

logger = logging.getLogger(__name__)

AT_ONCE = 8
MAX_LISTS = 2_000
"""The most lists of one refresh; those of the server come first, those of users in any order."""
MAX_SECONDS = 30 * 60.0


@dataclass(frozen=True, slots=True)
class _List:
    """A list of models to fetch: that of a user's key, or of the server."""

    provider: str
    key: ProviderKey | None
    resolved: ResolvedTarget


def refresh_lists() -> int:
    """Fetch and store the lists of the server's keys, of endpoints, of local servers, and of keys that users have used.

    A list that cannot be fetched, or not within ``MAX_SECONDS`` for all, stays as it was. Returns how many were stored.
    It imports the vendors' SDKs, which take much memory, so call it in a process that ends soon.
    """
    return asyncio.run(_refresh_all(list(islice(_lists(), MAX_LISTS))))


def _lists() -> Iterator[_List]:
    of_server = (_List(provider, None, resolved) for provider, resolved in server_targets())
    of_users = (_List(key.provider, key, resolved) for key, resolved in targets_of_used_keys(MAX_LISTS))
    return chain(of_server, of_users)


async def _refresh_all(lists: list[_List]) -> int:
    some = asyncio.Semaphore(AT_ONCE)
    stored = 0

    async def refresh(each: _List) -> None:
        nonlocal stored
        async with some:
            if await _refresh(each):
                stored += 1

    try:
        async with asyncio.timeout(MAX_SECONDS):
            await asyncio.gather(*map(refresh, lists))
    except TimeoutError:
        logger.warning("not all lists of models could be fetched within %d seconds", MAX_SECONDS)
    return stored


async def _refresh(each: _List) -> bool:
    """Return True if a list was stored. Whatever goes wrong must not keep the others from being refreshed."""
    try:
        if not await in_thread(_is_current, each.key):
            return False
        models = await models_of(each.resolved.adapter, each.resolved.target)
        return bool(models) and await in_thread(_store, each, models)
    except ProviderError as error:
        logger.info("%s did not list its models (%s): %s", each.provider, error.code, error.detail)
    except Exception:
        logger.exception("the list of models of %s could not be stored", each.provider)
    return False


def _store(each: _List, models: list[ListedModel]) -> bool:
    if not _is_current(each.key):
        return False
    store_models(each.provider, each.key.user if each.key else None, models)
    return True


def _is_current(key: ProviderKey | None) -> bool:
    """Return False for a key that was deleted or replaced in the meantime."""
    return key is None or ProviderKey.objects.filter(pk=key.pk, updated_at=key.updated_at).exists()
