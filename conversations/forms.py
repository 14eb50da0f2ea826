"""Conversion between HTML forms for prompts and settings and the bodies of the API."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from core.errors import InvalidInput
from providers.model_ref import ModelRef, model_ref_json

SETTINGS = ("system", "temperature", "top_p", "max_tokens", "stop", "seed", "reasoning_effort")
NUMBERS: dict[str, type[int] | type[float]] = {"temperature": float, "top_p": float, "max_tokens": int, "seed": int}


def form_parameters(values: Mapping[str, str]) -> dict[str, Any]:
    """Return the parameters of a form, without the empty ones.

    A text that is not a number stays a text: the check of the body then reports it.
    """
    parameters: dict[str, Any] = {}
    for name, kind in NUMBERS.items():
        if text := values.get(name, "").strip():
            parameters[name] = text
            with suppress(ValueError, OverflowError):
                parameters[name] = kind(text.replace(",", "."))
    if stop := [line.rstrip("\r") for line in values.get("stop", "").split("\n") if line.strip()]:
        parameters["stop"] = stop
    if effort := values.get("reasoning_effort"):
        parameters["reasoning_effort"] = effort
    return parameters


def settings_values(system: str, parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return stored settings as the values of a form's fields."""
    values = {name: str(parameters.get(name, "")) for name in SETTINGS}
    return {**values, "system": system, "stop": "\n".join(parameters.get("stop", ()))}


def composer_body(data: Mapping[str, str]) -> dict[str, Any]:
    """Return a composer's form as the body of ``POST /api/v1/chat``; raises InvalidInput if no model is chosen."""
    provider, model = ModelRef.parse(data.get("model", ""))
    if not provider or not model:
        raise InvalidInput("Choose a model first.", fields={"model": ["Choose a model first."]})
    body: dict[str, Any] = {"provider": provider, "model": model}
    if "system" in data:
        body |= {"system": data["system"], "parameters": form_parameters(data)}
    if "fallback" in data:
        body["fallback"] = model_ref_json(data["fallback"].strip())
    for name in ("edit_of", "regenerate"):
        if data.get(name):
            body[name] = data[name]
    if "regenerate" not in body:
        body["message"] = data.get("message", "")
    return body
