"""The models that providers list, with what they state about each.

No two vendors name their fields alike, so a field is looked for under all of its names, and one that makes no sense
counts as not stated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from providers.adapters.base import ListedModel
from providers.adapters.capabilities import ALL_EFFORTS, Capabilities, Thinking, capabilities_of
from providers.adapters.loose_json import MOST_DOLLARS, Frame, decimal, mapping, mappings

NOT_TEXT = re.compile(
    r"embed|whisper|tts|dall-e|image|audio|realtime|moderation|transcribe|rerank|sora|speech|diffusion|flux|guard"
    r"|davinci|babbage|computer-use|ocr|video|veo|imagen|lyria|bge-|live|robotics|omni-(?!\d*[bm]\b)|deep-research-(\w+-)?preview",
    re.IGNORECASE,
)
"""Words in the names of models that do not chat."""
NOT_TEXT_TYPES = frozenset({"embedding", "image", "audio", "video", "rerank", "moderation", "transcribe"})
CONTEXT = (
    *("context_length", "context_window", "max_context_length", "max_model_len", "context_size", "max_input_tokens"),
    *("input_token_limit", "max_sequence_length", "n_ctx_train"),
)
LOADED_CONTEXT = ("loaded_context_length", "context_length")
MAX_OUTPUT = ("max_completion_tokens", "max_output_length", "max_output_tokens", "output_token_limit")
INNER = ("top_provider", "limits", "metadata", "meta", "model_spec", "model_info")
"""Objects inside an entry that may have these fields."""
MOST_TOKENS = 100_000_000
PER_TOKEN = Decimal("0.0005")
"""Dollars below which a price is one of a single token: no model is so cheap that a million cost less."""
PRICE_NAMES = (("prompt", "input", "input_tokens"), ("completion", "output", "output_tokens"))
MILLION = 1_000_000
OPTIONAL_PARAMETERS = ("temperature", "top_p", "seed", "stop")
REASONING_WORDS = frozenset({"reasoning", "thinking", "include_reasoning", "reasoning_effort", "reasoning-content"})


def listed_models(listing: Any) -> list[ListedModel]:
    """Return the chat models of ``{"data": […]}``, ``{"models": […]}`` or a bare list, ordered by their ids, each
    once."""
    return by_id(listed_model(item) for item in _items(listing) if _is_offered(item))


def loaded_windows(listing: Any) -> dict[str, int]:
    """Return the context window that a local server has given to each model that it has loaded, by the model's id."""
    windows = {_name(item): number_in(item, LOADED_CONTEXT) for item in _items(listing)}
    return {name: window for name, window in windows.items() if window is not None}


def by_id(models: Iterable[ListedModel]) -> list[ListedModel]:
    found = {model.id: model for model in models if model.id}
    return [found[name] for name in sorted(found)]


def listed_model(item: Frame) -> ListedModel:
    """Return an entry of a list."""
    name = _name(item)
    input_price, output_price = _prices(item)
    return ListedModel(
        id=name,
        label=_label(item, name),
        context_window=number_in(item, CONTEXT),
        input_price=input_price,
        output_price=output_price,
        capabilities=_capabilities(item, name),
    )


def _items(listing: Any) -> list[Frame]:
    items = listing if isinstance(listing, list) else mapping(listing).get("data") or mapping(listing).get("models")
    return mappings(items)


def _name(item: Frame) -> str:
    return str(item.get("id") or item.get("name") or "")


def number_in(item: Frame, names: Iterable[str]) -> int | None:
    """Return the first number of tokens under one of these names, also in an object inside."""
    holders = [item, *(mapping(item.get(name)) for name in INNER)]
    for holder in holders:
        for name in names:
            number = decimal(holder.get(name))
            if number is not None and 0 < number <= MOST_TOKENS:
                return int(number)
    return None


def is_past(value: Any) -> bool:
    """Return True for a date, with or without a time, that is over."""
    try:
        when = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return (when if when.tzinfo else when.replace(tzinfo=UTC)) < datetime.now(UTC)


def _is_offered(item: Frame) -> bool:
    name, outputs = item.get("id") or item.get("name"), _modalities(item, "output")
    if not isinstance(name, str) or item.get("active") is False or item.get("is_deprecated") is True:
        return False
    if is_past(item.get("expiration_date") or item.get("deprecation") or item.get("retirement_date")):
        return False
    endpoints = item.get("endpoints")
    if isinstance(endpoints, list) and all(isinstance(each, str) for each in endpoints) and endpoints:
        return "chat" in endpoints or any("completions" in each for each in endpoints)
    if item.get("supports_chat") is False:
        return False
    if outputs:
        return "text" in outputs
    return str(item.get("type")) not in NOT_TEXT_TYPES and not NOT_TEXT.search(name)


