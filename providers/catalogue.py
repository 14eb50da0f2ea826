"""The models that a user can choose from: those that the provider lists for the key that their requests use, or the
kind's short list as long as nothing was listed; and the demo models.

It takes three queries for the providers and one for the models. What a provider does not state about a model comes from
memory.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from accounts.models import User
from providers.adapters.base import ListedModel, Target
from providers.adapters.capabilities import capabilities_of
from providers.adapters.demo import DemoAdapter
from providers.kinds import ProviderKind
from providers.listed_models import stored_model
from providers.model_ref import ModelRef
from providers.prices import context_window, list_price
from providers.selectors import Access, listed_models, model_label, provider_accesses
from providers.shortlist import shortlisted_models

REFRESH = "Press Refresh to get the list of models from {label}, or add one by its id."
REFRESH_LOCAL = "Start {label} on the server's machine or set your own URL under Keys, then press Refresh."


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """A model as one user sees it. Prices are in dollars per million tokens; ``reason`` says why it is not available,
    or is empty; ``added_by_hand`` is True for a model that the user added by its id."""

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
    added_by_hand: bool = False

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


def catalogue(user: User) -> list[CatalogueModel]:
    """Return all models; those that this user can use come first. Four queries."""
    return [model for group in catalogue_groups(user) for model in group.models]


def catalogue_groups(user: User) -> list[CatalogueGroup]:
    """Return all models by provider, including providers without known models; usable ones come first. Four
    queries."""
    owned, shared, added = _listed(user)
    groups = [
        _group(access, (owned if access.key_source == "user" else shared)[access.provider], added[access.provider])
        for access in provider_accesses(user)
    ]
    return sorted(groups, key=lambda group: not group.usable)


_ByProvider = dict[str, list[ListedModel]]


def _listed(user: User) -> tuple[_ByProvider, _ByProvider, _ByProvider]:
    """Return the models listed for the user's own keys, those listed for the server's, and those that the user added,
    by provider."""
    owned, shared, added = (defaultdict[str, list[ListedModel]](list) for _ in range(3))
    for row in listed_models(user):
        rows = added if row.added_by_hand else shared if row.owner_id is None else owned
        rows[row.provider].append(stored_model(row))
    return owned, shared, added


def _group(access: Access, listed: list[ListedModel], added: list[ListedModel]) -> CatalogueGroup:
    usable = not access.refusal
    models = list(_best_first(access.kind, listed) if usable and listed else _built_in_models(access.kind))
    known = {model.id for model in models}
    models += [model for model in added if model.id not in known]
    reason = access.refusal or ("" if models else _no_models(access))
    return CatalogueGroup(
        provider=access.provider,
        label=access.info.label,
        color=access.info.color,
        models=list(_catalogue_models(access, models, {model.id for model in added})),
        reason=reason,
        can_refresh=usable and not is_demo(access.kind),
    )


def _catalogue_models(
    access: Access, models: Iterable[ListedModel], added: Collection[str]
) -> Iterable[CatalogueModel]:
    for listed in models:
        prices = list_price(access.provider, listed.id)
        capabilities = capabilities_of(listed.id, listed.capabilities)
        yield CatalogueModel(
            provider=access.provider,
            model=listed.id,
            label=listed.label or model_label(access.provider, listed.id),
            color=access.info.color,
            context_window=listed.context_window or context_window(access.provider, listed.id),
            input_price=prices.input if listed.input_price is None else listed.input_price,
            output_price=prices.output if listed.output_price is None else listed.output_price,
            reasoning=capabilities.reasons,
            vision=capabilities.images is True,
            available=not access.refusal,
            reason=access.refusal,
            added_by_hand=listed.id in added,
        )


def _built_in_models(kind: ProviderKind | None) -> Sequence[ListedModel]:
    if kind is None:
        return ()
    return _demo_models(kind) if is_demo(kind) else [ListedModel(each) for each in shortlisted_models(kind.slug)]


def _best_first(kind: ProviderKind | None, listed: Iterable[ListedModel]) -> list[ListedModel]:
    """Return the listed models, first those of the short list, in its order."""
    best = {model: position for position, model in enumerate(shortlisted_models(kind.slug) if kind else ())}
    return sorted(listed, key=lambda model: (best.get(model.id, len(best)), model.id))


def is_demo(kind: ProviderKind | None) -> bool:
    return kind is not None and isinstance(kind.adapter, DemoAdapter)


@cache
def _demo_models(kind: ProviderKind) -> tuple[ListedModel, ...]:
    return tuple(asyncio.run(kind.adapter.list_models(Target(kind.label, kind.base_url))))


def _no_models(access: Access) -> str:
    local = access.kind is not None and access.kind.local
    return (REFRESH_LOCAL if local else REFRESH).format(label=access.info.label)
