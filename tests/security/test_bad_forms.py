from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from accounts.models import User
from tests.security.bad_bodies import LONG, NUL
from tests.security.client import Caller, Response, in_browser
from tests.security.error_shape import is_sentence
from tests.security.owned_rows import Belongings, rows_of
from tests.security.row_counts import nothing_created

FORM = "application/x-www-form-urlencoded"
MODELS = ["demo/demo-swift", "demo/demo-scholar"]
GOOD: dict[str, Any] = {"prompt": "Why is the sky <blue>?", "system": "Be & stay brief", "models": MODELS, "seed": "7"}
MISTAKES: list[tuple[str, dict[str, Any]]] = [
    *(("prompt", {"prompt": bad}) for bad in ("", " \n\t ", LONG, NUL)),
    *(("system", {"system": bad}) for bad in (LONG, NUL)),
    *(("models", {"models": bad}) for bad in ([], [""], MODELS[:1], MODELS * 4 + MODELS[:1], ["nobody/x", *MODELS])),
    *(("models", {"models": [bad, MODELS[0]]}) for bad in ("demo", "demo/", "demo/ ", "/x", NUL, LONG)),
    ("models", {"models": ["openai/gpt-4o", "mistral/mistral-large-latest"]}),
    *(("temperature", {"temperature": bad}) for bad in ("hot", "-1", "2.1", "nan", "inf", "-inf", "1e999", NUL)),
    *(("top_p", {"top_p": bad}) for bad in ("x", "-0.1", "1.1", "NaN")),
    *(("max_tokens", {"max_tokens": bad}) for bad in ("x", "0", "1.5", "-1", "9" * 20, "9" * 5000, "nan")),
    *(("seed", {"seed": bad}) for bad in ("x", "1.5", "9" * 20)),
    *(("stop", {"stop": bad}) for bad in ("a\nb\nc\nd\ne", "x" * 201, NUL)),
    ("reasoning_effort", {"reasoning_effort": "huge"}),
    ("tier", {"tier": "huge"}),
]


def post(caller: Caller, path: str, fields: dict[str, Any], *headers: tuple[bytes, bytes]) -> Response:
    body = urlencode(fields, doseq=True).encode()
    return Caller((*caller.headers, *headers)).send("POST", path, body, FORM)


def test_it_shows_the_form_again_with_a_sentence_at_the_field(newcomer: User) -> None:
    caller = in_browser(newcomer)

    with nothing_created():
        responses = [(field, change, post(caller, "/", {**GOOD, **change})) for field, change in MISTAKES]

    problems = [
        f"{field} {str(change)[:80]}: {problem}"
        for field, change, response in responses
        for problem in _problems(response, field, {**GOOD, **change})
    ]
    assert problems == []


def test_it_keeps_the_chosen_models(newcomer: User) -> None:
    response = post(in_browser(newcomer), "/", {**GOOD, "prompt": ""})

    chosen = re.findall(r'<option value="([^"]+)"[^>]*\sselected', response.body)
    assert chosen == MODELS


def test_it_shows_a_sentence_when_redis_is_unavailable(newcomer: User, lose_redis: Callable[[], None]) -> None:
    caller = in_browser(newcomer)
    lose_redis()

    with nothing_created():
        response = post(caller, "/", GOOD)

    assert response.status == 503
    assert "Try again in a minute." in response.body
    assert html.escape(GOOD["prompt"]) in response.body


@pytest.mark.parametrize("headers", [(), ((b"hx-request", b"true"),)], ids=["form", "htmx"])
def test_it_refuses_a_large_form_in_a_sentence(newcomer: User, headers: tuple[tuple[bytes, bytes], ...]) -> None:
    caller = in_browser(newcomer)

    with nothing_created():
        response = post(caller, "/", {**GOOD, "prompt": "x" * 3_000_000}, *headers)

    assert response.status == 413
    assert "larger than 2 MB" in response.body


def test_it_requires_the_csrf_token_for_every_change(belongings: Belongings) -> None:
    caller = _without_token(in_browser(belongings.owner))
    before = rows_of(belongings.owner)
    comparison = belongings.ended.comparison.public_id
    responses = [
        post(caller, "/", GOOD),
        post(caller, f"/comparisons/{comparison}/delete/", {}),
        post(caller, f"/comparisons/{comparison}/rename/", {"title": "Mine"}),
        post(caller, f"/comparisons/{comparison}/turns/", {"prompt": "And now?"}),
        post(caller, "/presets/", {**GOOD, "preset_name": "Mine"}),
        post(caller, f"/presets/{belongings.ids[0]['comparisons', 'preset_id']}/delete/", {}),
        post(caller, "/keys/openai/", {"api_key": "sk-of-somebody-else"}),
        post(caller, "/settings/streaming/", {}),
        post(caller, "/settings/archive/", {}),
        post(caller, "/settings/delete/", {"password": "a long and quiet evening"}),
        caller.ask("POST", "/api/v1/archive", {}),
        caller.ask("DELETE", "/api/v1/auth/me", {"password": "a long and quiet evening"}),
        *(caller.ask("POST", path, {"prompt": "Hello"}) for path in ("/api/v1/compare", "/api/v1/compare/stream")),
        caller.ask("DELETE", f"/api/v1/comparisons/{comparison}"),
        caller.ask("PATCH", "/api/v1/auth/me", {"streaming": False}),
    ]

    assert [response.status for response in responses] == [403] * len(responses)
    assert rows_of(belongings.owner) == before


