"""Scopes of personal API tokens. Callers who sign in another way may do everything.

account   change keys, tokens, settings or the account; list the tokens
read      read everything else
write     change everything else; a change whose response shows what was there before needs both
"""

from __future__ import annotations

import re

from django.http import HttpRequest

from accounts.models import TokenScope, User
from core.errors import Forbidden

SHOWING = re.compile(
    r"/api/v1/(?:comparisons|conversations|results|presets|prompt-templates)/[^/]+(?:/(?:turns|retry|fork|messages/.*))?"
)
"""Paths whose response to a change shows more than what was sent."""
READING = frozenset({"GET", "HEAD", "OPTIONS"})
ACCOUNT = ("/api/v1/auth/", "/api/v1/keys")
TOKENS = "/api/v1/tokens"
LACKING = "This API token may not do that: it lacks the scope “{}”. Create one that has it under Settings."


def scopes_of_request(request: HttpRequest) -> tuple[TokenScope, ...]:
    """Return the scopes that a token needs for this request."""
    path = request.path_info
    if path.startswith(TOKENS):
        return (TokenScope.ACCOUNT,)
    if request.method in READING:
        return (TokenScope.READ,)
    if path.startswith(ACCOUNT):
        return (TokenScope.ACCOUNT,)
    shows = request.method != "DELETE" and SHOWING.fullmatch(path)
    return (TokenScope.WRITE, TokenScope.READ) if shows else (TokenScope.WRITE,)


def check_scope(user: User, scope: TokenScope) -> None:
    """Raise Forbidden if the user came with a token that lacks the scope."""
    if user.token_scopes is not None and scope not in user.token_scopes:
        raise Forbidden(LACKING.format(scope.value))
