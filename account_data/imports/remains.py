"""Deletion of what an import has written and not published, in slices like its creation."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from account_data.imports.slices import give_way
from accounts.models import User
from comparisons.models import Comparison, Turn
from conversations.message_images import delete_unused_images, image_keys
from conversations.models import Conversation, Message
from generations.models import Generation, Run

ABANDONED_AFTER = timedelta(hours=6)
"""The age at which hidden rows belong to an import that was killed; none takes so long."""
AT_ONCE = 200
"""The most messages, turns or conversations that are deleted in one transaction."""


def delete_remains() -> None:
    """Delete what killed imports have left."""
    _delete(incomplete_since__lt=timezone.now() - ABANDONED_AFTER)


def delete_unpublished(user: User, begun: Any) -> None:
    """Delete what the user's import that began at this time has not published."""
    _delete(user=user, incomplete_since=begun)


def _delete(**hidden: Any) -> None:
    conversations = list(Conversation.objects.filter(**hidden).values_list("pk", flat=True))
    comparisons = list(Comparison.objects.filter(**hidden).values_list("pk", flat=True))
    for keys in _batches(conversations):
        _delete_messages(keys)
        _in_transaction(lambda keys=keys: Conversation.objects.filter(pk__in=keys).delete())
    for keys in _batches(comparisons):
        _delete_turns(keys)
        _in_transaction(lambda keys=keys: Comparison.objects.filter(pk__in=keys).delete())


def _batches(keys: list[int]) -> Iterable[list[int]]:
    return (keys[first : first + AT_ONCE] for first in range(0, len(keys), AT_ONCE))


def _in_transaction(delete: Any) -> Any:
    begun = time.monotonic()
    with transaction.atomic():
        result = delete()
    give_way(time.monotonic() - begun)
    return result


def _delete_messages(conversations: list[int]) -> None:
    """Delete messages from the last one on, since a message has a greater key than its parent."""
    messages = Message.objects.filter(conversation__in=conversations).order_by("-pk")

    def delete() -> int:
        last = list(messages.values_list("pk", flat=True)[:AT_ONCE])
        chosen = Message.objects.filter(pk__in=last)
        images = image_keys(chosen)
        generations = list(chosen.exclude(generation=None).values_list("generation", flat=True))
        runs = list(Generation.objects.filter(pk__in=generations).values_list("run", flat=True))
        chosen.delete()
        Generation.objects.filter(pk__in=generations).delete()
        Run.objects.filter(pk__in=runs, turn=None).delete()
        delete_unused_images(images)
        return len(last)

    while _in_transaction(delete):
        continue


def _delete_turns(comparisons: list[int]) -> None:
    def delete() -> int:
        runs = list(Turn.objects.filter(comparison__in=comparisons).values_list("run", flat=True)[:AT_ONCE])
        Run.objects.filter(pk__in=runs).delete()
        return len(runs)

    while _in_transaction(delete):
        continue
