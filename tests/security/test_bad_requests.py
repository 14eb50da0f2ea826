from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from providers.models import ProviderKey
from tests.security.bad_bodies import BAD_TEXTS, BAD_VALUES, LONG, MISSING, NOT_JSON, NOT_OBJECTS, NUL
from tests.security.client import Caller, in_program
from tests.security.error_shape import refusal
from tests.security.owned_rows import Belongings, rows_of

MISSING_OBJECTS = [
    *(f"{method} comparisons/{MISSING}" for method in ("GET", "PATCH", "DELETE")),
    *(f"POST comparisons/{MISSING}/{action}" for action in ("turns", "vote", "cancel")),
    *(f"{method} conversations/{MISSING}" for method in ("GET", "PATCH", "DELETE")),
    *(f"POST conversations/{MISSING}/{action}" for action in ("cancel", "fork")),
    *(f"POST conversations/{MISSING}/messages/{MISSING}/{action}" for action in ("show", "retry")),
    *(f"GET conversations/{MISSING}/{part}" for part in ("stream", "export")),
    f"DELETE images/{MISSING}",
    f"DELETE conversations/{MISSING}/messages/{MISSING}",
    *(f"{method} presets/{MISSING}" for method in ("GET", "PATCH", "DELETE")),
    *(f"{method} prompt-templates/{MISSING}" for method in ("GET", "PATCH", "DELETE")),
    *(f"GET comparisons/{MISSING}/{part}" for part in ("stream", "export", "export?format=csv")),
    *(f"GET results/{MISSING}{part}" for part in ("", "/events")),
    *(f"POST results/{MISSING}/{action}" for action in ("cancel", "retry")),
    *(f"DELETE {path}" for path in (f"tokens/{MISSING}", "keys/mistral", "keys/nobody")),
    *("PUT keys/nobody", "POST keys/nobody/test"),
]
BAD_PAGES = [f"{name}={value}" for name in ("limit", "offset") for value in ("-1", "x", "1.5", "1e3", "²", "9" * 30)]
BAD_PAGES += ["limit=0", "limit=101", "limit=1000", f"search={'x' * 201}", "search=%00", "count=perhaps"]
BAD_FORMATS = ("xml", "JSON", "csv", "%00", "json,markdown")
BAD_COMPARISONS: tuple[Any, ...] = ({}, [7], NUL)
BAD_ARCHIVES: tuple[bytes, ...] = (
    *(b"{}", b'{"format": "llmselect-archive"}', b'{"format": "llmselect-archive", "version": 2}'),
    *(
        json.dumps({"format": "llmselect-archive", "version": 1, "comparisons": bad}).encode()
        for bad in BAD_COMPARISONS
    ),
)
BAD_PASSWORDS: tuple[Any, ...] = (None, "", "wrong", 7, True, ["x"], {}, NUL, LONG)
BAD_EVENT_IDS = (
    "garbage",
    "1",
    "-1",
    "1-",
    "1-x",
    "-1-1",
    "1-1-1",
    "²-²",
    "9" * 50 + "-1",
    f"{2**64}-1",
    f"1-{2**64}",
    "%00",
    "1-1%00",
)
BAD_INDEXES: tuple[Any, ...] = (-1, 1, 2, 8, 10**30, "0", 0.0, True, [0], {})
BAD_VERDICTS: tuple[Any, ...] = ("", "best", "TIE", 7, True, ["tie"], {}, NUL, LONG)
BAD_VOTES: tuple[dict[str, Any], ...] = (
    *(
        {},
        {"preferred_index": None},
        {"preferred_index": 0, "verdict": "tie"},
        {"preferred_index": None, "verdict": ""},
    ),
    *({"preferred_index": bad} for bad in BAD_INDEXES),
    *({"verdict": bad} for bad in BAD_VERDICTS),
    *({"preferred_index": 0, "turn": bad} for bad in (-1, "0", 0.0, True, [0])),
)


@pytest.fixture
def owner(belongings: Belongings) -> Caller:
    return in_program(belongings.owner)


@pytest.fixture
def ended(belongings: Belongings) -> str:
    return f"/api/v1/comparisons/{belongings.ended.comparison.public_id}"


@pytest.fixture
def waiting(belongings: Belongings) -> str:
    return f"/api/v1/comparisons/{belongings.waiting.comparison.public_id}"


def test_it_responds_404_for_objects_that_do_not_exist(newcomer: User) -> None:
    caller = in_program(newcomer)
    fields = {"prompt": "Hello", "preferred_index": 0, "title": "A title", "api_key": "sk-1"}

    requests = [line.split() for line in MISSING_OBJECTS]
    responses = [caller.ask(method, f"/api/v1/{path}", fields) for method, path in requests]

    assert all(refusal(response, 404, "not_found") for response in responses)


