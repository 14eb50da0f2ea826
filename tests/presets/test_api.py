from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from presets.models import Preset, PromptTemplate
from tests.comparisons.conftest import Api

DEMO = {"provider": "demo", "model": "demo-swift"}
SET: dict[str, Any] = {
    "name": "Two demos",
    "providers": [DEMO, {"provider": "demo", "model": "demo-thinker"}],
    "system": "Be brief.",
    "tier": "brief",
    "parameters": {"temperature": 0, "stop": ["END"]},
}
TEMPLATE = {"name": "Explain", "text": "Explain {{topic}} to {{reader}}."}
NOT_OBJECTS: tuple[Any, ...] = ([], [1], "Hello", 7, True)
BAD_ENTRIES: tuple[Any, ...] = (
    *({**DEMO, "provider": "nobody"}, {**DEMO, "model": " "}, {**DEMO, "model": 7}),
    *({**DEMO, "parameters": {"temperature": 1}}, {}, [], None),
)
BAD_SET_VALUES: dict[str, tuple[Any, ...]] = {
    "name": (None, "", "  ", 7, ["x"], "x" * 81, "a\0b"),
    "providers": (None, [], "demo", DEMO, [DEMO] * 9, *([bad] for bad in BAD_ENTRIES)),
    "system": (7, ["x"], "x" * 100_001, "a\0b"),
    "tier": ("long", 7),
    "parameters": ("hot", [], {"temperature": 3}, {"max_tokens": 0}),
}
BAD_TEMPLATE_VALUES: dict[str, tuple[Any, ...]] = {
    "name": (None, "", "x" * 81),
    "text": (None, "", " \n", 7, "x" * 100_001, "a\0b"),
}


def test_it_creates_a_set(api: Api) -> None:
    created = api("POST", "presets", SET)

    assert created.status_code == 201
    assert {name: created.json()[name] for name in SET} == SET
    assert api("GET", "presets").json() == [created.json()]
    assert api("GET", f"presets/{created.json()['id']}").json() == created.json()


def test_it_changes_only_the_given_fields(api: Api) -> None:
    preset = api("POST", "presets", SET).json()

    changed = api("PATCH", f"presets/{preset['id']}", {"name": " Another   name ", "tier": None})

    assert changed.json() == {**preset, "name": "Another name", "tier": None}
    assert api("GET", "presets").json() == [changed.json()]


def test_it_creates_changes_and_deletes_a_template(api: Api) -> None:
    template = api("POST", "prompt-templates", TEMPLATE).json()
    assert template["variables"] == ["topic", "reader"]
    path = f"prompt-templates/{template['id']}"

    changed = api("PATCH", path, {"text": "Define {{word}}."}).json()

    assert (changed["name"], changed["text"], changed["variables"]) == ("Explain", "Define {{word}}.", ["word"])
    assert api("GET", "prompt-templates").json() == [changed] == [api("GET", path).json()]
    assert api("DELETE", path).status_code == 204
    assert api("GET", path).status_code == 404


@pytest.mark.parametrize("field", BAD_SET_VALUES)
def test_it_refuses_a_bad_set_and_names_the_field(api: Api, field: str) -> None:
    preset = api("POST", "presets", SET).json()

    responses = [
        response
        for bad in BAD_SET_VALUES[field]
        for response in (
            api("POST", "presets", {**SET, "name": "Another", field: bad}),
            api("PATCH", f"presets/{preset['id']}", {field: bad}),
        )
    ]

    for response in responses:
        assert response.status_code == 400, response.content
        assert {name.partition(".")[0] for name in response.json()["error"]["fields"]} == {field}
    assert api("GET", "presets").json() == [preset]


@pytest.mark.parametrize("field", BAD_TEMPLATE_VALUES)
def test_it_refuses_a_bad_template_and_names_the_field(api: Api, field: str) -> None:
    template = api("POST", "prompt-templates", TEMPLATE).json()

    responses = [
        response
        for bad in BAD_TEMPLATE_VALUES[field]
        for response in (
            api("POST", "prompt-templates", {**TEMPLATE, "name": "Another", field: bad}),
            api("PATCH", f"prompt-templates/{template['id']}", {field: bad}),
        )
    ]

    for response in responses:
        assert response.status_code == 400, response.content
        assert set(response.json()["error"]["fields"]) == {field}
    assert api("GET", "prompt-templates").json() == [template]


@pytest.mark.parametrize("body", NOT_OBJECTS)
def test_it_refuses_bodies_that_are_not_objects(api: Api, body: Any) -> None:
    paths = {
        "presets": api("POST", "presets", SET).json()["id"],
        "prompt-templates": api("POST", "prompt-templates", TEMPLATE).json()["id"],
    }

    responses = [
        response
        for path, item in paths.items()
        for response in (api("POST", path, body), api("PATCH", f"{path}/{item}", body))
    ]

    assert [response.status_code for response in responses] == [400] * 4


def test_it_says_that_a_name_is_taken(api: Api) -> None:
    api("POST", "presets", SET)

    refused = api("POST", "presets", SET)

    sentence = "You already have a set with this name. Choose another name."
    assert refused.json()["error"] == {"code": "validation_error", "message": sentence, "fields": {"name": [sentence]}}


def test_items_of_another_user_are_not_found(api: Api, bob: User) -> None:
    items = [
        f"presets/{api('POST', 'presets', SET).json()['id']}",
        f"prompt-templates/{api('POST', 'prompt-templates', TEMPLATE).json()['id']}",
    ]
    bobs = Api(bob)

    responses = [bobs(method, item, {"name": "Mine"}) for item in items for method in ("GET", "PATCH", "DELETE")]

    assert [response.status_code for response in responses] == [404] * 6
    assert bobs("GET", "presets").json() == bobs("GET", "prompt-templates").json() == []
    assert Preset.objects.get().name == "Two demos"
    assert PromptTemplate.objects.get().name == "Explain"
