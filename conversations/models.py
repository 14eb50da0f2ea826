"""A thread with one model."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from generations.models import Generation


class Conversation(models.Model):
    """One user's messages with one model, and with which settings it is asked.

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
    system = models.TextField(blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["user", "kind", "-updated_at"])]

    def __str__(self) -> str:
        return self.title or f"{self.provider}/{self.model}"


class Message(models.Model):
    """One message, by its position in the conversation. An assistant's text is its generation's."""

    class Role(models.TextChoices):
        USER = "user"
        ASSISTANT = "assistant"

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    position = models.PositiveIntegerField()
    role = models.CharField(max_length=9, choices=Role.choices)
    text = models.TextField(blank=True)
    generation = models.OneToOneField(Generation, models.CASCADE, related_name="message", null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["conversation", "position"], name="one_message_a_position")]

    def __str__(self) -> str:
        return f"{self.role} {self.position} of conversation {self.conversation_id}"