def test_it_refuses_bad_prompts_of_further_turns(belongings: Belongings, owner: Caller, ended: str) -> None:
    before = rows_of(belongings.owner)
    bodies = [{}, *({"prompt": bad} for bad in ("", "  \n", None, *BAD_TEXTS))]

    responses = [owner.ask("POST", f"{ended}/turns", body) for body in bodies]
    raw = [owner.send("POST", f"{ended}/turns", each, "application/json") for each in (*NOT_OBJECTS, *NOT_JSON)]

    assert all("prompt" in refusal(response, 400, "validation_error")["fields"] for response in responses)
    assert all(refusal(response, 400, "validation_error") for response in raw)
    assert rows_of(belongings.owner) == before


def test_it_refuses_bad_images_of_turns_and_chats(belongings: Belongings, owner: Caller, ended: str) -> None:
    before = rows_of(belongings.owner)
    chat = {"message": "Look", "provider": "demo", "model": "demo-swift"}

    responses = [
        response
        for images in BAD_VALUES["images"]
        for response in (
            owner.ask("POST", f"{ended}/turns", {"prompt": "Look", "images": images}),
            owner.ask("POST", "/api/v1/chat", {**chat, "images": images}),
            owner.ask("POST", "/api/v1/chat/stream", {**chat, "images": images}),
        )
    ]

    fields = [next(iter(refusal(response, 400, "validation_error")["fields"])) for response in responses]
    assert {field.partition(".")[0] for field in fields} == {"images"}
    assert rows_of(belongings.owner) == before


@pytest.mark.parametrize("query", ["", "?stream=true"])
def test_it_refuses_a_turn_while_one_runs(belongings: Belongings, owner: Caller, waiting: str, query: str) -> None:
    before = rows_of(belongings.owner)

    response = owner.ask("POST", f"{waiting}/turns{query}", {"prompt": "And now?"})

    refusal(response, 409, "conflict")
    assert rows_of(belongings.owner) == before


@pytest.mark.parametrize("stream", ["perhaps", "", "2", "%00", "¼Ó"])
def test_it_refuses_a_bad_stream_parameter(belongings: Belongings, owner: Caller, ended: str, stream: str) -> None:
    before = rows_of(belongings.owner)

    response = owner.ask("POST", f"{ended}/turns?stream={stream}", {"prompt": "And now?"})

    assert "stream" in refusal(response, 400, "validation_error")["fields"]
    assert rows_of(belongings.owner) == before


def test_it_refuses_turns_and_retries_when_redis_is_unavailable(
    belongings: Belongings, owner: Caller, ended: str, lose_redis: Callable[[], None]
) -> None:
    before = rows_of(belongings.owner)
    lose_redis()
    failed = belongings.ended.state.generations[1].public_id

    responses = [
        owner.ask("POST", f"{ended}/turns", {"prompt": "And now?"}),
        owner.ask("POST", f"/api/v1/results/{failed}/retry"),
    ]

    assert all(refusal(response, 503, "unavailable") for response in responses)
    assert rows_of(belongings.owner) == before


def test_it_refuses_bad_votes(belongings: Belongings, owner: Caller, ended: str) -> None:
    before = rows_of(belongings.owner)

    responses = [owner.ask("POST", f"{ended}/vote", body) for body in BAD_VOTES]
    raw = [owner.send("POST", f"{ended}/vote", each, "application/json") for each in (*NOT_OBJECTS, *NOT_JSON)]

    assert all(refusal(response, 400, "validation_error") for response in (*responses, *raw))
    assert rows_of(belongings.owner) == before


def test_it_refuses_votes_for_turns_that_do_not_exist(belongings: Belongings, owner: Caller, ended: str) -> None:
    before = rows_of(belongings.owner)

    responses = [owner.ask("POST", f"{ended}/vote", {"verdict": "tie", "turn": turn}) for turn in (1, 2**31, 10**18)]

    assert all(refusal(response, 404, "not_found") for response in responses)
    assert rows_of(belongings.owner) == before


def test_it_refuses_votes_before_the_end(belongings: Belongings, owner: Caller, waiting: str) -> None:
    before = rows_of(belongings.owner)

    responses = [owner.ask("POST", f"{waiting}/vote", body) for body in ({"preferred_index": 0}, {"verdict": "tie"})]

    assert all(refusal(response, 409, "conflict") for response in responses)
    assert rows_of(belongings.owner) == before


def test_it_refuses_to_retry_what_completed_or_still_runs(belongings: Belongings, owner: Caller) -> None:
    before = rows_of(belongings.owner)
    completed, running = belongings.ended.state.generations[0], belongings.waiting.state.generations[0]

    responses = [owner.ask("POST", f"/api/v1/results/{each.public_id}/retry") for each in (completed, running)]

    assert all(refusal(response, 409, "conflict") for response in responses)
    assert rows_of(belongings.owner) == before


