"""Ended answers once more, for a conversation that goes on from another one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.utils import timezone

from accounts.models import User
from generations.models import Generation, Run


def copy_generations(*, user: User, generations: Sequence[Generation]) -> list[Generation]:
    """Copies in the same order, in an ended run that no log tells of; call it within the caller's transaction.

    They are as the originals were, but for the key: what a copy cost was paid once already.
    """
    run = Run.objects.create(
        topic=f"copy.{uuid.uuid4().hex}", user=user, total=len(generations), open=0, ended_at=timezone.now()
    )
    kept = [field.attname for field in Generation._meta.concrete_fields if field.name not in _OWN]
    return Generation.objects.bulk_create(
        Generation(
            user=user,
            run=run,
            current_run=run,
            index=index,
            key_source="",
            **{name: getattr(generation, name) for name in kept},
        )
        for index, generation in enumerate(generations)
    )


_OWN = {"id", "public_id", "user", "run", "current_run", "index", "key_source", "lease", "lease_until", "created_at"}
