"""Conversations, their messages, and the images of messages.

A conversation is a tree of messages. Each message points to its ``parent``, and an answer to the generation that writes
its text. Nothing is overwritten: an edited prompt or a regenerated answer becomes another child of the same parent.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from django.conf import settings
from django.db import models
from django.utils import timezone

from generations.models import Generation, Run
from images.models import Image
from providers import model_ref
from providers.model_ref import ModelRef


class Conversation(models.Model):
    """One user's tree of messages, with the model and the settings for the next answer.

    ``leaf`` is the last message of the shown branch; the next prompt is appended to it. ``provider`` and ``model`` are
    the ones that answer next; the model of an earlier answer is saved with its generation. ``parameters`` are kept
    without those that are left to the provider.

    A conversation of kind ``chat`` has a page of its own. A column of a comparison is one of kind ``candidate``, which
    appears in no list of chats.
    """

    class Kind(models.TextChoices):
        CHAT = "chat"
        CANDIDATE = "candidate"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversations")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.CHAT)
    title = models.CharField(max_length=200, blank=True)
    provider = models.CharField(max_length=64)
    model = models.CharField(max_length=200)
    fallback = models.CharField(max_length=model_ref.MAX_LENGTH, blank=True)
    """The "provider/model" that answers if this one cannot."""
    system = models.TextField(blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    leaf = models.ForeignKey("Message", models.SET_NULL, related_name="+", null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    discarded_at = models.DateTimeField(null=True, blank=True)
    """The time of a deletion that can still be undone; the purge deletes the conversation soon afterwards."""
    incomplete_since = models.DateTimeField(null=True, blank=True)
    """The time at which the import began that still writes it; hidden until the import is whole."""

    class Meta:
        indexes = [models.Index(fields=["user", "kind", "-updated_at"])]

    def __str__(self) -> str:
        return self.title or str(self.model_ref)

    @property
    def model_ref(self) -> ModelRef:
        return ModelRef(self.provider, self.model)

    @property
    def topic(self) -> str:
        """The name of a chat's event log; candidates use their comparison's."""
        return f"conversation.{self.public_id.hex}"


class Message(models.Model):
    """A prompt (role ``user``) or an answer (role ``assistant``), with a primary key from ``message_keys``.

    Messages with the same ``parent`` are alternative branches, the newest last; a first message has no parent. A prompt
    has its ``text`` here; an answer has it in its ``generation``. Two counters say what the model of an answer was not
    sent: ``omitted`` counts the oldest messages, which did not fit into its context, and ``omitted_images`` counts the
    images of the other messages, which it cannot see.
    """

    class Role(models.TextChoices):
        USER = "user"
        ASSISTANT = "assistant"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", models.CASCADE, related_name="children", null=True, blank=True)
    role = models.CharField(max_length=9, choices=Role.choices)
    text = models.TextField(blank=True)
    generation = models.OneToOneField(Generation, models.CASCADE, related_name="message", null=True, blank=True)
    omitted = models.PositiveIntegerField(default=0)
    omitted_images = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.role} {self.public_id} of conversation {self.conversation_id}"

    @property
    def images(self) -> list[Image]:
        """The images in their order; no query if ``WITH_IMAGES`` was prefetched."""
        return [attached.image for attached in self.placed_images.all()]


MESSAGES_OF_A_RUN = 2**20
"""The most messages that one run can come with."""


def message_keys(run: Run) -> Iterator[int]:
    """Yield primary keys for messages that are created together with this run, in ascending order.

    Keys that are known beforehand let a prompt, its answer and the conversation that both belong to name each other in
    one statement a table. All messages take their keys from their run, so that none is taken twice.
    """
    return iter(range(run.pk * MESSAGES_OF_A_RUN, (run.pk + 1) * MESSAGES_OF_A_RUN))


class MessageImage(models.Model):
    """The position of an image in a message.

    Copies of a message share its images; an image is deleted with the last message that has it.
    """

    message = models.ForeignKey(Message, models.CASCADE, related_name="placed_images")
    image = models.ForeignKey(Image, models.RESTRICT, related_name="places")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["message", "position"], name="one_image_a_place")]

    def __str__(self) -> str:
        return f"{self.image} in {self.message_id}"


WITH_IMAGES = models.Prefetch("placed_images", MessageImage.objects.select_related("image"))
"""Argument of ``prefetch_related`` for messages: loads the images of all of them in one query."""
