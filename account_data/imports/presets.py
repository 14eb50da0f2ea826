"""Export and import of presets and prompt templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from account_data.imports.ids import new_items
from account_data.imports.reader import Part
from accounts.models import User
from presets.models import NAME_LENGTH, Preset, PromptTemplate
from presets.schemas import checked_preset, checked_template
from presets.services import MAX_ITEMS

Json = dict[str, Any]
Kind = type[Preset] | type[PromptTemplate]


def preset_keys(model: Kind, user: User) -> list[int]:
    return list(model._default_manager.filter(user=user).order_by("pk").values_list("pk", flat=True))


def preset_json(key: int, _images: set[str]) -> Json | None:
    preset = Preset.objects.filter(pk=key).first()
    return None if preset is None else {"id": str(preset.public_id), "name": preset.name, **preset.data}


def template_json(key: int, _images: set[str]) -> Json | None:
    template = PromptTemplate.objects.filter(pk=key).first()
    return None if template is None else {"id": str(template.public_id), "name": template.name, "text": template.text}


def read_preset(part: Part, user: User) -> Preset:
    name, data = part.checked(checked_preset)
    return Preset(public_id=part.own_id("preset"), user=user, name=name, data=data)


def read_template(part: Part, user: User) -> PromptTemplate:
    checked = part.checked(checked_template)
    return PromptTemplate(public_id=part.own_id("template"), user=user, **checked)


def save_presets(model: Kind, user: User, items: Sequence[Any]) -> int:
    """Save the items that the user does not have yet and return their number; a name that is taken gets a number.

    Items beyond the number that a user may have are left out.
    """
    mine = model._default_manager.filter(user=user)
    names = set(mine.values_list("name", flat=True))
    new = new_items(user, items, lambda item: item, mine)[: max(0, MAX_ITEMS - len(names))]
    for item in new:
        item.name = _free_name(item.name, names)
        names.add(item.name)
    model._default_manager.bulk_create(new)
    return len(new)


def _free_name(name: str, names: set[str]) -> str:
    free, number = name, 1
    while free in names:
        number += 1
        # Six characters are enough for " (999)", and a user may not have that many.
        free = f"{name[: NAME_LENGTH - 6]} ({number})"
    return free
