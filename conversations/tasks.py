"""The Celery task that purges discarded chats."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from conversations.message_images import delete_unsent_images
from conversations.models import Conversation
from conversations.services import PURGE_TASK, UNDO_WINDOW, delete_conversation
from core.async_db import start_in_thread


@shared_task(name=PURGE_TASK, ignore_result=True)
def purge() -> None:
    """Have discarded conversations purged in another thread, since a worker's own receives tasks."""
    start_in_thread(purge_discarded)


def purge_discarded() -> None:
    """Delete conversations whose deletion can no longer be undone, and images that were never sent."""
    for conversation in Conversation.objects.filter(discarded_at__lt=timezone.now() - UNDO_WINDOW):
        delete_conversation(conversation=conversation)
    delete_unsent_images()
