"""The stored form of what providers state about their models, and the models that a user's requests know of."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal
from functools import cache, partial
from typing import Any

from accounts.models import User
from core.process_cache import remembered
from providers.adapters.base import ListedModel
from providers.adapters.capabilities import Capabilities, Thinking
from providers.model_ref import ModelRef
from providers.models import KeySource, LanguageModel
from providers.selectors import key_sources

SECONDS = 60.0
"""The time for which a process remembers what is stored, since lists seldom change."""


def encode(model: ListedModel) -> dict[str, Any]:
    """Return the JSON of a listed model, without its id and without what its provider does not state."""
    known = model.capabilities
    stated = {
        "label": model.label or None,
        "context_window": model.context_window,
        "input_price": None if model.input_price is None else format(model.input_price, "f"),
        "output_price": None if model.output_price is None else format(model.output_price, "f"),
        "thinking": None if known.thinking is None else known.thinking.name,
        "efforts": None if known.efforts is None else list(known.efforts),
        "images": known.images,
        "lacks": None if known.lacks is None else sorted(known.lacks),
        "max_output": known.max_output,
    }
    return {name: value for name, value in stated.items() if value is not None}


def decode(model: str, stored: dict[str, Any]) -> ListedModel:
    """Return a listed model from its stored form."""
    if not stored:
        return ListedModel(model)
    thinking, efforts, lacks = stored.get("thinking"), stored.get("efforts"), stored.get("lacks")
    return ListedModel(
        id=model,
        label=stored.get("label", ""),
        context_window=stored.get("context_window"),
        input_price=_decimal(stored.get("input_price")),
        output_price=_decimal(stored.get("output_price")),
        capabilities=Capabilities(
            thinking=None if thinking is None else Thinking[thinking],
            efforts=None if efforts is None else tuple(efforts),
            images=stored.get("images"),
            lacks=None if lacks is None else frozenset(lacks),
            max_output=stored.get("max_output"),
        ),
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def known_model(user: User, model: ModelRef) -> ListedModel:
    """Return what ``known_models`` returns for one model."""
    return known_models(user, [model])[model]


def known_models(user: User, models: Collection[ModelRef]) -> dict[ModelRef, ListedModel]:
    """Return what the list for the key that this user's requests use states about models; of one that is not in it, its
    id alone. At most two queries for all that are not remembered."""
    sources = key_sources(user, {each.provider for each in models})
    own = [each for each in models if sources[each.provider] == KeySource.USER]
    return listed_for(user.pk, own) | listed_for(None, [each for each in models if each not in own])


def listed_for(owner: int | None, models: Collection[ModelRef]) -> dict[ModelRef, ListedModel]:
    """Return what the list of a user's own key states about models, or without an owner that of the server."""
    load = cache(partial(_load, owner, models))

    def load_one(model: ModelRef) -> ListedModel:
        return load()[model]

    return {each: remembered(f"model:{owner}:{each}", partial(load_one, each), SECONDS) for each in models}


def _load(owner: int | None, models: Collection[ModelRef]) -> dict[ModelRef, ListedModel]:
    rows = LanguageModel.objects.filter(
        owner=owner,
        provider__in={each.provider for each in models},
        model__in={each.model for each in models},
    )
    listed = {ModelRef(row.provider, row.model): stored_model(row) for row in rows}
    return {each: listed.get(each, ListedModel(each.model)) for each in models}


def stored_model(row: LanguageModel) -> ListedModel:
    """Return a stored model, with the label and context window of an administrator if there are any."""
    stated = decode(row.model, row.listed)
    return replace(stated, label=row.label or stated.label, context_window=row.context_window or stated.context_window)
