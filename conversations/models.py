"""A thread with one model at a time."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from generations.models import Generation
from images.models import Image
from providers import model_ref
from providers.model_ref import ModelRef


class Conversation(models.Model):
    """One user's messages with a model, and with which settings it is asked.

    Messages form a tree: an edited prompt and an answer that was asked for again stand beside the older one. ``leaf``
    is the last message of the branch that is shown and goes on. ``provider`` and ``model`` answer next; who gave an
    answer is known of its generation.

    A comparison's column is a conversation of kind ``candidate``: evidence, which no chat list shows.
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
    """The "provider/model" that answers where this one cannot."""
    system = models.TextField(blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    leaf = models.ForeignKey("Message", models.SET_NULL, related_name="+", null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    discarded_at = models.DateTimeField(null=True, blank=True)
    """Set while a deletion can still be undone."""

    class Meta:
        indexes = [models.Index(fields=["user", "kind", "-updated_at"])]

    def __str__(self) -> str:
        return self.title or str(self.model_ref)

    @property
    def model_ref(self) -> ModelRef:
        return ModelRef(self.provider, self.model)

    @property
    def topic(self) -> str:
        """The name of a chat's event log; a candidate writes to its comparison's."""
        return f"conversation.{self.public_id.hex}"


class Message(models.Model):
    """One message behind its ``parent``; those of one parent are branches, the newest last.

    An assistant's text is its generation's. ``omitted`` counts the oldest messages that the model was not told of,
    for they did not fit; ``omitted_images`` the images of the others that it was not shown, for it cannot see.
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
        """In their order; no query where ``WITH_IMAGES`` was prefetched."""
        return [placed.image for placed in self.placed_images.all()]


class MessageImage(models.Model):
    """An image at its place in a message. Copies of a message share its images, which go with the last of them."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="placed_images")
    image = models.ForeignKey(Image, models.RESTRICT, related_name="places")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["message", "position"], name="one_image_a_place")]

    def __str__(self) -> str:
        return f"{self.image} in {self.message_id}"


WITH_IMAGES = models.Prefetch("placed_images", MessageImage.objects.select_related("image"))
"""For ``prefetch_related`` of messages: one query for the images of all of them."""
