"""Saved sets of models and settings, and prompt templates."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class Saved(models.Model):
    """Something that a user keeps for the forms in which models are asked, under a name that is unique among theirs."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="%(class)ss")
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="one_%(class)s_a_name")]

    def __str__(self) -> str:
        return self.name


class Preset(Saved):
    """A set of models with parameters: ``data`` has the keys of a comparison's body, without its prompt."""

    data = models.JSONField()

    class Meta(Saved.Meta):
        db_table = "conversations_preset"


class PromptTemplate(Saved):
    """A prompt with places to fill in: ``{{name}}``."""

    text = models.TextField()

    class Meta(Saved.Meta):
        db_table = "conversations_prompttemplate"
