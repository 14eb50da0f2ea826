"""Personal API tokens: ``lls_…``, shown once, kept as a digest."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from accounts.errors import InvalidInput, NotFound, NotSignedIn
from accounts.models import ApiToken, User, digest_of

PREFIX = "lls_"
USE_IS_RECORDED_EVERY = timedelta(minutes=1)


def create_api_token(user: User, *, name: str, expires_at: datetime | None = None) -> tuple[ApiToken, str]:
    """A personal API token and its text, which exists only in this answer."""
    if expires_at is not None and expires_at <= timezone.now():
        sentence = "The expiry has to be in the future."
        raise InvalidInput(sentence, fields={"expires_at": [sentence]})
    text = f"{PREFIX}{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        user=user, name=name, digest=digest_of(text), hint=f"…{text[-4:]}", expires_at=expires_at
    )
    return token, text


def delete_api_token(user: User, *, public_id: UUID) -> None:
    """Raises NotFound, also for somebody else's token."""
    deleted, _ = ApiToken.objects.filter(user=user, public_id=public_id).delete()
    if not deleted:
        raise NotFound("There is no such token among yours.")


def user_of_api_token(text: str) -> User:
    """One query, and a second one at most once a minute to note the use; raises NotSignedIn."""
    now = timezone.now()
    usable = Q(user__is_active=True) & (Q(expires_at=None) | Q(expires_at__gt=now))
    token = ApiToken.objects.select_related("user").filter(usable, digest=digest_of(text)).first()
    if token is None:
        raise NotSignedIn("This API token is unknown, was deleted or has expired. Create a new one under Settings.")
    if token.last_used_at is None or now - token.last_used_at >= USE_IS_RECORDED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token.user
