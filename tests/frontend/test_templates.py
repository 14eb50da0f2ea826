from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from tests.frontend.conftest import Render
from tests.frontend.samples import (
    Slot,
    Turn,
    compare_context,
    completed,
    detail_context,
    ended_slots,
    history_context,
    running_slots,
)

STATES: list[tuple[str, dict[str, Any]]] = [
    ("comparisons/compare.html", compare_context()),
    ("comparisons/compare.html", compare_context(chosen=[], errors={"prompt": "Write a prompt first."}, error="No.")),
    ("comparisons/comparison_detail.html", detail_context(Turn(running_slots(), running=True))),
    ("comparisons/comparison_detail.html", detail_context(Turn(ended_slots(), can_vote=True), live=False, poll=True)),
    ("comparisons/history.html", history_context(next=40, previous=0, search="a&b")),
    ("comparisons/history.html", history_context(comparisons=[], search="nothing")),
    ("comparisons/history.html", history_context(comparisons=[])),
    ("403.html", {}),
    ("404.html", {}),
    ("403_csrf.html", {}),
    ("500.html", {}),
]


@pytest.mark.parametrize(("template", "values"), STATES)
def test_it_renders_without_anything_inline(render: Render, template: str, values: dict[str, Any]) -> None:
    html = render(template, values)

    assert "<main" in html
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=", html)


@pytest.mark.parametrize(("template", "values"), STATES)
def test_it_gives_every_id_once(render: Render, template: str, values: dict[str, Any]) -> None:
    ids = re.findall(r'\sid="([^"]+)"', render(template, values))

    assert sorted(ids) == sorted(set(ids))


def test_it_renders_the_error_page_without_a_request(render: Render) -> None:
    html = render_to_string("500.html")

    assert "Something went wrong on our side" in html


def test_it_shows_the_admin_only_to_staff(render: Render) -> None:
    assert "/admin/" not in render("404.html")
    assert "/admin/" in render("404.html", is_staff=True)


def test_it_offers_eight_slots_with_what_was_chosen(render: Render) -> None:
    html = render("comparisons/compare.html", compare_context())

    selects = re.findall(r"<select id=\"model-\d\".*?</select>", html, re.DOTALL)
    chosen = [re.findall(r'value="([^"]+)"[^>]* selected', select) for select in selects]

    assert chosen == [["demo/demo-swift"], ["openai/gpt-5"], ["openai/gpt-5"], [], [], [], [], []]


def test_it_says_why_a_provider_cannot_be_chosen(render: Render) -> None:
    html = render("comparisons/compare.html", compare_context())

    assert "<option disabled>No key for Mistral is set. Add yours under Keys.</option>" in html
    assert 'value="mistral/mistral-large"' not in html.replace('data-value="', "")


def test_it_keeps_what_was_typed_and_escapes_it(render: Render) -> None:
    typed = {"prompt": "</textarea><b>", "system": "Be brief.", "temperature": 0, "reasoning_effort": "low"}

    html = render("comparisons/compare.html", compare_context(form=typed))

    assert "&lt;/textarea&gt;&lt;b&gt;</textarea>" in html
    assert re.search(r'name="temperature"[^>]* value="0"', html)
    assert re.search(r'value="low" selected', html)


def test_it_connects_the_socket_only_while_live(render: Render) -> None:
    turn = Turn(running_slots(), running=True)

    live = render("comparisons/comparison_detail.html", detail_context(turn))
    polled = render("comparisons/comparison_detail.html", detail_context(turn, live=False, poll=True))

    assert 'ws-connect="/ws/comparisons/' in live
    assert 'hx-trigger="every 2s"' not in live
    assert "ws-connect" not in polled
    assert 'hx-trigger="every 2s"' in polled


