"""Generations, the runs that they belong to, and the usage that they are counted in.

One request starts one run. A run has a slot for each model that is to answer, and the generation in a slot is one model
answering once. A retry gives the generation one more attempt, in a new run.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Func, Q
from django.utils import timezone

from accounts.models import Limits
from providers import model_ref
from providers.adapters.base import ErrorCode
from providers.model_ref import ModelRef
from providers.models import KeySource


class DailyUsage(models.Model):
    """The usage of one user's answers on one UTC day, by key source. Rows outlive the answers that they count."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="daily_usage")
    day = models.DateField()
    key_source = models.CharField(max_length=6, blank=True, choices=KeySource.choices)
    answers = models.PositiveIntegerField(default=0)
    tokens = models.PositiveBigIntegerField(default=0)
    cost = models.DecimalField("cost in dollars", max_digits=14, decimal_places=8, default=0)

    class Meta:
        verbose_name_plural = "daily usage"
        constraints = [
            models.UniqueConstraint(fields=["user", "day", "key_source"], name="generations_one_usage_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.user} on {self.day}"


class Run(models.Model):
    """Everything that one request started: one generation for a chat message or a retry, N for a turn of a comparison.

    ``open`` counts the generations that have not ended; the end of the last one closes the run. ``topic`` names the
    event log that the generations write to. ``on_complete`` names a function of ``generations.on_complete`` that is
    called once the run is closed.
    """

    topic = models.CharField(max_length=80, db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="runs")
    total = models.PositiveSmallIntegerField()
    open = models.PositiveSmallIntegerField()
    accepted_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    on_complete = models.CharField(max_length=80, blank=True)

    def __str__(self) -> str:
        return f"run {self.pk} of {self.topic}"

    @property
    def elapsed(self) -> float:
        """The seconds since the run was accepted."""
        return (timezone.now() - self.accepted_at).total_seconds()


OPEN_STATUSES = "('queued', 'streaming')"
"""The statuses of generations that have not ended, as they stand in the conditions of indexes and of statements."""


class IsOpen(Func):
    """True for the status of a generation that has not ended.

    The values stand in the statement itself, because SQLite uses the indexes of open generations only if it sees them.
    """

    template = f"%(expressions)s IN {OPEN_STATUSES}"
    output_field = models.BooleanField()


IS_OPEN = IsOpen("status")
"""Argument of ``filter`` for queries that would otherwise look at every generation there is."""


class Generation(models.Model):
    """One model answering once: the request, its life cycle and the result.

    ``run`` is the run that created it, ``current_run`` the run of its latest attempt, ``index`` its slot in both.
    ``request`` is emptied at the end. ``timeline`` holds ``[offset, seconds]`` pairs for replay.

    ``worker`` names the worker process that answers it, and ``lease`` its claim; while that worker lives, no other
    process writes to it. ``lease`` stays after the worker was lost, since a whole answer that comes late still counts.
    ``delivery_count`` counts the claims of this attempt, ``unanswered`` the requests that the vendor took in lost ones.
    ``priority`` orders the queue, lowest first; ``BATCH`` is for answers that nobody waits for. A generation that is
    ``held_back`` waits until its user, or batch work, may run one more; the end of a generation releases the next one.

    ``reserved_tokens`` and ``reserved_cost`` are set aside while it is open if a budget applies. ``fallback`` is the
    "provider/model" that answers if this model cannot; ``answered_by`` is set if the fallback did. ``adjustments`` says
    which settings were not sent as they were asked for: ``{"parameter", "asked", "sent", "reason"}`` each. ``error`` is
    our sentence about a failure, ``vendor_message`` what the vendor said.
    """

    BATCH = 9

    class Status(models.TextChoices):
        QUEUED = "queued"
        STREAMING = "streaming"
        COMPLETED = "completed"
        STOPPED = "stopped"
        FAILED = "failed"
        INTERRUPTED = "interrupted"

    OPEN = (Status.QUEUED, Status.STREAMING)
    RESULT = (
        *("text", "reasoning", "timeline", "answered_by", "adjustments", "finish_reason"),
        *("error_code", "error", "vendor_message", "retryable", "time", "ttft"),
        *(
            "input_tokens",
            "output_tokens",
            "reasoning_tokens",
            "cached_input_tokens",
            "usage_source",
            "cost",
            "cost_source",
        ),
        *("worker", "lease", "ended_at"),
    )
    """The fields that a retry resets."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="generations")
    run = models.ForeignKey(Run, models.CASCADE, related_name="generations")
    current_run = models.ForeignKey(Run, models.CASCADE, related_name="active_generations")
    index = models.PositiveSmallIntegerField(default=0)
    provider = models.CharField(max_length=64)
    model = models.CharField(max_length=200)
    parameters = models.JSONField(default=dict, blank=True)
    request = models.JSONField(null=True, blank=True)
    fallback = models.CharField(max_length=model_ref.MAX_LENGTH, blank=True)

    status = models.CharField(max_length=12, choices=Status.choices, default=Status.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=1)
    past_attempts = models.JSONField(default=list, blank=True)
    stop_requested = models.BooleanField(default=False)
    delivery_count = models.PositiveSmallIntegerField(default=0)
    unanswered = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField(default=timezone.now)
    priority = models.PositiveSmallIntegerField(default=Limits.Priority.NORMAL)
    held_back = models.BooleanField(default=False)
    reserved_tokens = models.PositiveIntegerField(default=0)
    reserved_cost = models.DecimalField(max_digits=14, decimal_places=8, default=0)
    worker = models.CharField(max_length=120, blank=True)
    lease = models.UUIDField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    text = models.TextField(blank=True)
    reasoning = models.TextField(blank=True)
    timeline = models.JSONField(default=list, blank=True)
    answered_by = models.CharField(max_length=model_ref.MAX_LENGTH, blank=True)
    adjustments = models.JSONField(default=list, blank=True)
    error_code = models.CharField(max_length=32, blank=True, choices=[(code, code) for code in ErrorCode])
    error = models.CharField(max_length=500, blank=True)
    vendor_message = models.TextField(blank=True)
    retryable = models.BooleanField(default=False)
    finish_reason = models.CharField(max_length=20, blank=True)
    time = models.FloatField(null=True, blank=True)
    ttft = models.FloatField(null=True, blank=True)
    input_tokens = models.PositiveIntegerField(null=True, blank=True)
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    reasoning_tokens = models.PositiveIntegerField(null=True, blank=True)
    cached_input_tokens = models.PositiveIntegerField(null=True, blank=True)
    usage_source = models.CharField(
        max_length=8, blank=True, choices=[("provider", "provider"), ("estimate", "estimate")]
    )
    cost = models.DecimalField(max_digits=14, decimal_places=8, null=True, blank=True)
    cost_source = models.CharField(
        max_length=8, blank=True, choices=[("provider", "provider"), ("estimate", "estimate")]
    )
    key_source = models.CharField(max_length=6, blank=True, choices=KeySource.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "index"], name="one_generation_a_slot")]
        indexes = [
            models.Index(fields=["user", "-created_at"]),
            models.Index(
                fields=["user"], name="generations_open_of_user", condition=Q(status__in=["queued", "streaming"])
            ),
            models.Index(
                fields=["status", "worker"], name="generations_open", condition=Q(status__in=["queued", "streaming"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_ref} ({self.status})"

    @property
    def model_ref(self) -> ModelRef:
        return ModelRef(self.provider, self.model)

    @property
    def answering_model(self) -> ModelRef:
        """The model that answered, or will answer."""
        return ModelRef.parse(self.answered_by) if self.answered_by else self.model_ref

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def tokens_per_second(self) -> float | None:
        """Output tokens divided by the time from the first token to the last."""
        if not self.output_tokens or self.time is None or self.ttft is None or self.time <= self.ttft:
            return None
        return round(self.output_tokens / (self.time - self.ttft), 1)
