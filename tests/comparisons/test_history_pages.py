from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from comparisons.models import Comparison
from comparisons.services import StartedTurn, rename_comparison
from generations.models import Generation
from tests.comparisons.conftest import Api
from tests.comparisons.without_worker import compare, end

HTMX = {"HX-Request": "true"}


def url(started: StartedTurn, page: str) -> str:
    return f"/comparisons/{started.comparison.public_id}/{page}/"


def test_it_renames_with_a_plain_form(browser: Client, started: StartedTurn) -> None:
    form = browser.get(url(started, "rename"))

    response = browser.post(url(started, "rename"), {"title": "  A better\n title "}, follow=True)

    assert 'value="What is it like?"' in form.content.decode()
    assert response.redirect_chain == [("/history/", 302)]
    assert "A better title" in response.content.decode()
    assert "What is it like?" in response.content.decode()


def test_it_renames_in_place(browser: Client, started: StartedTurn) -> None:
    form = browser.get(url(started, "rename"), headers=HTMX).content.decode()
    item = browser.post(url(started, "rename"), {"title": "Better"}, headers=HTMX).content.decode()

    assert form.strip().startswith("<li")
    assert item.strip().startswith("<li")
    assert ">Better</a>" in item


@pytest.mark.parametrize(
    ("title", "sentence"), [("", "Write a title first."), (" ", "Write a"), ("x" * 201, "Shorten it.")]
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["form", "htmx"])
def test_it_says_what_is_wrong_with_a_title(
    browser: Client, started: StartedTurn, title: str, sentence: str, headers: dict[str, str]
) -> None:
    response = browser.post(url(started, "rename"), {"title": title}, headers=headers)

    assert response.status_code == 400
    assert sentence in response.content.decode()
    assert Comparison.objects.get().title == "What is it like?"


def test_it_asks_before_it_deletes(browser: Client, started: StartedTurn) -> None:
    confirmation = browser.get(url(started, "delete")).content.decode()
    count_before = Comparison.objects.count()

    response = browser.post(url(started, "delete"), follow=True)

    assert "This cannot be undone." in confirmation
    assert count_before == 1
    assert "No comparisons yet" in response.content.decode()
    assert not Generation.objects.exists()


def test_it_stays_on_the_page_of_the_history_that_it_deletes_from(browser: Client, started: StartedTurn) -> None:
    shown = {**HTMX, "HX-Current-URL": "http://testserver/history/?search=like&offset=20"}
    elsewhere = {**HTMX, "HX-Current-URL": "http://testserver/keys/"}
    first = url(started, "delete")

    assert browser.post(first, headers=shown)["Location"] == "/history/?search=like&offset=20"
    assert browser.post(url(compare(started.comparison.user), "delete"), headers=elsewhere)["Location"] == "/history/"


def test_it_shows_the_item_again_instead_of_the_form(browser: Client, started: StartedTurn) -> None:
    item = browser.get(url(started, "item"), headers=HTMX).content.decode()

    assert item.strip().startswith("<li")
    assert "What is it like?" in item


def test_it_shows_twenty_on_a_page_and_no_empty_page(browser: Client, alice: User) -> None:
    for number in range(21):
        compare(alice, prompt=f"Question {number}")

    first, second, beyond = (browser.get(f"/history/?offset={offset}").content.decode() for offset in (0, 20, 40))

    assert (first.count('class="history-item"'), second.count('class="history-item"')) == (20, 1)
    assert "Question 0<" in second
    assert "Question 0<" in beyond


def test_it_finds_prompts_and_titles(browser: Client, alice: User) -> None:
    rename_comparison(comparison=compare(alice, prompt="About rivers").comparison, title="Water")
    compare(alice, prompt="About stones")

    pages = {word: browser.get(f"/history/?search={word}").content.decode() for word in ("rivers", "WATER", "fire")}

    assert "Water" in pages["rivers"]
    assert "stones" not in pages["rivers"]
    assert "Water" in pages["WATER"]
    assert "Nothing found for “fire”" in pages["fire"]


def test_a_list_reads_no_text_but_the_first_prompts(browser: Client, api: Api, alice: User) -> None:
    for _ in range(3):
        end(compare(alice).state.generations[0])

    with CaptureQueriesContext(connection) as queries:
        browser.get("/history/")
        body = api("GET", "comparisons").json()

    columns = " ".join(each["sql"].partition(" FROM ")[0] for each in queries if "generation" in each["sql"])
    assert not re.search(r'"(text|reasoning|timeline|request|past_attempts)"', columns)
    assert [len(row["results"]) for row in body["results"]] == [3, 3, 3]
    assert all(row["prompt"] for row in body["results"])


def test_a_list_shows_a_comparison_that_is_just_being_deleted(browser: Client, api: Api, started: StartedTurn) -> None:
    started.comparison.turns.all().delete()

    assert browser.get("/history/").status_code == 200
    assert api("GET", "comparisons").json()["results"][0]["results"] == []
