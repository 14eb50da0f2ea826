"""The page's form for a new comparison: between what a browser posts and the body that the API takes."""

from __future__ import annotations

from contextlib import suppress
from itertools import groupby
from typing import Any

from django.conf import settings
from django.http import QueryDict

from accounts.errors import InvalidInput, RequestError
from accounts.models import User
from comparisons.models import Candidate
from comparisons.requests import MAX_ENTRIES
from providers.catalogue import catalogue
from providers.selectors import provider_info

MIN_MODELS = 2
DEMO = "demo"
FIELDS = ("prompt", "system", "temperature", "top_p", "max_tokens", "stop", "seed", "reasoning_effort")
NUMBERS: dict[str, type[int] | type[float]] = {"temperature": float, "top_p": float, "max_tokens": int, "seed": int}


class ComparisonForm:
    """What was posted; ``body`` is the API's body of it, ``context`` what the template shows."""

    def __init__(self, user: User, data: QueryDict) -> None:
        self._user = user
        self._values = {name: data.get(name, "") for name in FIELDS}
        self._chosen = [value for value in data.getlist("models") if value]

    @classmethod
    def empty(cls, user: User) -> ComparisonForm:
        """A fresh form, with the models that the user asked last; at first with the demo's."""
        form = cls(user, QueryDict())
        demos = [f"{DEMO}/{each.model}" for each in catalogue(user) if each.provider == DEMO]
        form._chosen = _last_choice(user) or demos
        return form

    def body(self) -> dict[str, Any]:
        """The body of ``POST /api/v1/comparisons``; raises InvalidInput for fewer models than the page compares."""
        if len(self._chosen) < MIN_MODELS:
            sentence = "Choose at least two models to compare."
            raise InvalidInput(sentence, fields={"providers": [sentence]})
        entries = [value.partition("/") for value in self._chosen]
        return {
            "prompt": self._values["prompt"],
            "system": self._values["system"],
            "providers": [{"provider": provider, "model": model} for provider, _, model in entries],
            "parameters": self._parameters(),
        }

    def context(self, error: RequestError | None = None) -> dict[str, Any]:
        """What compare.html is given."""
        fields = _by_field(error)
        return {
            "groups": _groups(self._user),
            "chosen": self._chosen,
            "form": self._values,
            "errors": fields,
            "error": error.message if error is not None and not fields else "",
            "limits": {
                "max_prompt": settings.MAX_PROMPT_CHARACTERS,
                "max_models": MAX_ENTRIES,
                "min_models": MIN_MODELS,
            },
        }

    def _parameters(self) -> dict[str, Any]:
        parameters: dict[str, Any] = {}
        for name, number in NUMBERS.items():
            if text := self._values[name].strip():
                parameters[name] = text
                with suppress(ValueError):
                    parameters[name] = number(text.replace(",", "."))
        if stop := [line.rstrip("\r") for line in self._values["stop"].split("\n") if line.strip()]:
            parameters["stop"] = stop
        if effort := self._values["reasoning_effort"]:
            parameters["reasoning_effort"] = effort
        return parameters


def _last_choice(user: User) -> list[str]:
    latest = Candidate.objects.filter(comparison__user=user).order_by("-comparison").values("comparison")[:1]
    candidates = Candidate.objects.filter(comparison=latest).select_related("conversation").order_by("position")
    return [f"{each.conversation.provider}/{each.conversation.model}" for each in candidates]


def _groups(user: User) -> list[dict[str, Any]]:
    """The catalogue by provider: what can be used now first."""
    groups = [
        {"label": provider_info(provider).label, "provider": provider, "models": list(models)}
        for provider, models in groupby(catalogue(user), key=lambda model: model.provider)
    ]
    return sorted(groups, key=lambda group: not any(model.available for model in group["models"]))


def _by_field(error: RequestError | None) -> dict[str, str]:
    """The first sentence for each field of the form, from the API's paths (``providers.0.model``)."""
    errors: dict[str, str] = {}
    for path, sentences in (error.fields or {}).items() if error is not None else ():
        first, *rest = path.split(".")
        name = "models" if first == "providers" else rest[0] if first == "parameters" and rest else first
        errors.setdefault(name, sentences[0])
    return errors
