"""Personal API tokens (``lls_…``), shown once and stored as a digest."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from accounts.credentials import ApiTokenCredential
from accounts.models import Action, ApiToken, TokenScope, User, digest_of
from core.errors import InvalidInput, NotFound, NotSignedIn
from core.statements import PreparedQuery

PREFIX = "lls_"
USE_INTERVAL = timedelta(minutes=1)
"""The least time between two updates of ``last_used_at``, so that a busy program does not write at every request."""

UNKNOWN = "This API token is unknown or was deleted. Create a new one under Settings."
EXPIRED = "This API token has expired. Create a new one under Settings."
IN_THE_PAST = "The expiry has to be in the future."
WITHOUT_SCOPE = "Choose at least one permission."
BEYOND_YOURS = "A token cannot create one with more rights than its own. Leave out: {}."


@transaction.atomic
def create_api_token(
    user: User, *, name: str, expires_at: datetime | None = None, scopes: Collection[str] | None = None
) -> tuple[ApiToken, str]:
    """Create a personal API token and return it with its text, which is not stored.

    Without ``scopes`` it may do everything that the caller may. Raises InvalidInput for more than that, and if
    ``expires_at`` is in the past.
    """
    if expires_at is not None and expires_at <= timezone.now():
        raise _invalid("expires_at", IN_THE_PAST)
    text = f"{PREFIX}{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        user=user,
        name=name,
        digest=digest_of(text),
        hint=f"…{text[-4:]}",
        expires_at=expires_at,
        scopes=_granted_scopes(user, scopes),
    )
    record(Action.TOKEN_CREATED, user=user, subject=str(token))
    return token, text


def _granted_scopes(user: User, scopes: Collection[str] | None) -> list[str]:
    """Return the scopes of a new token, in the order of TokenScope."""
    own = set(TokenScope.values) if user.token_scopes is None else user.token_scopes
    requested = own if scopes is None else set(scopes)
    if not requested:
        raise _invalid("scopes", WITHOUT_SCOPE)
    if requested - own:
        raise _invalid("scopes", BEYOND_YOURS.format(", ".join(sorted(requested - own))))
    return [scope for scope in TokenScope.values if scope in requested]


def _invalid(field: str, sentence: str) -> InvalidInput:
    return InvalidInput(sentence, fields={field: [sentence]})


@transaction.atomic
def delete_api_token(user: User, *, public_id: UUID) -> None:
    """Delete a token of this user; raises NotFound if there is none with this id."""
    token = ApiToken.objects.select_for_update().filter(user=user, public_id=public_id).first()
    if token is None:
        raise NotFound("You have no such token.")
    _delete(token)


@transaction.atomic
def delete_all_api_tokens(user: User) -> None:
    """Delete all tokens of a user."""
    for token in ApiToken.objects.select_for_update().filter(user=user):
        _delete(token)


def _delete(token: ApiToken) -> None:
    token.delete()
    record(Action.TOKEN_DELETED, user=token.user, subject=str(token))


_TOKEN = PreparedQuery(
    lambda digest: ApiToken.objects.select_related("user").filter(user__is_active=True, digest=digest), None
)


def user_of_api_token(text: str, scopes: tuple[TokenScope, ...]) -> User:
    """Return the user of a token who wants to do what needs ``scopes``, with ``token_scopes`` set; raises NotSignedIn.

    Costs one query, plus one that records the use, at most once a minute.
    """
    now = timezone.now()
    token = _TOKEN.row(digest_of(text))
    if token is None:
        raise NotSignedIn(UNKNOWN)
    if token.has_expired:
        raise NotSignedIn(EXPIRED)
    if token.last_used_at is None or now - token.last_used_at >= USE_INTERVAL:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    user = token.user
    user.token_scopes, user.credential = frozenset(token.scopes), ApiTokenCredential(token.pk, scopes)
    return user
