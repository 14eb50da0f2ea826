"""Users, their limits and tokens, invitations, and the audit trail."""

from __future__ import annotations

import uuid
from collections.abc import Hashable
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser, Group
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone


def dollars_field(**options: Any) -> models.DecimalField[Any, Any]:
    """Return a field for an amount of dollars that may be empty."""
    positive = [MinValueValidator(0)]
    return models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True, validators=positive, **options)


Credential = Hashable
"""A token or session that a caller came with; ``credentials.py`` has the kinds of them."""


class User(AbstractUser):
    """The account of a user.

    If ``streaming`` is off, pages poll and streams send whole answers. ``own_dollars_per_…`` are budgets for
    answers that the user's own keys pay for.
    """

    token_scopes: frozenset[str] | None = None
    """The scopes of the personal API token that the user came with; None stands for everything."""
    credential: Credential | None = None
    """The credential that the user came with."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(unique=True)
    streaming = models.BooleanField(default=True)
    own_dollars_per_day = dollars_field()
    own_dollars_per_month = dollars_field()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("username"), name="accounts_user_username_any_case"),
            models.UniqueConstraint(Lower("email"), name="accounts_user_email_any_case"),
        ]

    @property
    def receives_streams(self) -> bool:
        """True if answers stream to this user, which the installation can switch off for everyone."""
        return settings.STREAMING and self.streaming


class Limits(models.Model):
    """Limits of one user, or of each member of a group. An empty field leaves the value to the next level: a user's own
    limits come first, then the most generous of their groups, then the installation's.

    Tokens and dollars are budgets for answers that the server's keys pay for.
    """

    class Priority(models.IntegerChoices):
        """The order in which answers are taken from the queue, lowest first."""

        FIRST = 0, "Before others"
        NORMAL = 3, "Default"
        LAST = 6, "After others"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="limits")
    group = models.OneToOneField(Group, models.CASCADE, null=True, blank=True, related_name="limits")
    max_running = models.PositiveSmallIntegerField(
        "answers at once", null=True, blank=True, validators=[MinValueValidator(1)], help_text="More than these wait."
    )
    max_queued = models.PositiveSmallIntegerField(
        "answers waiting", null=True, blank=True, help_text="More than these are refused."
    )
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    tokens_per_day = models.PositiveBigIntegerField(null=True, blank=True)
    tokens_per_month = models.PositiveBigIntegerField(null=True, blank=True)
    dollars_per_day = dollars_field()
    dollars_per_month = dollars_field()
    priority = models.PositiveSmallIntegerField(null=True, blank=True, choices=Priority.choices)

    class Meta:
        verbose_name_plural = "limits"
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, group__isnull=False) | Q(user__isnull=False, group=None),
                name="accounts_limits_of_one",
                violation_error_message="Choose either a user or a group.",
            )
        ]

    def __str__(self) -> str:
        return f"Limits of {self.user or self.group}"


class FirstAccount(models.Model):
    """The only row of its table, which the first user to sign up claims; it outlives their account."""

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(only=True), name="accounts_firstaccount_one_row")]

    def __str__(self) -> str:
        return f"First account: {self.user}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def usable(self) -> InvitationQuerySet:
        return self.filter(used_at=None, expires_at__gt=timezone.now())


class Invitation(models.Model):
    """A link with which one person can sign up if ``SIGNUP=invite``."""

    token = models.CharField(max_length=64, unique=True, editable=False)
    note = models.CharField(max_length=200, blank=True, help_text="Who is invited. Only administrators see this.")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")
    used_at = models.DateTimeField(null=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.note or f"Invitation of {self.created_at:%Y-%m-%d}"


class TokenScope(models.TextChoices):
    """Rights that a personal API token may have."""

    READ = "read", "Read and export chats and comparisons"
    WRITE = "write", "Ask models, and change or delete chats and comparisons"
    ACCOUNT = "account", "Change keys, tokens and settings, and delete the account"


def all_scopes() -> list[str]:
    return list(TokenScope.values)


class ApiToken(models.Model):
    """A token with which a user's programs sign in. Its text is shown once; only the digest is stored."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=8, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    scopes = models.JSONField(default=all_scopes)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint})"

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def may_everything(self) -> bool:
        return set(self.scopes) >= set(TokenScope.values)


def digest_of(token: str) -> str:
    """Return the digest that is stored for a token. It needs no salt, because the text has 256 random bits."""
    return sha256(token.encode()).hexdigest()


class Action(models.TextChoices):
    """The actions that the audit trail records."""

    SIGNED_UP = "signed_up", "Account created"
    SIGNED_IN = "signed_in", "Signed in"
    SIGN_IN_FAILED = "sign_in_failed", "Sign-in failed"
    SIGNED_OUT = "signed_out", "Signed out"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    EMAIL_CHANGED = "email_changed", "Email address changed"
    SECOND_FACTOR_CHANGED = "second_factor_changed", "Two-factor authentication changed"
    TOKEN_CREATED = "token_created", "API token created"
    TOKEN_DELETED = "token_deleted", "API token deleted"
    KEY_SET = "key_set", "Key set"
    KEY_FIRST_USED = "key_first_used", "Key used for the first time"
    KEY_DELETED = "key_deleted", "Key deleted"
    ENDPOINT_CHANGED = "endpoint_changed", "Endpoint changed"
    EXPORTED = "exported", "Data exported"
    IMPORTED = "imported", "Data imported"
    ACCOUNT_DELETED = "account_deleted", "Account deleted"


class AuditEntry(models.Model):
    """An event of an account or a key, never changed; ``user`` is the user whose audit trail it belongs to.

    Entries without a user are failures to sign in to an account that does not exist, and deletions of accounts, which
    have no address either.
    """

    action = models.CharField(max_length=32, choices=Action)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="audit_entries")
    subject = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=45, blank=True)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["user", "-at"])]

    def __str__(self) -> str:
        return " · ".join(filter(None, (self.get_action_display(), self.subject)))
