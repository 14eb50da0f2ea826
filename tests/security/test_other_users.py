from __future__ import annotations

from collections.abc import Iterator

from accounts.models import User
from tests.security.client import Caller, Response, in_browser, in_program, visitor
from tests.security.owned_rows import MARK, Belongings, rows_of
from tests.security.routes import (
    METHODS,
    PUBLIC,
    Route,
    admin_path,
    admin_routes,
    allauth_path,
    allauth_routes,
    our_routes,
    paths,
)

FIELDS = {
    "prompt": "May I?",
    "title": "Mine",
    "name": "mine",
    "preferred_index": 1,
    "provider": "openai",
    "api_key": "sk-of-the-stranger",
}
"""Fields that make the request valid on at least one route, so that only the permission is missing."""
SIGN_IN = "the sign-in page"


def test_it_shows_owners_what_it_hides_from_strangers(belongings: Belongings) -> None:
    owner = in_browser(belongings.owner)

    hidden = [
        path
        for route in our_routes()
        if route.names_owned_object
        for path in paths(route, belongings)[:1]
        if (response := owner.ask("GET", path)).status != 405 and not (response.status == 200 and MARK in response.body)
    ]

    assert hidden == []


def test_it_shows_a_stranger_nothing_of_the_owner(belongings: Belongings, stranger: User) -> None:
    before = rows_of(belongings.owner)

    problems = [
        problem
        for route in our_routes()
        for caller in [in_browser(stranger), *([in_program(stranger)] if route.is_api else [])]
        for problem in _problems_of_user(route, caller, belongings)
    ]

    assert problems == []
    assert rows_of(belongings.owner) == before


def test_it_sends_visitors_to_the_sign_in_page(belongings: Belongings) -> None:
    before = rows_of(belongings.owner)

    problems = [problem for route in our_routes() for problem in _problems_of_visitor(route, belongings)]

    assert problems == []
    assert rows_of(belongings.owner) == before


def test_it_opens_the_admin_to_administrators_only(belongings: Belongings, stranger: User) -> None:
    before = rows_of(belongings.owner)
    callers = (visitor(), in_browser(stranger))

    problems = [
        f"{method} {path} gave {response.status}"
        for route in admin_routes()
        for path in [admin_path(route, belongings)]
        for caller in callers
        for method in ("GET", "POST")
        if not _is_closed(response := caller.ask(method, path, FIELDS))
    ]

    assert problems == []
    assert rows_of(belongings.owner) == before


def test_the_sign_in_pages_reveal_nothing_about_the_owner(belongings: Belongings, stranger: User) -> None:
    before = rows_of(belongings.owner)

    problems = [
        problem
        for route in allauth_routes()
        for path in [allauth_path(route)]
        for caller in (visitor(), in_browser(stranger))
        for method in METHODS
        for problem in _leaks(f"{method} {path}", caller.ask(method, path, FIELDS))
    ]

    assert problems == []
    assert rows_of(belongings.owner) == before


def _problems_of_user(route: Route, caller: Caller, belongings: Belongings) -> Iterator[str]:
    for path in paths(route, belongings):
        responses = {method: caller.ask(method, path, FIELDS) for method in METHODS}
        for method, response in responses.items():
            yield from _leaks(f"{method} {path}", response)
        statuses = {response.status for response in responses.values()}
        if route.names_owned_object and statuses - {405} != {404}:
            yield f"{path} gave {sorted(statuses)} but a stranger may only see 404"


def _problems_of_visitor(route: Route, belongings: Belongings) -> Iterator[str]:
    refused = 401 if route.is_api else SIGN_IN
    for path in paths(route, belongings):
        responses = [visitor().ask(method, path, FIELDS) for method in METHODS]
        for response in responses:
            yield from _leaks(path, response)
        outcomes = {_outcome(response) for response in responses} - {405}
        if route.name not in PUBLIC and outcomes != {refused}:
            yield (
                f"{path} gave a visitor {outcomes} and not only {refused}. "
                f"If it is meant for everybody, add {route.name!r} to PUBLIC in tests/security/routes.py"
            )


def _outcome(response: Response) -> int | str:
    """Return the status of a response, or ``SIGN_IN`` if it sends visitors to the sign-in page."""
    to_sign_in = response.status == 302 and response.headers["location"].startswith("/accounts/login/?next=/")
    return SIGN_IN if to_sign_in else response.status


def _is_closed(response: Response) -> bool:
    return response.status in {302, 403, 404, 405} and MARK not in response.headers_and_body


def _leaks(request: str, response: Response) -> Iterator[str]:
    if MARK in response.headers_and_body.lower():
        yield f"{request} shows a stranger something of the owner"
    if response.status >= 500 and "/health/ready" not in request:
        yield f"{request} gave {response.status}"
