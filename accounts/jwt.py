"""JSON web tokens for programs that sign in: a short-lived access token and a long-lived refresh token.

Both contain the user's session hash, so that a new password ends them as it ends all sessions. Refresh tokens are not
stored while they are valid; used ones are remembered until they would have expired.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.utils.crypto import constant_time_compare
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.credentials import AccessTokenCredential
from accounts.models import User
from core.errors import NotSignedIn
from core.process_cache import remembered
from core.statements import PreparedQuery

HASH_CLAIM = "session_hash"
ACCESS_REFUSED = "This access token is not valid or has expired. Refresh it, or sign in again."
REFRESH_REFUSED = "This refresh token is not valid, has expired or was already used. Sign in again."
VERIFIED_FOR = 60.0
"""Seconds for which the signature of an access token is not checked again; its expiry and its user always are."""

Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TokenPair:
    access: str
    refresh: str


def issue_pair(user: User) -> TokenPair:
    """Return a new access token and refresh token; costs no query."""
    refresh = RefreshToken()
    refresh[api_settings.USER_ID_CLAIM] = str(user.public_id)
    refresh[HASH_CLAIM] = user.get_session_auth_hash()
    return TokenPair(access=str(refresh.access_token), refresh=str(refresh))


def user_of_access_token(text: str) -> User:
    """Return the user of an access token; one query. Raises NotSignedIn."""
    digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()
    claims = remembered(f"access-token:{digest}", lambda: _verified_claims(text), VERIFIED_FOR)
    if claims["exp"] <= time.time():
        raise NotSignedIn(ACCESS_REFUSED)
    user = _user_of(claims, ACCESS_REFUSED)
    user.credential = AccessTokenCredential(str(user.public_id), str(claims[HASH_CLAIM]), claims["exp"])
    return user


def _verified_claims(text: str) -> Claims:
    try:
        return AccessToken(cast(Any, text)).payload
    except TokenError as exc:
        raise NotSignedIn(ACCESS_REFUSED) from exc


def rotate_pair(refresh: str) -> tuple[User, TokenPair]:
    """Exchange a refresh token for a new pair; raises NotSignedIn. Of several concurrent requests, one succeeds."""
    token = _refresh_token(refresh)
    user = _user_of(token.payload, REFRESH_REFUSED)
    if not _spend(token):
        raise NotSignedIn(REFRESH_REFUSED)
    return user, issue_pair(user)


def revoke_refresh_token(refresh: str) -> User | None:
    """Revoke a refresh token and return its user; raises NotSignedIn if it is not valid."""
    token = _refresh_token(refresh)
    _spend(token)
    return User.objects.filter(public_id=token.get(api_settings.USER_ID_CLAIM)).first()


def _refresh_token(text: str) -> RefreshToken:
    try:
        return RefreshToken(cast(Any, text))
    except TokenError as exc:
        raise NotSignedIn(REFRESH_REFUSED) from exc


def _spend(token: RefreshToken) -> bool:
    """Mark the token as used; return False if it already was."""
    # blacklist() returns the tuple of get_or_create, although its annotation says otherwise.
    _, spent_now = cast(tuple[Any, bool], token.blacklist())
    return spent_now


_ACTIVE_USER = PreparedQuery(
    lambda public_id: User.objects.filter(public_id=public_id, is_active=True), User._meta.get_field("public_id")
)


def _user_of(claims: Claims, refusal: str) -> User:
    user = _ACTIVE_USER.row(claims.get(api_settings.USER_ID_CLAIM))
    if user is None or not constant_time_compare(claims.get(HASH_CLAIM, ""), user.get_session_auth_hash()):
        raise NotSignedIn(refusal)
    return user
