"""Presets, which pages call sets, and prompt templates: what users save for the forms of comparisons and chats."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

NAME_LENGTH = 80


class Saved(models.Model):
    """Base of the two kinds; a user's names are unique within each kind."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="%(class)ss")
    name = models.CharField(max_length=NAME_LENGTH)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="one_%(class)s_a_name")]

    def __str__(self) -> str:
        return self.name


class Preset(Saved):
    """A saved set of models with their settings.

    ``data`` has these keys of a comparison's body: ``providers`` (``{"provider", "model"}`` each), ``system``, ``tier``
    and ``parameters``.
    """

    data = models.JSONField()

    class Meta(Saved.Meta):
        db_table = "conversations_preset"


class PromptTemplate(Saved):
    """A saved prompt; its variables are written as ``{{name}}``."""

    text = models.TextField()

    class Meta(Saved.Meta):
        db_table = "conversations_prompttemplate"
