from __future__ import annotations

import pytest

from account_data.services import Counts
from core.errors import InvalidInput
from presets.models import Preset, PromptTemplate
from presets.services import create_preset, create_template
from tests.account_data.conftest import Json, Person

DATA: Json = {
    "providers": [{"provider": "demo", "model": "demo-swift"}],
    "system": "Be brief.",
    "tier": "brief",
    "parameters": {"temperature": 0.5},
}


def test_presets_and_templates_are_imported_once(alice: Person, bob: Person) -> None:
    create_preset(user=alice.user, name="Quick", data=DATA)
    create_template(user=alice.user, name="Explain", text="Explain {{thing}}.")
    archive = alice.export()

    first, second = bob.import_json(archive), bob.import_json(archive)

    for section in ("presets", "prompt_templates"):
        assert (first.counts[section], second.counts[section]) == (Counts(1, 0), Counts(0, 1))
    assert Preset.objects.get(user=bob.user).data == DATA
    assert PromptTemplate.objects.get(user=bob.user).text == "Explain {{thing}}."


def test_a_name_that_is_taken_gets_a_number(alice: Person, bob: Person) -> None:
    for person in (alice, bob):
        create_template(user=person.user, name="Explain", text="Explain {{thing}}.")

    bob.import_json(alice.export())

    assert list(PromptTemplate.objects.filter(user=bob.user).values_list("name", flat=True)) == [
        "Explain",
        "Explain (2)",
    ]


def test_it_refuses_a_bad_preset_with_its_position(alice: Person, bob: Person) -> None:
    create_preset(user=alice.user, name="Quick", data=DATA)
    archive = alice.export()
    archive["presets"][0]["providers"] = []

    with pytest.raises(InvalidInput, match=r"Nothing was imported: presets\[0\] cannot be saved: Choose at least"):
        bob.import_json(archive)