def _label(item: Frame, name: str) -> str:
    label = next((each for each in (item.get("display_name"), item.get("name")) if isinstance(each, str)), "")
    label = "".join(each if each.isprintable() else " " for each in label[:1_000])
    return "" if label == name or label.islower() else " ".join(label.split())[:200]


def _modalities(item: Frame, direction: str) -> list[str]:
    for holder in (item, mapping(item.get("architecture")), mapping(item.get("modalities"))):
        for field_name in (f"{direction}_modalities", direction):
            value = holder.get(field_name)
            if isinstance(value, list):
                return [str(each).lower() for each in value]
    return []


def _words(item: Frame) -> set[str]:
    """Return the features, tags and parameters that an entry lists."""
    names = ("features", "supported_features", "tags", "supported_parameters", "supported_sampling_parameters")
    lists = (each.get(name) for each in (item, mapping(item.get("metadata"))) for name in names)
    return {word.lower() for each in lists if isinstance(each, list) for word in each if isinstance(word, str)}


def _capabilities(item: Frame, name: str) -> Capabilities:
    reasoning = _reasoning(item, name)
    return Capabilities(
        thinking=reasoning.thinking,
        efforts=reasoning.efforts,
        images=_images(item),
        lacks=_lacks(item),
        max_output=number_in(item, MAX_OUTPUT),
    )


def _reasoning(item: Frame, name: str) -> Capabilities:
    """Return when a model thinks and at which levels, as OpenRouter states it; others only state that it can."""
    stated = item.get("reasoning")
    if isinstance(stated, dict):
        efforts = stated.get("supported_efforts")
        levels = [each for each in ALL_EFFORTS if each in efforts] if isinstance(efforts, list) else []
        if stated.get("mandatory"):
            return Capabilities(Thinking.ALWAYS, tuple(each for each in levels if each != "none") or None)
        by_default = stated.get("default_enabled") is not False
        switched_off = ["none", *levels] if levels and "none" not in levels else levels
        return Capabilities(Thinking.BY_DEFAULT if by_default else Thinking.ON_REQUEST, tuple(switched_off) or None)
    flags = (mapping(item.get("capabilities")).get("reasoning"), stated, item.get("thinking"))
    if False in flags:
        return Capabilities(Thinking.NEVER)
    can_think = True in flags or bool(REASONING_WORDS & _words(item))
    if can_think and not capabilities_of(name).reasons:
        return Capabilities(Thinking.BY_DEFAULT)
    return Capabilities()


def _images(item: Frame) -> bool | None:
    inputs = _modalities(item, "input")
    if inputs:
        return "image" in inputs
    flags = (
        *(item.get(each) for each in ("supports_image_input", "supports_vision", "supports_images")),
        *(mapping(item.get("capabilities")).get(each) for each in ("vision", "image_input")),
    )
    stated = next((each for each in flags if isinstance(each, bool)), None)
    return True if stated is None and {"vision", "image_input"} & _words(item) else stated


def _lacks(item: Frame) -> frozenset[str] | None:
    """Return the parameters that a model does not take, if its entry lists those that it takes."""
    supported = item.get("supported_parameters") or item.get("supported_sampling_parameters")
    if not isinstance(supported, list) or not supported:
        return None
    return frozenset(each for each in OPTIONAL_PARAMETERS if each not in supported)


def _prices(item: Frame) -> tuple[Decimal | None, Decimal | None]:
    """Return the prices of input and output in dollars per million tokens; vendors state them for a million or for
    one."""
    pricing = mapping(item.get("pricing") or mapping(item.get("metadata")).get("pricing"))
    stated = [_price(pricing, names) for names in PRICE_NAMES]
    unit = MILLION if any(0 < each < PER_TOKEN for each in stated if each is not None) else 1
    of_input, of_output = (None if each is None or each * unit > MOST_DOLLARS else each * unit for each in stated)
    return of_input, of_output


def _price(pricing: Frame, names: Iterable[str]) -> Decimal | None:
    price = next((each for name in names if (each := decimal(pricing.get(name))) is not None), None)
    return None if price is None or price < 0 else price
