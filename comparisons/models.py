"""Comparisons: the same prompts put to several models side by side, and the user's votes on the answers.

A comparison is a table. Its columns are candidates, each of which is a conversation of its own with one model. Its rows
are turns: one prompt, with a run whose generations are the answers of all candidates.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from conversations.models import Conversation
from generations.models import Run


class Comparison(models.Model):
    """A user's comparison of models. ``first_prompt`` is the prompt of its first turn, in lists alone."""

    first_prompt: str
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="comparisons")
    title = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    incomplete_since = models.DateTimeField(null=True, blank=True)
    """The time at which the import began that still writes it; hidden until the import is whole."""

    class Meta:
        indexes = [models.Index(fields=["user", "-created_at"])]

    def __str__(self) -> str:
        return self.title

    @property
    def topic(self) -> str:
        """The name of the comparison's event log."""
        return f"comparison.{self.public_id.hex}"


class Candidate(models.Model):
    """A column of a comparison: a conversation and its position, counted from 0 and equal to the index of its slots."""

    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="candidates")
    position = models.PositiveSmallIntegerField()
    conversation = models.OneToOneField(Conversation, models.CASCADE, related_name="candidate")

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["comparison", "position"], name="one_candidate_a_position")]

    def __str__(self) -> str:
        return f"{self.position}: {self.conversation}"


class Turn(models.Model):
    """One prompt to all candidates; its run has one slot for the answer of each.

    ``number`` counts the turns of a comparison from 0.
    """

    comparison = models.ForeignKey(Comparison, models.CASCADE, related_name="turns")
    number = models.PositiveIntegerField()
    prompt = models.TextField()
    run = models.OneToOneField(Run, models.CASCADE, related_name="turn")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["comparison", "number"], name="one_turn_a_number")]

    def __str__(self) -> str:
        return f"turn {self.number} of {self.comparison}"


class Vote(models.Model):
    """A user's verdict on a turn: the index of the preferred slot, or a word about all answers."""

    class Verdict(models.TextChoices):
        TIE = "tie"
        ALL_BAD = "all_bad"

    turn = models.ForeignKey(Turn, models.CASCADE, related_name="votes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="votes")
    preferred_index = models.PositiveSmallIntegerField(null=True, blank=True)
    verdict = models.CharField(max_length=8, choices=Verdict.choices, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["turn", "user"], name="one_vote_a_turn"),
            models.CheckConstraint(
                condition=Q(preferred_index__isnull=False, verdict="")
                | Q(preferred_index=None, verdict__in=["tie", "all_bad"]),
                name="an_index_or_a_verdict",
            ),
        ]

    def __str__(self) -> str:
        return self.verdict or f"slot {self.preferred_index}"
