"""Short lists: the few current models that a provider shows before its own list was fetched, chosen by rule.

A short list has the newest priced chat model of each family in genai-prices ("Claude Opus 4.5" and "Claude Opus 5" are
one family), unless it is more than one generation behind the vendor's newest model. A provider that serves models of
many labs shows one of each lab, beginning with the lab that has the most models.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from genai_prices.types import ClauseEquals, ClauseOr, ModelInfo

from providers.kinds import KINDS
from providers.prices import list_price, price_vendor

MAX_MODELS = 8
GENERATIONS = 1.0
# A number from here on is no version, but a size or a date.
MAX_VERSION = 20
NOT_CHAT = re.compile(
    r"embed|image|audio|realtime|moderation|transcri|tts|voice|voxtral|speech|whisper|orpheus|\bocr|search|research"
    r"|guard|\blive|computer.?use|robotics|omni|banana|video|decide|multi-agent|maas|routers/|instruct$|completion|rerank|:|^~",
    re.IGNORECASE,
)
NOT_OFFERED = re.compile(r"claude-mythos|grok-4(-1)?-fast")
"""Models that only few organizations may use, and retired ones under whose names their vendors serve others."""
SIZE = re.compile(r"\b\d+(\.\d+)?x?\d*[bkmt]\b|\b[a-z]\d+b\b|\b\d{4,}\b|\b\d{2}-\d{2}\b|\([^)]*\)", re.IGNORECASE)
VERSION = re.compile(r"\d+(?:\.\d+)?")
NOT_FAMILY = frozenset({"preview", "latest", "exp", "and", "chat"})


@dataclass(frozen=True, slots=True)
class Choice:
    """A model that may go on the short list; ``price`` is for output, in dollars per million tokens."""

    model: str
    lab: str
    family: str
    version: float
    price: Decimal

    @property
    def brand(self) -> str:
        return self.family.partition(" ")[0]


@cache
def shortlisted_models(provider: str) -> tuple[str, ...]:
    """Return the ids of a kind's short list, newest first; empty if genai-prices does not know the kind, or its models
    have other names for each customer."""
    if provider in KINDS and (KINDS[provider].shortlist or KINDS[provider].base_url_form):
        return KINDS[provider].shortlist
    vendor = price_vendor(provider)
    choices = sorted(_choices(provider, vendor.models if vendor else ()), key=_newest_first)
    newest = _first_of_each(lambda choice: choice.family, choices)
    labs = Counter(choice.lab for choice in choices if choice.lab)
    shortlist = _one_of_each_lab(newest, labs) if len(labs) > 1 else _current_generation(newest)
    return tuple(choice.model for choice in shortlist)[:MAX_MODELS]


def _one_of_each_lab(choices: list[Choice], labs: Counter[str]) -> list[Choice]:
    first = _first_of_each(lambda choice: choice.lab, [choice for choice in choices if choice.lab])
    return sorted(first, key=lambda choice: -labs[choice.lab])


def _current_generation(choices: list[Choice]) -> list[Choice]:
    """Return the vendor's own models before those of other vendors that it serves; its own have the commonest brand."""
    own = Counter(choice.brand for choice in choices).most_common(1)[0][0] if choices else ""
    oldest = max((choice.version for choice in choices if choice.brand == own), default=0) - GENERATIONS
    return sorted((choice for choice in choices if choice.version >= oldest), key=lambda choice: choice.brand != own)


def _choices(provider: str, models: Iterable[ModelInfo]) -> Iterable[Choice]:
    for info in models:
        name, model = info.name or "", api_id(info)
        if not name or not model or info.deprecated or NOT_CHAT.search(f"{model} {name}") or NOT_OFFERED.search(model):
            continue
        prices = list_price(provider, model)
        if prices.output:
            yield Choice(
                model, model.split("/")[0] if "/" in model else "", _family(name), _version(name), prices.output
            )


def api_id(info: ModelInfo) -> str | None:
    """Return an id that the provider accepts for a model: the table's own if it is one, else one that it matches."""
    if info.is_match(info.id):
        return info.id
    clauses = info.match.or_ if isinstance(info.match, ClauseOr) else [info.match]
    return next((clause.equals for clause in clauses if isinstance(clause, ClauseEquals)), None)


def _newest_first(choice: Choice) -> tuple[float, Decimal, str]:
    return -choice.version, -choice.price, choice.model


def _version(name: str) -> float:
    numbers = (float(number) for number in VERSION.findall(SIZE.sub(" ", name)))
    return next((number for number in numbers if number < MAX_VERSION), 0.0)


def _family(name: str) -> str:
    words = re.findall(r"[a-z]+", VERSION.sub(" ", SIZE.sub(" ", name)).lower())
    return " ".join(word for word in words if word not in NOT_FAMILY)


def _first_of_each(group: Callable[[Choice], str], choices: Iterable[Choice]) -> list[Choice]:
    first: dict[str, Choice] = {}
    for choice in choices:
        first.setdefault(group(choice), choice)
    return list(first.values())