def test_it_refuses_bad_turns_and_votes_on_the_page(belongings: Belongings) -> None:
    caller, path = in_browser(belongings.owner), f"/comparisons/{belongings.ended.comparison.public_id}/turns/"
    before = rows_of(belongings.owner)
    votes = [{}, {"preferred_index": "0", "verdict": "tie"}, {"verdict": "best"}, {"verdict": NUL}]
    votes += [{"preferred_index": bad} for bad in ("1", "2", "x", "-1", "²", "9" * 30)]
    prompts = ("", "  ", NUL, LONG)

    turn_responses = [post(caller, path, {"prompt": bad}) for bad in prompts]
    vote_responses = [post(caller, f"{path}0/vote/", vote) for vote in votes]
    missing = [post(caller, f"{path}{number}/vote/", {"verdict": "tie"}) for number in ("1", "9" * 12, "9" * 40)]

    assert [response.status for response in (*turn_responses, *vote_responses)] == [400] * (len(prompts) + len(votes))
    assert [response.status for response in missing] == [404] * 3
    assert rows_of(belongings.owner) == before


def test_it_refuses_bad_names_and_texts_of_presets_and_templates(belongings: Belongings) -> None:
    caller, ids = in_browser(belongings.owner), belongings.ids[0]
    preset, template = (ids["comparisons", name] for name in ("preset_id", "template_id"))
    names = ("", "  ", NUL, "x" * 81)
    before = rows_of(belongings.owner)

    responses = [
        *(post(caller, "/presets/", {**GOOD, "preset_name": bad}) for bad in names),
        *(post(caller, "/prompt-templates/", {**GOOD, "template_name": bad}) for bad in names),
        *(post(caller, f"/presets/{preset}/", {"name": bad}) for bad in names),
        *(post(caller, f"/prompt-templates/{template}/", {"name": bad, "text": "Hello"}) for bad in names),
        *(
            post(caller, f"/prompt-templates/{template}/", {"name": "Good", "text": bad})
            for bad in ("", " ", NUL, LONG)
        ),
        *(post(caller, path, {}) for path in ("/presets/", "/prompt-templates/", f"/presets/{preset}/")),
    ]

    assert [response.status for response in responses] == [400] * len(responses)
    assert rows_of(belongings.owner) == before


def test_it_applies_a_preset_whatever_else_is_posted(belongings: Belongings) -> None:
    caller, preset = in_browser(belongings.owner), belongings.ids[0]["comparisons", "preset_id"]

    responses = [post(caller, f"/presets/{preset}/apply/", {**GOOD, **change}) for _, change in MISTAKES]

    assert {response.status for response in responses} == {200}


@pytest.mark.parametrize("headers", [(), ((b"hx-request", b"true"),)], ids=["form", "htmx"])
def test_it_shows_a_bad_title_again_with_a_sentence(
    belongings: Belongings, headers: tuple[tuple[bytes, bytes], ...]
) -> None:
    caller, path = in_browser(belongings.owner), f"/comparisons/{belongings.ended.comparison.public_id}/rename/"
    before = rows_of(belongings.owner)

    responses = [post(caller, path, {"title": bad}, *headers) for bad in ("", " \n\t ", "x" * 201, NUL, LONG)]
    without = post(caller, path, {}, *headers)

    assert [response.status for response in (*responses, without)] == [400] * 6
    assert all(
        re.search(r'<p class="error"[^>]*>[A-Z][^<]+\.</p>', response.body) for response in (*responses, without)
    )
    assert rows_of(belongings.owner) == before


def test_it_deletes_nothing_without_a_post(belongings: Belongings) -> None:
    caller, path = in_browser(belongings.owner), f"/comparisons/{belongings.ended.comparison.public_id}/delete/"
    before = rows_of(belongings.owner)

    responses = [caller.ask(method, path) for method in ("GET", "HEAD", "DELETE", "PUT")]

    assert [response.status for response in responses] == [200, 200, 405, 405]
    assert rows_of(belongings.owner) == before


def test_it_shows_the_settings_again_if_the_archive_or_password_is_bad(belongings: Belongings) -> None:
    caller, before = in_browser(belongings.owner), rows_of(belongings.owner)

    responses = [
        *(post(caller, "/settings/archive/", fields) for fields in ({}, {"file": "text"}, {"file": NUL})),
        *(post(caller, "/settings/delete/", {"password": bad}) for bad in ("", "wrong", NUL, LONG)),
    ]

    assert [response.status for response in responses] == [400] * len(responses)
    assert all('role="alert"' in response.body for response in responses)
    assert rows_of(belongings.owner) == before


def test_it_shows_the_history_whatever_the_query_is(newcomer: User) -> None:
    caller = in_browser(newcomer)
    queries = ["search=%00", "search=%FF", f"search={'x' * 5000}", "offset=x", "offset=-1", f"offset={'9' * 30}"]

    responses = [caller.ask("GET", f"/history/?{query}") for query in queries]

    assert [response.status for response in responses] == [200] * len(queries)


def _problems(response: Response, field: str, typed: dict[str, Any]) -> list[str]:
    if response.status != 400:
        return [f"status {response.status}"]
    sentences = dict(re.findall(r'<p class="error" id="(\w+)-error">([^<]*)</p>', response.body))
    errors = {name: html.unescape(text) for name, text in sentences.items() if text}
    problems = [] if set(errors) == {field} and is_sentence(errors[field]) else [f"says {errors}"]
    choices = {"models", "reasoning_effort", "tier"}
    echoed = ("prompt", "system") if field in choices else ("prompt", "system", "seed", field)
    return problems + [f"{name} is lost" for name in echoed if html.escape(typed.get(name, "")) not in response.body]


def _without_token(caller: Caller) -> Caller:
    return Caller(tuple((name, value) for name, value in caller.headers if name != b"x-csrftoken"))
