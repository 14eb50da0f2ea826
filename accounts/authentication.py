"""Authentication of all callers: of pages, the API, streams and sockets.

    Authorization: Bearer <access token | lls_…>     refused if it is not valid, whatever else was sent
    the session cookie                               with CSRF for unsafe methods
    Sec-WebSocket-Protocol: bearer, <token>          sockets of programs

The scopes of a personal token (lls_…) are checked here as well, by ``accounts/scopes.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, parse_cookie
from django.http.request import split_domain_port, validate_host
from django.utils.http import is_same_domain
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.request import Request

from accounts.api_tokens import PREFIX, user_of_api_token
from accounts.credentials import SessionCredential
from accounts.jwt import user_of_access_token
from accounts.models import TokenScope, User
from accounts.scopes import check_scope, scopes_of_request
from core.async_db import in_thread
from core.errors import Forbidden, NotSignedIn

SIGN_IN_FIRST = "Sign in first, or send a valid access token."
CSRF_MISSING = "The page is out of date or the CSRF token is missing. Reload the page and try again."
SUBPROTOCOL = "bearer"

Scope = Mapping[str, Any]


def signed_in_user(request: HttpRequest) -> User:
    """Return the caller of a plain view, which needs no session or auth middleware; one or two queries.

    Raises NotSignedIn, and Forbidden if a session comes without a CSRF token or a personal token lacks the scope.
    """
    user = user_of_request(request)
    if user is None:
        raise NotSignedIn(SIGN_IN_FIRST)
    return user


def user_of_request(request: HttpRequest) -> User | None:
    """Return the active user of the request's token or session, None if it has neither.

    Raises NotSignedIn for a token that is not valid, and Forbidden as ``signed_in_user`` does.
    """
    token = _bearer_token(request.headers.get("Authorization", ""))
    if token is None:
        return session_user(request)
    return _user_of_token(token, *scopes_of_request(request))


def session_user(request: HttpRequest) -> User | None:
    """Return the active user of the session cookie; raises Forbidden if an unsafe method comes without a CSRF token."""
    user = _user_of_session(request)
    if user is not None:
        _enforce_csrf(request)
    return user


async def socket_user(scope: Scope) -> User | None:
    """Return the active user who opens a socket; None without one, and for a token that is not valid.

    A cookie counts only if ``origin_allowed``. A client that offers the subprotocol ``bearer`` expects it accepted.
    Raises Forbidden if a personal token may not read.
    """
    try:
        user = await in_thread(_user_of_scope, scope)
    except NotSignedIn:
        return None
    return user


async def is_signed_in(scope: Scope) -> bool:
    """Return True if an HTTP request comes from an active user; one query, or two for a session.

    This decides only if its body is read: scopes and the CSRF token, which may be in the body, are checked by the view.
    """
    try:
        return await in_thread(_is_signed_in, scope)
    except NotSignedIn:
        return False


def origin_allowed(scope: Scope) -> bool:
    """Return True if the page that opens this socket is one of ours, of PUBLIC_URL or of a trusted origin.

    Also True without an Origin, which only programs omit.
    """
    origin = _header(scope, b"origin")
    if origin is None:
        return True
    scheme, _, netloc = origin.lower().partition("://")
    host = (_header(scope, b"host") or "").lower()
    if host and netloc == host and scheme in _schemes():
        return validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)
    return any(_matches(scheme, netloc, trusted) for trusted in settings.CSRF_TRUSTED_ORIGINS)


class ApiAuthentication(BaseAuthentication):
    """The authentication of REST framework's views. Without a header to name, it would turn each 401 into a 403."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        user = user_of_request(request._request)
        return None if user is None else (user, None)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _user_of_token(token: str, *scopes: TokenScope) -> User:
    user = user_of_api_token(token, scopes) if token.startswith(PREFIX) else user_of_access_token(token)
    for scope in scopes:
        check_scope(user, scope)
    return user


def _bearer_token(header: str) -> str | None:
    """Return the token; None for another scheme too, like Basic authentication that is meant for a proxy."""
    scheme, _, token = header.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _user_of_session(request: HttpRequest) -> User | None:
    """Return the user of the session, from the middleware if that ran, else from the cookie; None if there is none."""
    if not hasattr(request, "session"):
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if not key:
            return None
        request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    if not isinstance(user, User):
        return None
    user.credential = SessionCredential(str(request.session.session_key))
    return user


def _enforce_csrf(request: HttpRequest) -> None:
    check = CSRFCheck(lambda _: cast(Any, None))
    check.process_request(request)
    if check.process_view(request, cast(Any, None), (), {}):
        raise Forbidden(CSRF_MISSING)


def _user_of_scope(scope: Scope) -> User | None:
    token = _socket_token(scope)
    if token is not None:
        return _user_of_token(token, TokenScope.READ)
    return _user_of_cookie(scope) if origin_allowed(scope) else None


def _is_signed_in(scope: Scope) -> bool:
    token = _bearer_token(_header(scope, b"authorization") or "")
    return (_user_of_cookie(scope) if token is None else _user_of_token(token)) is not None


def _user_of_cookie(scope: Scope) -> User | None:
    request = HttpRequest()
    request.COOKIES = parse_cookie(_header(scope, b"cookie") or "")
    return _user_of_session(request)


def _socket_token(scope: Scope) -> str | None:
    header = _bearer_token(_header(scope, b"authorization") or "")
    if header is not None:
        return header
    match list(scope.get("subprotocols") or []):
        case [str(name), *rest] if name.lower() == SUBPROTOCOL:
            return str(rest[0]) if rest else ""
    return None


def _header(scope: Scope, name: bytes) -> str | None:
    values = [value for key, value in scope["headers"] if key == name]
    return values[0].decode("latin-1") if values else None


def _schemes() -> set[str]:
    return {"https"} if settings.PRODUCTION else {"http", "https"}


def _matches(scheme: str, netloc: str, trusted: str) -> bool:
    trusted_scheme, _, pattern = trusted.lower().partition("://")
    return scheme == trusted_scheme and is_same_domain(netloc, pattern.lstrip("*"))
