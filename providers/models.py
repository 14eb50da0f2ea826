"""Users' keys, endpoints of administrators, and listed models."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from core.encrypted_field import EncryptedTextField
from core.errors import InvalidInput
from providers.base_urls import check_url
from providers.kinds import KINDS

MAX_MODEL_LENGTH = 200
SHORTEST_KEY_WITH_HINT = 12


class KeySource(models.TextChoices):
    """The owner of the key that pays for an answer; an empty string if no key is needed."""

    USER = "user", "user"
    SERVER = "server", "server"


def hint_of(api_key: str) -> str:
    """Return "…" and the last four characters of a key, for display; only "…" for a short key, of which they would
    reveal too much, and nothing for an empty one."""
    if not api_key:
        return ""
    return f"…{api_key[-4:]}" if len(api_key) >= SHORTEST_KEY_WITH_HINT else "…"


def validate_endpoint_slug(slug: str) -> None:
    if slug in KINDS:
        raise ValidationError("This is the name of a built-in provider. Choose another one.")


def validate_base_url(url: str) -> None:
    try:
        check_url(url)
    except InvalidInput as error:
        raise ValidationError(error.message) from error


class ProviderKey(models.Model):
    """A user's own key for a provider, with a base URL of their own if they set one; a local server's key may be
    empty."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="provider_keys")
    provider = models.CharField(max_length=64)
    api_key = EncryptedTextField(blank=True, default="", editable=False)
    hint = models.CharField(max_length=8, blank=True, default="", editable=False)
    base_url = models.CharField("base URL", max_length=500, blank=True, default="")
    first_used_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["provider", "id"]
        constraints = [models.UniqueConstraint(fields=["user", "provider"], name="providers_key_one_per_provider")]

    def __str__(self) -> str:
        return f"{self.provider} {self.hint}".rstrip()


class Endpoint(models.Model):
    """A server that an administrator added for all users; its slug is its ``provider``.

    ``kind`` is the kind whose API it speaks, with that kind's differences; OpenAI-compatible chat completions if it is
    empty. ``headers`` are sent with each request (see ``extra_headers.py``); ``header_names`` are shown.
    """

    slug = models.SlugField(max_length=64, unique=True, validators=[validate_endpoint_slug])
    name = models.CharField(max_length=100)
    kind = models.CharField("API", max_length=64, blank=True, default="")
    base_url = models.CharField(
        "base URL", max_length=500, validators=[validate_base_url], help_text="With /v1, as in http://gpu-1:8000/v1."
    )
    api_key = EncryptedTextField(blank=True, default="", editable=False)
    hint = models.CharField(max_length=8, blank=True, default="", editable=False)
    headers = EncryptedTextField(blank=True, default="", editable=False)
    header_names = models.CharField("extra headers", max_length=1_000, blank=True, default="", editable=False)
    color = models.CharField(
        max_length=7,
        default="#475569",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}\Z", "Write the color like #475569.")],
    )
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class LanguageModel(models.Model):
    """A model that a provider listed for its owner's key or, if it has no owner, for the server's key or no key; or one
    that its owner added by its id, which refreshes keep.

    ``listed`` is what the provider states about it (see ``listed_models.py``); an administrator's label and context
    window come before it.
    """

    provider = models.CharField(max_length=64)
    model = models.CharField(max_length=MAX_MODEL_LENGTH)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="language_models"
    )
    label = models.CharField(max_length=200, blank=True, default="", help_text="Instead of the provider's name for it.")
    context_window = models.PositiveIntegerField(
        null=True, blank=True, help_text="In tokens, instead of what the provider states."
    )
    listed = models.JSONField(default=dict, blank=True, editable=False)
    added_by_hand = models.BooleanField(default=False, editable=False)
    refreshed_at = models.DateTimeField()

    class Meta:
        ordering = ["provider", "model", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "provider", "model"], condition=Q(owner__isnull=False), name="providers_model_of_owner"
            ),
            models.UniqueConstraint(
                fields=["provider", "model"], condition=Q(owner__isnull=True), name="providers_model_of_server"
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.model
