"""Services that create, update and delete presets and prompt templates, and the queries for them."""

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

MAX_ITEMS = 200
"""Presets that a user may have, and as many templates."""
VARIABLE = re.compile(r"\{\{[ \t]*([^{}\s][^{}\n]{0,59}?)[ \t]*\}\}")
WORDS: dict[type[Preset] | type[PromptTemplate], str] = {Preset: "set", PromptTemplate: "template"}


def user_items(model: type[Item], user: User) -> QuerySet[Item]:
    """Return the user's presets or prompt templates, ordered by name."""
    return model._default_manager.filter(user=user)


def user_item(model: type[Item], user: User, public_id: object) -> Item:
    """Return one of the user's items; raises NotFound, also for another user's item and for a malformed id."""
    try:
        item = user_items(model, user).filter(public_id=uuid.UUID(str(public_id))).first()
    except ValueError:
        item = None
    if item is None:
        raise NotFound(f"There is no such {WORDS[model]}, or it is not yours.")
    return item


def variables(text: str) -> list[str]:
    """Return the names of the variables in a text, ``{{name}}``, each once, in their order."""
    return list(dict.fromkeys(VARIABLE.findall(text)))


def create_preset(*, user: User, name: str, data: dict[str, Any]) -> Preset:
    """Create a preset; raises InvalidInput for a taken name or an unknown provider, or if the user has too many."""
    _check_providers(user, data)
    return _create(Preset(user=user, name=name, data=data))


def create_template(*, user: User, name: str, text: str) -> PromptTemplate:
    """Create a prompt template; raises InvalidInput for a taken name, or if the user has too many."""
    return _create(PromptTemplate(user=user, name=name, text=text))


def update_preset(*, preset: Preset, name: str | None = None, data: dict[str, Any] | None = None) -> Preset:
    """Change a preset's name, its ``data``, or both; raises InvalidInput as ``create_preset`` does.

    Providers are checked only if the models change, so that a preset can be renamed although one of its providers was
    removed.
    """
    if data is not None:
        if data["providers"] != preset.data["providers"]:
            _check_providers(preset.user, data)
        preset.data = data
    preset.name = name or preset.name
    return _save(preset)


def update_template(*, template: PromptTemplate, name: str | None = None, text: str | None = None) -> PromptTemplate:
    """Change a template's name, its text, or both; raises InvalidInput for a taken name."""
    template.name = name or template.name
    template.text = text or template.text
    return _save(template)


def delete_item(item: Preset | PromptTemplate) -> None:
    """Delete a preset or a template; comparisons that were started from it stay."""
    item.delete()


def _check_providers(user: User, data: dict[str, Any]) -> None:
    known = {access.provider for access in provider_accesses(user)}
    unknown = [entry["provider"] for entry in data["providers"] if entry["provider"] not in known]
    if unknown:
        sentence = f"There is no provider called {unknown[0]} here."
        raise InvalidInput(sentence, fields={"providers": [sentence]})


def _create(item: Item) -> Item:
    model = type(item)
    if user_items(model, item.user).count() >= MAX_ITEMS:
        raise _refusal(f"You already have {MAX_ITEMS} {WORDS[model]}s. Delete one that you no longer need.")
    return _save(item)


def _save(item: Item) -> Item:
    try:
        with transaction.atomic():
            item.save()
    except IntegrityError as exc:
        raise _refusal(f"You already have a {WORDS[type(item)]} with this name. Choose another name.") from exc
    return item


def _refusal(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, fields={"name": [sentence]})
