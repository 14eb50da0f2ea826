from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from comparisons.models import Comparison
from comparisons.services import StartedTurn, rename_comparison
from generations.models import Generation
from tests.comparisons.requests import ask

HTMX = {"HX-Request": "true"}


def page(started: StartedTurn, what: str) -> str:
    return f"/comparisons/{started.comparison.public_id}/{what}/"


def test_it_renames_with_a_plain_form(browser: Client, started: StartedTurn) -> None:
    form = browser.get(page(started, "rename"))

    answer = browser.post(page(started, "rename"), {"title": "  A better\n title "}, follow=True)

    assert 'value="What is it like?"' in form.content.decode()
    assert answer.redirect_chain == [("/history/", 302)]
    assert "A better title" in answer.content.decode()
    assert "What is it like?" in answer.content.decode()


def test_it_renames_in_place(browser: Client, started: StartedTurn) -> None:
    form = browser.get(page(started, "rename"), headers=HTMX).content.decode()
    item = browser.post(page(started, "rename"), {"title": "Better"}, headers=HTMX).content.decode()

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
    answer = browser.post(page(started, "rename"), {"title": title}, headers=headers)

    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert Comparison.objects.get().title == "What is it like?"


def test_it_asks_before_it_deletes(browser: Client, started: StartedTurn) -> None:
    asked = browser.get(page(started, "delete")).content.decode()
    kept = Comparison.objects.count()

    answer = browser.post(page(started, "delete"), follow=True)

    assert "This cannot be undone." in asked
    assert kept == 1
    assert "No comparisons yet" in answer.content.decode()
    assert not Generation.objects.exists()


def test_it_stays_on_the_page_of_the_history_that_it_deletes_from(browser: Client, started: StartedTurn) -> None:
    shown = {**HTMX, "HX-Current-URL": "http://testserver/history/?search=like&offset=20"}
    elsewhere = {**HTMX, "HX-Current-URL": "http://testserver/keys/"}
    address = page(started, "delete")

    assert browser.post(address, headers=shown)["Location"] == "/history/?search=like&offset=20"
    assert browser.post(page(ask(started.comparison.user), "delete"), headers=elsewhere)["Location"] == "/history/"


def test_it_puts_the_form_away(browser: Client, started: StartedTurn) -> None:
    item = browser.get(page(started, "item"), headers=HTMX).content.decode()

    assert item.strip().startswith("<li")
    assert "What is it like?" in item


def test_it_shows_twenty_a_page_and_no_empty_one(browser: Client, alice: User) -> None:
    for number in range(21):
        ask(alice, prompt=f"Question {number}")

    first, second, beyond = (browser.get(f"/history/?offset={offset}").content.decode() for offset in (0, 20, 40))

    assert (first.count('class="history-item"'), second.count('class="history-item"')) == (20, 1)
    assert "Question 0<" in second
    assert "Question 0<" in beyond


def test_it_finds_prompts_and_titles(browser: Client, alice: User) -> None:
    rename_comparison(comparison=ask(alice, prompt="About rivers").comparison, title="Water")
    ask(alice, prompt="About stones")

    found = {word: browser.get(f"/history/?search={word}").content.decode() for word in ("rivers", "WATER", "fire")}

    assert "Water" in found["rivers"]
    assert "stones" not in found["rivers"]
    assert "Water" in found["WATER"]
    assert "Nothing found for “fire”" in found["fire"]
