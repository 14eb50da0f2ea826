"""Images of messages: attachment, a check that the models can see them, and deletion of unused ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from conversations.models import Message, MessageImage
from core.errors import InvalidInput
from core.statements import insert
from images.models import Image
from images.services import KEPT_UNSENT, delete_images, delete_stray_files
from providers.adapters.capabilities import capabilities_of
from providers.listed_models import known_models
from providers.model_ref import ModelRef
from providers.selectors import model_label


def check_vision(user: User, models: Sequence[ModelRef], images: Sequence[object]) -> None:
    """Raise InvalidInput if there are images and one of the models is known not to see; no query without images."""
    if not images:
        return
    listed = known_models(user, models)
    blind = dict.fromkeys(
        model_label(*model)
        for model in models
        if capabilities_of(model.model, listed[model].capabilities).images is False
    )
    if blind:
        sentence = f"Images cannot be shown to {' and '.join(blind)}. Choose another model, or leave the images out."
        raise InvalidInput(sentence, fields={"images": [sentence]})


def attach_images(messages: Iterable[tuple[Message, Iterable[Image]]]) -> None:
    """Attach images to new messages, to each in their order; one statement, or none without images."""
    insert(
        [
            MessageImage(message=message, image=image, position=position)
            for message, images in messages
            for position, image in enumerate(images)
        ]
    )


def image_keys(messages: QuerySet[Message]) -> set[int]:
    """Return the keys of these messages' images, for ``delete_unused_images`` after the messages are deleted."""
    return set(MessageImage.objects.filter(message__in=messages).values_list("image", flat=True))


def delete_unused_images(keys: Iterable[int]) -> None:
    """Delete the images among these that no message has any more; call it in the transaction that deletes."""
    delete_images(Image.objects.select_for_update(of=("self",)).filter(pk__in=list(keys), places=None))


def delete_unsent_images() -> None:
    """Delete images that were uploaded long ago and never sent, and files that no image refers to."""
    with transaction.atomic():
        old = Image.objects.filter(created_at__lt=timezone.now() - KEPT_UNSENT, places=None)
        delete_unused_images(old.values_list("pk", flat=True))
    delete_stray_files()
