from __future__ import annotations

import uuid
from typing import Any

import pytest

from accounts.models import User
from core.errors import InvalidInput, NotFound
from presets import services
from presets.models import Preset, PromptTemplate
from providers.models import Endpoint

DATA: dict[str, Any] = {
    "providers": [{"provider": "demo", "model": "demo-swift"}],
    "system": "",
    "tier": None,
    "parameters": {},
}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("No variable at all: {x}, {{}}, {{ }}, {{a\nb}}", []),
        ("{{topic}} and {{ topic }}, then {{the reader's age}}", ["topic", "the reader's age"]),
        ("{{{{nested}}}} {{" + "x" * 60 + "}} {{" + "y" * 61 + "}}", ["nested", "x" * 60]),
    ],
)
def test_it_finds_each_variable_once_in_order(text: str, names: list[str]) -> None:
    assert services.variables(text) == names


def test_it_lists_the_items_of_a_user_by_name(alice: User, bob: User) -> None:
    for user, name in ((alice, "second"), (alice, "first"), (bob, "third")):
        services.create_preset(user=user, name=name, data=DATA)

    assert [preset.name for preset in services.user_items(Preset, alice)] == ["first", "second"]


def test_a_name_is_unique_for_a_user_and_kind(alice: User, bob: User) -> None:
    services.create_preset(user=alice, name="Work", data=DATA)
    services.create_preset(user=bob, name="Work", data=DATA)
    services.create_template(user=alice, name="Work", text="Hello")

    with pytest.raises(InvalidInput, match="You already have a set with this name"):
        services.create_preset(user=alice, name="Work", data=DATA)

    assert Preset.objects.count() == 2


def test_it_refuses_a_rename_to_a_name_that_is_taken(alice: User) -> None:
    services.create_template(user=alice, name="Taken", text="Hello")
    template = services.create_template(user=alice, name="Free", text="Hello")

    with pytest.raises(InvalidInput, match="You already have a template with this name"):
        services.update_template(template=template, name="Taken", text="Changed")

    template.refresh_from_db()
    assert (template.name, template.text) == ("Free", "Hello")


def test_it_refuses_too_many(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_ITEMS", 2)
    for number in range(2):
        services.create_preset(user=alice, name=f"Set {number}", data=DATA)

    with pytest.raises(InvalidInput, match="You already have 2 sets"):
        services.create_preset(user=alice, name="One more", data=DATA)

    services.create_template(user=alice, name="A template is something else", text="Hello")


def test_it_refuses_an_unknown_provider(alice: User) -> None:
    data = {**DATA, "providers": [{"provider": "nobody", "model": "x"}]}

    with pytest.raises(InvalidInput, match="There is no provider called nobody here"):
        services.create_preset(user=alice, name="Set", data=data)


def test_it_renames_a_set_whose_provider_was_removed(alice: User) -> None:
    endpoint = Endpoint.objects.create(slug="ours", name="Ours", base_url="http://127.0.0.1:9/v1")
    data = {**DATA, "providers": [{"provider": "ours", "model": "x"}]}
    preset = services.create_preset(user=alice, name="Set", data=data)
    endpoint.delete()

    services.update_preset(preset=preset, name="Old set", data=data)

    assert Preset.objects.get().name == "Old set"


def test_items_of_other_users_and_malformed_ids_are_not_found(alice: User, bob: User) -> None:
    template = services.create_template(user=alice, name="Mine", text="Hello")

    for user, wrong in ((bob, template.public_id), (alice, uuid.uuid4()), (alice, "x"), (alice, "")):
        with pytest.raises(NotFound):
            services.user_item(PromptTemplate, user, wrong)

    assert services.user_item(PromptTemplate, alice, str(template.public_id)) == template
