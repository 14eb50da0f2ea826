from __future__ import annotations

import pytest

from tests.fake_providers import Script, StandIn
from tests.integration.api_client import Program
from tests.integration.event_reader import Json
from tests.support.live import Live


@pytest.fixture(scope="module")
def carol(live: Live) -> Program:
    """A user with three comparisons."""
    program = Program(live.register())
    for prompt in ("Name a color.", "Name a river.", "Name a\n  COLORFUL bird."):
        program.post("compare", program.body("openai/listed-a", "mistral/listed-b", prompt=prompt))
    return program


def titles(page: Json) -> list[str]:
    return [row["title"] for row in page["results"]]


def test_the_list_has_the_newest_first_in_pages(carol: Program) -> None:
    first = carol.get("comparisons?limit=2")
    second = carol.api.get(first["next"]).json()

    assert titles(first) == ["Name a COLORFUL bird.", "Name a river."]
    assert titles(second) == ["Name a color."]
    assert (first["previous"], second["next"]) == (None, None)
    assert carol.api.get(second["previous"]).json()["results"] == first["results"]
    assert "count" not in first
    assert carol.get("comparisons?limit=1&count=1")["count"] == 3


def test_a_row_has_the_prompt_and_the_models(carol: Program) -> None:
    row = carol.get("comparisons?search=river")["results"][0]

    assert row["prompt"] == "Name a river."
    assert [(slot["provider"], slot["model"], slot["status"]) for slot in row["results"]] == [
        ("openai", "listed-a", "completed"),
        ("mistral", "listed-b", "completed"),
    ]


@pytest.mark.parametrize(("search", "count"), [("color", 2), ("RIVER", 1), ("Name", 3), ("mountain", 0), ("%", 0)])
def test_the_search_looks_at_prompts(carol: Program, search: str, count: int) -> None:
    page = carol.api.get("/api/v1/comparisons", params={"search": search}).json()

    assert len(page["results"]) == count


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "offset=-1"])
def test_bad_page_parameters_are_refused(carol: Program, query: str) -> None:
    response = carol.api.get(f"/api/v1/comparisons?{query}")

    assert response.status_code == 400


def test_a_comparison_can_be_renamed_and_deleted(alice: Program, vendors: StandIn) -> None:
    comparison_id = alice.post("compare", alice.body("openai/renamed"))["id"]
    path = f"/api/v1/comparisons/{comparison_id}"

    renamed = alice.api.patch(path, json={"title": "Better"}).json()
    read = alice.api.get(path).json()
    deleted = alice.api.delete(path)

    assert renamed == read
    assert read["title"] == "Better"
    assert deleted.status_code == 204
    assert alice.api.get(path).status_code == 404
    assert comparison_id not in {row["id"] for row in alice.get("comparisons")["results"]}


def test_a_stranger_sees_and_changes_nothing(alice: Program, bob: Program, vendors: StandIn) -> None:
    vendors.default = Script(text="private")
    finished = alice.post("compare", alice.body("openai/secret"))
    path = f"/api/v1/comparisons/{finished['id']}"
    result = f"/api/v1/results/{finished['turns'][0]['results'][0]['result_id']}"

    responses = [
        bob.api.get(path),
        bob.api.patch(path, json={"title": "Mine"}),
        bob.api.delete(path),
        bob.api.post(f"{path}/turns", json={"prompt": "Mine?"}),
        bob.api.get(result),
        bob.api.get(f"{result}/events"),
        bob.api.post(f"{result}/retry"),
    ]

    assert [response.status_code for response in responses] == [404] * 7
    assert finished["id"] not in {row["id"] for row in bob.get("comparisons")["results"]}
    assert alice.get(f"comparisons/{finished['id']}") == finished
