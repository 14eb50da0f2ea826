"""The credentials that callers came with, and a check which of many are still good."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import ApiToken, Credential, TokenScope, User


@dataclass(frozen=True, slots=True)
class ApiTokenCredential:
    """A personal API token, and the scopes that the caller needs of it."""

    key: int
    scopes: tuple[TokenScope, ...]


@dataclass(frozen=True, slots=True)
class AccessTokenCredential:
    """An access token, by its user's public id and session hash; ``expires_at`` is a Unix time."""

    public_id: str
    session_hash: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class SessionCredential:
    key: str


def good_credentials(credentials: Collection[Credential]) -> set[Credential]:
    """Return those that would still be accepted: their users are active, their passwords are those of then, and nothing
    was deleted or has expired. At most four queries."""
    tokens = [each for each in credentials if isinstance(each, ApiTokenCredential)]
    accesses = [each for each in credentials if isinstance(each, AccessTokenCredential)]
    sessions = [each for each in credentials if isinstance(each, SessionCredential)]
    return {*_good_tokens(tokens), *_good_accesses(accesses), *_good_sessions(sessions)}


def _good_tokens(tokens: Collection[ApiTokenCredential]) -> Iterable[Credential]:
    if not tokens:
        return []
    unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    rows = ApiToken.objects.filter(unexpired, pk__in={each.key for each in tokens}, user__is_active=True)
    scopes = dict(rows.values_list("pk", "scopes"))
    return [each for each in tokens if {*each.scopes} <= {*scopes.get(each.key, ())}]


def _good_accesses(accesses: Collection[AccessTokenCredential]) -> Iterable[Credential]:
    if not accesses:
        return []
    users = User.objects.filter(public_id__in={each.public_id for each in accesses}, is_active=True)
    hashes = {str(user.public_id): user.get_session_auth_hash() for user in users}
    now = time.time()
    return [
        each
        for each in accesses
        if each.expires_at > now and constant_time_compare(each.session_hash, hashes.get(each.public_id, ""))
    ]


def _good_sessions(sessions: Collection[SessionCredential]) -> Iterable[Credential]:
    """Return the sessions whose users Django would still find (``django.contrib.auth.get_user``)."""
    if not sessions:
        return []
    store = import_module(settings.SESSION_ENGINE).SessionStore
    rows = store.get_model_class().objects.filter(
        session_key__in={each.key for each in sessions}, expire_date__gt=timezone.now()
    )
    contents: dict[str, dict[str, Any]] = {row.session_key: row.get_decoded() for row in rows}
    keys = {str(content[SESSION_KEY]) for content in contents.values() if SESSION_KEY in content}
    hashes = {str(user.pk): user.get_session_auth_hash() for user in User.objects.filter(pk__in=keys, is_active=True)}

    def is_good(content: dict[str, Any]) -> bool:
        known = content.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        now, then = hashes.get(str(content.get(SESSION_KEY)), ""), content.get(HASH_SESSION_KEY, "")
        return known and bool(now) and constant_time_compare(now, then)

    return [each for each in sessions if is_good(contents.get(each.key, {}))]
