"""The models that a user can choose from: a short list of each kind, the demo models, and all that refreshes found.

Three queries for the providers, one for the models; prices and the like come from memory.
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
from providers.selectors import Access, accesses, listed_models, model_label
from providers.shortlist import shortlisted_models

ASK = "Press Refresh to ask {label} which models there are."
ASK_LOCAL = "Start {label} on the server's machine or set your own URL under Keys, then press Refresh."


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """A model as one user sees it; prices are dollars per million tokens, ``reason`` says why it is not available."""

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
    """A provider's models. ``reason`` says why none of them can be used, or why there are none yet; a refresh can
    change the latter if ``can_refresh``."""

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
class Listed:
    """A stored model that a refresh found."""

    model: str
    label: str = ""
    context_window: int | None = None


def catalogue(user: User) -> list[CatalogueModel]:
    """Return all models, those that this user can use first; four queries."""
    return [model for group in catalogue_groups(user) for model in group.models]


def catalogue_groups(user: User) -> list[CatalogueGroup]:
    """Return all models by provider, also providers of which no model is known yet; four queries."""
    owned, shared = _listed(user)
    groups = [
        _group(access, (owned if access.key_source == "user" else shared)[access.provider]) for access in accesses(user)
    ]
    return sorted(groups, key=lambda group: not group.usable)


def _listed(user: User) -> tuple[dict[str, list[Listed]], dict[str, list[Listed]]]:
    """Return the models listed for the user's own keys and for the server's, by provider."""
    owned, shared = defaultdict[str, list[Listed]](list), defaultdict[str, list[Listed]](list)
    for provider, model, owner, label, window in listed_models(user):
        (shared if owner is None else owned)[provider].append(Listed(model, label, window))
    return owned, shared


def _group(access: Access, listed: list[Listed]) -> CatalogueGroup:
    usable = not access.refusal
    models = {item: Listed(item) for item in _offered(access.kind)}
    if usable:
        models |= {item.model: item for item in listed}
    reason = access.refusal or ("" if models else _unasked(access))
    return CatalogueGroup(
        provider=access.provider,
        label=access.info.label,
        color=access.info.color,
        models=list(_catalogued(access, models.values())),
        reason=reason,
        can_refresh=usable and not is_demo(access.kind),
    )


def _catalogued(access: Access, models: Iterable[Listed]) -> Iterable[CatalogueModel]:
    for listed in models:
        prices, can = list_price(access.provider, listed.model), capabilities_of(listed.model)
        yield CatalogueModel(
            provider=access.provider,
            model=listed.model,
            label=listed.label or model_label(access.provider, listed.model),
            color=access.info.color,
            context_window=listed.context_window or context_window(access.provider, listed.model),
            input_price=prices.input,
            output_price=prices.output,
            reasoning=can.reasoning,
            vision=can.vision,
            available=not access.refusal,
            reason=access.refusal,
        )


def _offered(kind: ProviderKind | None) -> tuple[str, ...]:
    if kind is None:
        return ()
    return _demo_models(kind) if is_demo(kind) else shortlisted_models(kind.slug)


def is_demo(kind: ProviderKind | None) -> bool:
    return kind is not None and isinstance(kind.adapter, DemoAdapter)


@cache
def _demo_models(kind: ProviderKind) -> tuple[str, ...]:
    return tuple(asyncio.run(kind.adapter.list_models(Target(kind.label, kind.base_url))))


def _unasked(access: Access) -> str:
    local = access.kind is not None and access.kind.local
    return (ASK_LOCAL if local else ASK).format(label=access.info.label)