def test_it_reloads_itself_without_scripts_only_while_a_turn_runs(render: Render) -> None:
    running = render("comparisons/comparison_detail.html", detail_context(Turn(running_slots(), running=True)))
    ended = render("comparisons/comparison_detail.html", detail_context(Turn(ended_slots())))

    assert re.search(r'<noscript>\s*<meta http-equiv="refresh"', running)
    assert "http-equiv" not in ended


@pytest.mark.parametrize(
    ("status", "stop", "retry"),
    [
        ("queued", True, False),
        ("streaming", True, False),
        ("completed", False, False),
        ("failed", False, True),
        ("stopped", False, True),
        ("interrupted", False, True),
    ],
)
def test_it_offers_what_a_column_can_do(render: Render, status: str, stop: bool, retry: bool) -> None:
    slot = Slot(status=status)

    html = render("comparisons/_column.html", {"slot": slot})

    assert (f"/results/{slot.result_id}/cancel/" in html) is stop
    assert (f"/results/{slot.result_id}/retry/" in html) is retry


def test_it_renders_a_column_for_the_socket_without_a_request(render: Render) -> None:
    html = render_to_string("comparisons/_column.html", {"slot": completed(), "oob": True})

    assert html.count("hx-swap-oob") == 1
    assert "csrfmiddlewaretoken" not in html


def test_it_leaves_the_text_and_reasoning_containers_truly_empty(render: Render) -> None:
    html = render("comparisons/_column.html", {"slot": Slot(status="queued", html=mark_safe(""))})

    assert re.search(r'id="text-[^"]+"></div>', html)
    assert re.search(r'id="reasoning-text-[^"]+"></div>', html)


def test_it_escapes_reasoning_and_errors(render: Render) -> None:
    slot = Slot(status="failed", reasoning="<script>", error="<img>")

    html = render("comparisons/_column.html", {"slot": slot})

    assert "<script>" not in html
    assert "<img>" not in html


def test_it_marks_what_was_only_estimated(render: Render) -> None:
    reported = render("generations/_answer_metrics.html", {"slot": completed()})
    estimated = render("generations/_answer_metrics.html", {"slot": completed(usage_source="estimate")})

    assert "≈" not in reported
    assert estimated.count("≈") == 2


def test_it_shows_a_cost_of_nothing_and_hides_an_unknown_one(render: Render) -> None:
    assert "$0<" in render("generations/_answer_metrics.html", {"slot": completed(cost=Decimal(0))})
    assert "$" not in render("generations/_answer_metrics.html", {"slot": completed(cost=None)})


def test_it_lets_only_completed_answers_be_preferred(render: Render) -> None:
    html = render("comparisons/comparison_detail.html", detail_context(Turn(ended_slots(), can_vote=True)))

    assert re.findall(r'name="preferred_index"\s+value="(\d)"', html) == ["0", "1"]


@pytest.mark.parametrize(
    ("vote", "pressed"),
    [({"preferred_index": 0, "verdict": ""}, "vote-0-0"), ({"preferred_index": None, "verdict": "tie"}, "vote-0-tie")],
)
def test_it_shows_the_vote(render: Render, vote: dict[str, Any], pressed: str) -> None:
    turn = Turn(ended_slots(), can_vote=True, vote=vote)

    html = render("comparisons/comparison_detail.html", detail_context(turn))

    assert re.findall(r'id="(vote-[\w-]+)"[^>]*aria-pressed="true"', html) == [pressed]


def test_it_asks_on_only_below_the_last_turn(render: Render) -> None:
    turns = [Turn(ended_slots()[:2]), Turn([completed(7), completed(8)], number=1)]

    html = render("comparisons/comparison_detail.html", detail_context(*turns))

    assert html.count('class="follow-up"') == 1
    assert 'id="follow-up-1"' in html


def test_it_keeps_the_search_while_paging(render: Render) -> None:
    html = render("comparisons/history.html", history_context(next=40, previous=0, search="a&b"))

    assert 'href="?offset=40&amp;search=a%26b"' in html
    assert 'href="?offset=0&amp;search=a%26b"' in html
