from __future__ import annotations

from collections.abc import Iterator

from accounts.models import User
from tests.security.client import Answer, Caller, in_browser, in_program, visitor
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
"""Fields that some route or other accepts, so that only the owner is missing."""


def test_it_shows_owners_what_it_hides_from_strangers(belongings: Belongings) -> None:
    owner = in_browser(belongings.owner)

    hidden = [
        path
        for route in our_routes()
        if route.names_what_is_owned
        for path in paths(route, belongings)[:1]
        if (answer := owner.ask("GET", path)).status != 405 and not (answer.status == 200 and MARK in answer.body)
    ]

    assert hidden == []


def test_it_gives_a_stranger_nothing_of_the_owners(belongings: Belongings, stranger: User) -> None:
    before = rows_of(belongings.owner)

    problems = [
        problem
        for route in our_routes()
        for caller in [in_browser(stranger), *([in_program(stranger)] if route.of_api else [])]
        for problem in _walked(route, caller, belongings)
    ]

    assert problems == []
    assert rows_of(belongings.owner) == before


def test_it_sends_visitors_to_the_sign_in(belongings: Belongings) -> None:
    before = rows_of(belongings.owner)

    problems = [problem for route in our_routes() for problem in _visited(route, belongings)]

    assert problems == []
    assert rows_of(belongings.owner) == before


def test_it_opens_the_admin_to_administrators_alone(belongings: Belongings, stranger: User) -> None:
    before = rows_of(belongings.owner)
    callers = (visitor(), in_browser(stranger))

    problems = [
        f"{method} {path} gave {answer.status}"
        for route in admin_routes()
        for path in [admin_path(route, belongings)]
        for caller in callers
        for method in ("GET", "POST")
        if not _is_closed(answer := caller.ask(method, path, FIELDS))
    ]

    assert problems == []
    assert rows_of(belongings.owner) == before


def test_it_tells_nobody_about_the_owner_where_people_sign_in(belongings: Belongings, stranger: User) -> None:
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


def _walked(route: Route, caller: Caller, belongings: Belongings) -> Iterator[str]:
    for path in paths(route, belongings):
        answers = {method: caller.ask(method, path, FIELDS) for method in METHODS}
        for method, answer in answers.items():
            yield from _leaks(f"{method} {path}", answer)
        statuses = {answer.status for answer in answers.values()}
        if route.names_what_is_owned and statuses - {405} != {404}:
            yield f"{path} gave {sorted(statuses)} where a stranger may only see 404"


def _visited(route: Route, belongings: Belongings) -> Iterator[str]:
    refused = 401 if route.of_api else "the sign-in"
    for path in paths(route, belongings):
        answers = [visitor().ask(method, path, FIELDS) for method in METHODS]
        for answer in answers:
            yield from _leaks(path, answer)
        ends = {_end(answer) for answer in answers} - {405}
        if route.name not in PUBLIC and ends != {refused}:
            yield (
                f"{path} gave a visitor {ends} and not only {refused}. "
                f"If it is meant for everybody, add {route.name!r} to PUBLIC in tests/security/routes.py"
            )


def _end(answer: Answer) -> int | str:
    """Return the status of a response, or the redirect of visitors to the sign-in."""
    to_sign_in = answer.status == 302 and answer.headers["location"].startswith("/accounts/login/?next=/")
    return "the sign-in" if to_sign_in else answer.status


def _is_closed(answer: Answer) -> bool:
    return answer.status in {302, 403, 404, 405} and MARK not in answer.all_of_it


def _leaks(what: str, answer: Answer) -> Iterator[str]:
    if MARK in answer.all_of_it.lower():
        yield f"{what} tells a stranger of the owner's things"
    if answer.status >= 500 and "/health/ready" not in what:
        yield f"{what} gave {answer.status}"
