"""Queries of pages, lists and background work use an index, so that none gets slower with everybody's history."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from accounts.jwt import issue_pair
from accounts.models import User
from comparisons.models import Comparison, Vote
from comparisons.selectors import turn_number
from conversations.models import Conversation
from conversations.selectors import open_answer
from generations import selectors
from generations.limits.open_answers import count_open
from generations.limits.queue import whole_queue
from generations.models import Generation
from generations.worker import claims
from generations.worker.reaper import Reaper
from generations.worker.releases import release
from tests.comparisons.without_worker import compare, end
from tests.conversations.conftest import Chatter

HISTORY = (
    *("comparisons_comparison", "comparisons_candidate", "comparisons_turn", "comparisons_vote"),
    *("conversations_conversation", "conversations_message", "conversations_messageimage"),
    *("generations_run", "generations_generation"),
)
"""Tables with a row for everything that anybody has ever asked."""
PAGES = (
    *("/", "/history/", "/history/?search=like", "/history/?offset=20", "/comparisons/{comparison}/"),
    *("/comparisons/{comparison}/item/", "/chat/", "/chat/list/", "/chat/list/?search=like", "/chat/{chat}/"),
    *("/chat/{chat}/news/", "/settings/usage/", "/status/", "/saved/", "/keys/", "/models/"),
)
API = (
    *("comparisons", "comparisons?search=like", "comparisons?count=true", "comparisons/{comparison}"),
    *("comparisons/{comparison}/export", "results/{result}", "results/{result}/events", "conversations"),
    *("conversations?search=like", "conversations/{chat}", "conversations/{chat}/export", "usage"),
)


@pytest.fixture(autouse=True)
def _own_cache(own_cache: None) -> None:
    """Other tests' requests do not count."""


@pytest.fixture
def ids(transactional_db: None, redis: None) -> dict[str, str]:
    """The ids of a comparison, a result in it and a chat, all of Alice's, beside another user's."""
    alice, bob = (User.objects.create_user(name, f"{name}@example.org", None) for name in ("alice", "bob"))
    for user in (bob, alice):
        started = compare(user)
        for generation in started.state.generations:
            end(generation)
        Vote.objects.create(turn=started.comparison.turns.get(), user=user, preferred_index=0)
        chat = Chatter(user).say("What is it like?").conversation
    return {
        "comparison": str(started.comparison.public_id),
        "result": str(started.state.generations[0].public_id),
        "chat": str(chat.public_id),
    }


@contextmanager
def plans() -> Iterator[list[str]]:
    """Collect the queries that would look at all rows of a table, each with its plan."""
    scans: list[str] = []

    def explained(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        # Two commands in one are the lock and the count of a user's open answers; the count is checked alone.
        if not many and re.match(r"(SELECT|UPDATE|DELETE)\b", sql) and ";" not in sql:
            scans.extend(f"{line}\n{sql}" for line in _plan(sql, params) if _is_scan(line))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET enable_seqscan = off")
        try:
            yield scans
        finally:
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("RESET enable_seqscan")


def _plan(sql: str, params: Any) -> list[str]:
    cursor: Any = connection.connection.cursor()
    if connection.vendor == "postgresql":
        return [row[0] for row in cursor.execute(f"EXPLAIN {sql}", params).fetchall()]
    return [row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql.replace('%s', '?')}", params or ()).fetchall()]


def _is_scan(line: str) -> bool:
    """Return True if a line of a plan reads all rows of a table of the history, in any order."""
    words = line.split()
    if connection.vendor == "postgresql":
        return "Seq Scan on" in line and words[words.index("on") + 1] in HISTORY
    return words[0] == "SCAN" and words[1] in HISTORY


@pytest.mark.parametrize("path", PAGES)
def test_pages(ids: dict[str, str], path: str) -> None:
    browser = Client()
    browser.force_login(User.objects.get(username="alice"))

    with plans() as scans:
        assert browser.get(path.format(**ids)).status_code == 200

    assert scans == []


@pytest.mark.parametrize("path", API)
def test_api(ids: dict[str, str], path: str) -> None:
    client = Client(headers={"Authorization": f"Bearer {issue_pair(User.objects.get(username='alice')).access}"})

    with plans() as scans:
        assert client.get(f"/api/v1/{path.format(**ids)}").status_code == 200

    assert scans == []


def test_starts_ends_and_deletions(ids: dict[str, str]) -> None:
    alice = User.objects.get(username="alice")
    comparison, chat = (
        Comparison.objects.get(public_id=ids["comparison"]),
        Conversation.objects.get(public_id=ids["chat"]),
    )
    browser = Client()
    browser.force_login(alice)

    with plans() as scans:
        started = compare(alice)
        generation = Generation.objects.get(pk=started.state.generations[0].pk)
        end(generation)
        selectors.run_state(started.state.run.pk)
        selectors.latest_run_state(comparison.topic)
        selectors.latest_run_id(comparison.topic)
        selectors.open_run_states(started.comparison.topic)
        selectors.slot_generation(started.state.run.pk, 1)
        turn_number(started.state.run.pk)
        open_answer(chat)
        browser.post(f"/chat/{ids['chat']}/discard/")
        browser.post(f"/comparisons/{ids['comparison']}/delete/")

    assert scans == []
    assert not Comparison.objects.filter(pk=comparison.pk).exists()


@pytest.mark.skipif(connection.vendor == "postgresql", reason="its planner finds the index of open answers by itself")
def test_an_end_looks_only_at_open_answers_of_its_user(ids: dict[str, str]) -> None:
    started = compare(User.objects.get(username="alice"))
    lines: list[str] = []

    def explained(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.startswith("UPDATE generations_run"):
            lines.extend(_plan(sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        end(Generation.objects.get(pk=started.state.generations[0].pk))

    assert any("INDEX generations_open" in line for line in lines), lines


def test_background_work(ids: dict[str, str]) -> None:
    alice = User.objects.get(username="alice")
    started = compare(alice)

    with plans() as scans:
        Reaper().reap()
        whole_queue()
        release(alice)
        count_open(alice.pk)
        claims.claims_of("a-worker")
        with transaction.atomic():
            claims.claimable([started.state.run.pk])
            claims.take_of_runs([started.state.run.pk], "a-worker", 8)
            claims.take([started.state.generations[0].pk], "a-worker")

    assert scans == []
