"""The models that a user can choose from: each kind's short list, the demo models, and the models that refreshes found.

It takes three queries for the providers and one for the models; prices and capabilities come from memory.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from accounts.models import User
from providers.adapters.base import Target
from providers.adapters.demo import DemoAdapter
from providers.capabilities import capabilities_of
from providers.kinds import ProviderKind
from providers.model_ref import ModelRef
from providers.prices import context_window, list_price
from providers.selectors import Access, listed_models, model_label, provider_accesses
from providers.shortlist import shortlisted_models

REFRESH = "Press Refresh to get the list of models from {label}."
REFRESH_LOCAL = "Start {label} on the server's machine or set your own URL under Keys, then press Refresh."


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """A model as one user sees it. Prices are in dollars per million tokens; ``reason`` says why it is not available,
    or is empty."""

    provider: str
    model: str
    label: str
    color: str
    context_window: int | None
    input_price: Decimal | None
    output_price: Decimal | None
    reasoning: bool
    vision: bool
    available: bool
    reason: str

    @property
    def key(self) -> str:
        """The model as forms send it: "provider/model"."""
        return str(ModelRef(self.provider, self.model))


@dataclass(frozen=True, slots=True)
class CatalogueGroup:
    """A provider's models. ``reason`` says why none can be used or why there are none yet, or is empty;
    ``can_refresh`` is True if the user can fetch the provider's list."""

    provider: str
    label: str
    color: str
    models: list[CatalogueModel]
    reason: str
    can_refresh: bool

    @property
    def usable(self) -> bool:
        return not self.reason


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model from a short list, or one that a refresh found and stored."""

    model: str
    label: str = ""
    context_window: int | None = None


def catalogue(user: User) -> list[CatalogueModel]:
    """Return all models; those that this user can use come first. Four queries."""
    return [model for group in catalogue_groups(user) for model in group.models]


def catalogue_groups(user: User) -> list[CatalogueGroup]:
    """Return all models by provider, including providers without known models; usable ones come first. Four
    queries."""
    owned, shared = _listed(user)
    groups = [
        _group(access, (owned if access.key_source == "user" else shared)[access.provider])
        for access in provider_accesses(user)
    ]
    return sorted(groups, key=lambda group: not group.usable)


def _listed(user: User) -> tuple[dict[str, list[ListedModel]], dict[str, list[ListedModel]]]:
    """Return the models listed for the user's own keys, and those listed for the server's, by provider."""
    owned, shared = defaultdict[str, list[ListedModel]](list), defaultdict[str, list[ListedModel]](list)
    for provider, model, owner, label, window in listed_models(user):
        (shared if owner is None else owned)[provider].append(ListedModel(model, label, window))
    return owned, shared


def _group(access: Access, listed: list[ListedModel]) -> CatalogueGroup:
    usable = not access.refusal
    models = {model: ListedModel(model) for model in _built_in_models(access.kind)}
    if usable:
        models |= {item.model: item for item in listed}
    reason = access.refusal or ("" if models else _no_models(access))
    return CatalogueGroup(
        provider=access.provider,
        label=access.info.label,
        color=access.info.color,
        models=list(_catalogue_models(access, models.values())),
        reason=reason,
        can_refresh=usable and not is_demo(access.kind),
    )


def _catalogue_models(access: Access, models: Iterable[ListedModel]) -> Iterable[CatalogueModel]:
    for listed in models:
        prices, capabilities = list_price(access.provider, listed.model), capabilities_of(listed.model)
        yield CatalogueModel(
            provider=access.provider,
            model=listed.model,
            label=listed.label or model_label(access.provider, listed.model),
            color=access.info.color,
            context_window=listed.context_window or context_window(access.provider, listed.model),
            input_price=prices.input,
            output_price=prices.output,
            reasoning=capabilities.reasoning,
            vision=capabilities.vision,
            available=not access.refusal,
            reason=access.refusal,
        )


def _built_in_models(kind: ProviderKind | None) -> tuple[str, ...]:
    if kind is None:
        return ()
    return _demo_models(kind) if is_demo(kind) else shortlisted_models(kind.slug)


def is_demo(kind: ProviderKind | None) -> bool:
    return kind is not None and isinstance(kind.adapter, DemoAdapter)


@cache
def _demo_models(kind: ProviderKind) -> tuple[str, ...]:
    return tuple(asyncio.run(kind.adapter.list_models(Target(kind.label, kind.base_url))))


def _no_models(access: Access) -> str:
    local = access.kind is not None and access.kind.local
    return (REFRESH_LOCAL if local else REFRESH).format(label=access.info.label)
