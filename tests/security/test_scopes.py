"""Personal tokens that may change things but not read: no response shows them what was there before."""

from __future__ import annotations

from accounts.api_tokens import create_api_token
from accounts.models import TokenScope
from tests.security.client import Caller
from tests.security.owned_rows import MARK, Belongings
from tests.security.routes import METHODS, our_routes, paths

FIELDS = {"title": "Mine", "preferred_index": 1, "role": "x"}


def test_a_token_that_may_not_read_is_shown_nothing(belongings: Belongings) -> None:
    _, text = create_api_token(belongings.owner, name="narrow", scopes=[TokenScope.WRITE])
    caller = Caller(((b"authorization", f"Bearer {text}".encode()),))

    shown = [
        (method, path)
        for route in our_routes()
        if route.is_api and route.names_owned_object
        for path in paths(route, belongings)
        if not any(key in path for key in belongings.endless)
        for method in METHODS
        if method not in ("GET", "DELETE")
        if MARK in caller.ask(method, path, FIELDS).body
    ]

    assert shown == []


def test_it_may_still_stop_what_it_has_started(belongings: Belongings) -> None:
    _, text = create_api_token(belongings.owner, name="narrow", scopes=[TokenScope.WRITE])
    caller = Caller(((b"authorization", f"Bearer {text}".encode()),))

    response = caller.ask("POST", f"/api/v1/comparisons/{belongings.waiting.comparison.public_id}/cancel")

    assert response.status == 200