def test_it_stops_nothing_that_has_ended(belongings: Belongings, owner: Caller, ended: str) -> None:
    before = rows_of(belongings.owner)
    result = belongings.ended.state.generations[0].public_id

    responses = [owner.ask("POST", path) for path in (f"{ended}/cancel", f"/api/v1/results/{result}/cancel")]

    assert [json.loads(response.body) for response in responses] == [{"stopped": 0}] * 2
    assert rows_of(belongings.owner) == before


def test_it_refuses_bad_titles(belongings: Belongings, owner: Caller, ended: str) -> None:
    before = rows_of(belongings.owner)
    bodies = [{}, *({"title": bad} for bad in ("", "  ", None, "x" * 201, *BAD_TEXTS))]

    responses = [owner.ask("PATCH", ended, body) for body in bodies]

    assert all("title" in refusal(response, 400, "validation_error")["fields"] for response in responses)
    assert rows_of(belongings.owner) == before


def test_it_refuses_bad_parameters_of_lists(newcomer: User) -> None:
    caller = in_program(newcomer)

    responses = {query: caller.ask("GET", f"/api/v1/comparisons?{query}") for query in BAD_PAGES}

    fields = {
        query: list(refusal(response, 400, "validation_error")["fields"]) for query, response in responses.items()
    }
    assert fields == {query: [query.partition("=")[0]] for query in BAD_PAGES}


def test_it_refuses_bad_formats_of_comparison_exports(owner: Caller, ended: str) -> None:
    responses = [
        owner.ask("GET", f"{ended}/export?format={bad}") for bad in ("xml", "JSON", "csv,json", "%00", "x" * 5000)
    ]

    assert all("format" in refusal(response, 400, "validation_error")["fields"] for response in responses)


def test_it_refuses_bad_event_ids(owner: Caller, ended: str) -> None:
    responses = [owner.ask("GET", f"{ended}/stream?after={after}") for after in BAD_EVENT_IDS]
    header = Caller((*owner.headers, (b"last-event-id", b"garbage"))).ask("GET", f"{ended}/stream")

    assert all("after" in refusal(response, 400, "validation_error")["fields"] for response in (*responses, header))


def test_it_refuses_bad_keys(newcomer: User) -> None:
    caller = in_program(newcomer)
    bodies: list[dict[str, Any]] = [
        *({}, {"api_key": None}, {"api_key": ""}, {"api_key": "a b"}, {"api_key": "ключ"}, {"api_key": "x" * 1001}),
        *({"api_key": bad} for bad in (True, ["x"], {"a": 1}, NUL, LONG)),
        *({"api_key": "sk-1", "base_url": bad} for bad in ("x", "ftp://a.example", "http://127.0.0.1:1", 7, NUL, LONG)),
    ]

    responses = [caller.ask("PUT", "/api/v1/keys/openai", body) for body in bodies]

    assert all(refusal(response, 400, "validation_error")["fields"] for response in responses)
    assert not ProviderKey.objects.filter(user=newcomer).exists()


def test_it_refuses_bad_formats_of_chat_exports(belongings: Belongings, owner: Caller) -> None:
    chat = belongings.ids[0]["conversations", "public_id"]

    responses = [owner.ask("GET", f"/api/v1/conversations/{chat}/export?format={bad}") for bad in BAD_FORMATS]

    assert all("format" in refusal(response, 400, "validation_error")["fields"] for response in responses)


def test_it_refuses_bad_archives(belongings: Belongings, owner: Caller) -> None:
    before = rows_of(belongings.owner)

    responses = [
        owner.send("POST", "/api/v1/archive", raw, "application/json")
        for raw in (*BAD_ARCHIVES, *NOT_OBJECTS, *NOT_JSON)
    ]

    assert all(refusal(response, 400, "validation_error") for response in responses)
    assert rows_of(belongings.owner) == before


def test_it_deletes_no_account_without_its_password(belongings: Belongings, owner: Caller) -> None:
    belongings.owner.set_password("a long and quiet evening")
    belongings.owner.save()
    caller, before = in_program(belongings.owner), rows_of(belongings.owner)

    responses = [caller.ask("DELETE", "/api/v1/auth/me", {"password": bad}) for bad in BAD_PASSWORDS]
    raw = [caller.send("DELETE", "/api/v1/auth/me", each, "application/json") for each in (*NOT_OBJECTS, *NOT_JSON)]

    assert all(refusal(response, 400, "validation_error") for response in (*responses, *raw))
    assert rows_of(belongings.owner) == before
