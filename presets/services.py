"""What a user keeps for the compare form: sets of models, and prompts with places to fill in."""

from __future__ import annotations

import re
import uuid
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import User
from core.errors import InvalidInput, NotFound
from presets.models import Preset, PromptTemplate
from providers.selectors import provider_accesses

Item = TypeVar("Item", Preset, PromptTemplate)

MOST = 200
VARIABLE = re.compile(r"\{\{[ \t]*([^{}\s][^{}\n]{0,59}?)[ \t]*\}\}")
WORDS: dict[type[Preset] | type[PromptTemplate], str] = {Preset: "set", PromptTemplate: "template"}


def own_items(model: type[Item], user: User) -> QuerySet[Item]:
    """All that the user keeps of a kind, by name."""
    return model._default_manager.filter(user=user)


def own_item(model: type[Item], user: User, public_id: object) -> Item:
    """Raises NotFound, also for somebody else's and for what is no id at all."""
    try:
        found = own_items(model, user).filter(public_id=uuid.UUID(str(public_id))).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound(f"There is no such {WORDS[model]}, or it is not yours.")
    return found


def variables(text: str) -> list[str]:
    """The names in ``{{…}}``, each once, in their order."""
    return list(dict.fromkeys(VARIABLE.findall(text)))


def add_preset(*, user: User, name: str, data: dict[str, Any]) -> Preset:
    """Raises InvalidInput for a name that is taken, an unknown provider, or where there are too many."""
    _check_providers(user, data)
    return _add(Preset(user=user, name=name, data=data))


def add_template(*, user: User, name: str, text: str) -> PromptTemplate:
    """Raises InvalidInput for a name that is taken, or where there are too many."""
    return _add(PromptTemplate(user=user, name=name, text=text))


def change_preset(*, preset: Preset, name: str | None = None, data: dict[str, Any] | None = None) -> Preset:
    """Another name, other ``data``, or both; raises as ``add_preset`` does.

    Models that stay are not checked again: a set can be renamed when one of its providers is gone.
    """
    if data is not None:
        if data["providers"] != preset.data["providers"]:
            _check_providers(preset.user, data)
        preset.data = data
    preset.name = name or preset.name
    return _stored(preset)


def change_template(*, template: PromptTemplate, name: str | None = None, text: str | None = None) -> PromptTemplate:
    """Another name, another text, or both; raises InvalidInput for a name that is taken."""
    template.name = name or template.name
    template.text = text or template.text
    return _stored(template)


def delete_item(item: Preset | PromptTemplate) -> None:
    """Delete what a user has kept; comparisons that came of it stay."""
    item.delete()


def _check_providers(user: User, data: dict[str, Any]) -> None:
    known = {each.provider for each in provider_accesses(user)}
    unknown = [entry["provider"] for entry in data["providers"] if entry["provider"] not in known]
    if unknown:
        sentence = f"There is no provider called {unknown[0]} here."
        raise InvalidInput(sentence, fields={"providers": [sentence]})


def _add(item: Item) -> Item:
    model = type(item)
    if own_items(model, item.user).count() >= MOST:
        raise _refusal(f"You have {MOST} {WORDS[model]}s already. Delete one that you no longer need.")
    return _stored(item)


def _stored(item: Item) -> Item:
    try:
        with transaction.atomic():
            item.save()
    except IntegrityError as exc:
        raise _refusal(f"You have a {WORDS[type(item)]} of this name already. Choose another name.") from exc
    return item


def _refusal(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, fields={"name": [sentence]})
