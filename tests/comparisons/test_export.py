from __future__ import annotations

import csv
import io
import json
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from accounts.models import User
from comparisons.json import comparison_json
from comparisons.services import StartedTurn, rename_comparison, vote
from images.json import image_json
from images.services import store_image
from tests.comparisons.without_worker import Status, compare, end
from tests.images import samples

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1")


@pytest.fixture
def ended(started: StartedTurn) -> StartedTurn:
    first, second, third = started.state.generations
    end(first, 'Say "yes", or\r\n"no".', time=1.5, ttft=0.25)
    end(second, "=HYPERLINK(0)", reasoning="Ça va, 世界?")
    end(third, "Half", Status.STOPPED)
    vote(user=started.comparison.user, turn=started.turn, preferred_index=1)
    return started


def export(browser: Client, started: StartedTurn, kind: str) -> Any:
    return browser.get(f"/api/v1/comparisons/{started.comparison.public_id}/export?format={kind}")


def rows(browser: Client, started: StartedTurn) -> list[dict[str, str]]:
    text = export(browser, started, "csv").content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_it_exports_json_of_the_public_shape(browser: Client, ended: StartedTurn) -> None:
    response = export(browser, ended, "json")

    assert json.loads(response.content) == comparison_json(ended.comparison)
    assert response["Content-Type"] == "application/json"


def test_it_is_json_without_a_format(browser: Client, ended: StartedTurn) -> None:
    response = browser.get(f"/api/v1/comparisons/{ended.comparison.public_id}/export")

    assert response.content == export(browser, ended, "json").content


def test_it_writes_a_row_for_each_turn_and_slot(browser: Client, ended: StartedTurn) -> None:
    table = rows(browser, ended)

    assert [(row["turn"], row["index"], row["model"], row["status"], row["preferred"]) for row in table] == [
        ("1", "1", "demo-swift", "completed", ""),
        ("1", "2", "demo-scholar", "completed", "yes"),
        ("1", "3", "demo-thinker", "stopped", ""),
    ]
    assert table[0]["response"] == 'Say "yes", or\r\n"no".'
    assert table[1]["reasoning"] == "Ça va, 世界?"
    assert (table[0]["time"], table[0]["ttft"], table[0]["output_tokens"]) == ("1.5", "0.25", "5")


def test_it_writes_csv_that_spreadsheets_read(browser: Client, ended: StartedTurn) -> None:
    response = export(browser, ended, "csv")

    assert response.content.startswith(b"\xef\xbb\xbfturn,prompt,")
    assert response.content.endswith(b"\r\n")
    assert response["Content-Type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize("text", FORMULAS)
def test_it_leaves_no_formula_in_a_cell(browser: Client, alice: User, text: str) -> None:
    started = compare(alice, prompt=f"{text} and more")
    end(started.state.generations[0], text)

    first = rows(browser, started)[0]

    assert first["response"] == f"'{text}"
    assert first["prompt"].startswith(f"'{text}")


INNER = {
    "\n=1+1": "'\n=1+1",
    " =2+2": "' =2+2",
    "a;=1+1": "a;'=1+1",
    "a\n @SUM(A1)": "a\n '@SUM(A1)",
    "a\n-2+cmd|' /C calc'!A0": "a\n'-2+cmd|' /C calc'!A0",
    "a;+HYPERLINK(b)": "a;'+HYPERLINK(b)",
    "Pros:\n- fast\n- small (12 kB)": "Pros:\n- fast\n- small (12 kB)",
    "a = 1; b = 2": "a = 1; b = 2",
}


@pytest.mark.parametrize("text", INNER)
def test_it_leaves_no_formula_inside_a_cell_either(browser: Client, alice: User, text: str) -> None:
    started = compare(alice, prompt="Hello?")
    end(started.state.generations[0], text)

    assert rows(browser, started)[0]["response"].replace("\r\n", "\n") == INNER[text]


def test_it_marks_no_number_as_text(browser: Client, ended: StartedTurn) -> None:
    assert all(not value.startswith("'") for row in rows(browser, ended) for value in (row["time"], row["cost"]))


def test_it_writes_markdown(browser: Client, ended: StartedTurn) -> None:
    response = export(browser, ended, "markdown")
    text = response.content.decode()

    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    assert text.startswith("# What is it like?\n\n")
    assert "## Turn 1\n\n> What is it like?\n\n**Vote:** 2. Demo Scholar\n\n### 1. Demo Swift (Demo)\n\n" in text
    assert "*completed · 1.5 s · first token after 0.25 s · 5 tokens" in text
    assert text.endswith("Half\n\n**Stopped.**\n")


@pytest.mark.usefixtures("uploads")
def test_it_names_and_mentions_the_images_of_a_turn(browser: Client, alice: User) -> None:
    image = store_image(user=alice, file=ContentFile(samples.encoded("PNG")))

    started = compare(alice, images=(image.public_id,))

    assert export(browser, started, "json").json()["turns"][0]["images"] == [image_json(image)]
    text = export(browser, started, "markdown").content.decode()
    assert "## Turn 1\n\n> What is it like?\n>\n> ![image 1] (40 × 20)\n\n### 1." in text


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("What is it like?", "what-is-it-like"),
        ('A "b"; c\r\nSet-Cookie: d', "a-b-c-set-cookie-d"),
        ("../../etc/passwd", "etc-passwd"),
        ("...", "comparison"),
        ("long " * 40, "long-" * 11 + "long"),
    ],
)
@pytest.mark.parametrize(("kind", "suffix"), [("json", "json"), ("markdown", "md"), ("csv", "csv")])
def test_it_names_the_file_after_the_title_and_day(
    browser: Client, ended: StartedTurn, title: str, name: str, kind: str, suffix: str
) -> None:
    rename_comparison(comparison=ended.comparison, title=title)

    disposition = export(browser, ended, kind)["Content-Disposition"]

    assert disposition == f'attachment; filename="{name}-{ended.comparison.created_at:%Y-%m-%d}.{suffix}"'


@pytest.mark.parametrize(
    ("title", "plain", "full"),
    [
        ("日本語のタイトル", "comparison", "日本語のタイトル"),
        ("😀😀", "comparison", "😀😀"),
        ("Привет", "comparison", "привет"),
        ("Straße", "strae", "straße"),
    ],
)
def test_it_keeps_the_letters_of_a_title(
    browser: Client, ended: StartedTurn, title: str, plain: str, full: str
) -> None:
    rename_comparison(comparison=ended.comparison, title=title)

    disposition = export(browser, ended, "csv")["Content-Disposition"]

    date = f"{ended.comparison.created_at:%Y-%m-%d}"
    assert disposition == f"attachment; filename=\"{plain}-{date}.csv\"; filename*=UTF-8''{quote(full)}-{date}.csv"


def test_it_exports_answers_that_still_run(browser: Client, started: StartedTurn) -> None:
    assert [row["status"] for row in rows(browser, started)] == ["queued"] * 3
    assert "*queued*" in export(browser, started, "markdown").content.decode()


@pytest.mark.parametrize("kind", ["pdf", "JSON", "csv%00"])
def test_it_refuses_an_unknown_format(browser: Client, ended: StartedTurn, kind: str) -> None:
    response = export(browser, ended, kind)

    assert response.status_code == 400
    assert response.json()["error"]["fields"]["format"] == ["This has to be one of: json, markdown, csv."]
