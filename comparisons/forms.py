"""The page's form for a new comparison: between what a browser posts and the body that the API takes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.http import QueryDict

from accounts.errors import InvalidInput, RequestError
from accounts.models import User
from comparisons.models import Candidate, Preset, PromptTemplate
from comparisons.requests import MAX_ENTRIES, TIERS
from comparisons.saved import own_item, own_items, variables
from providers.catalogue import CatalogueGroup, catalogue, catalogue_groups

MIN_MODELS = 2
DEMO = "demo"
FIELDS = ("prompt", "system", "tier", "temperature", "top_p", "max_tokens", "stop", "seed", "reasoning_effort")
NUMBERS: dict[str, type[int] | type[float]] = {"temperature": float, "top_p": float, "max_tokens": int, "seed": int}


class ComparisonForm:
    """What was posted; ``body`` is the API's body of it, ``context`` what the template shows."""

    def __init__(self, user: User, data: QueryDict) -> None:
        self._user = user
        self._values = {name: data.get(name, "") for name in FIELDS}
        self._chosen = [value for value in data.getlist("models") if value]
        self._preset: Preset | None = None
        self._template: PromptTemplate | None = None

    @classmethod
    def empty(cls, user: User) -> ComparisonForm:
        """A fresh form, with the models that the user asked last; at first with the demo's."""
        form = cls(user, QueryDict())
        demos = [f"{DEMO}/{each.model}" for each in catalogue(user) if each.provider == DEMO]
        form._chosen = _last_choice(user) or demos
        return form

    @classmethod
    def asked_for(cls, user: User, query: QueryDict) -> ComparisonForm:
        """An empty form, or filled from ``?preset=<id>`` and ``?template=<id>``; NotFound for what is not the user's."""
        form = cls.empty(user)
        if "preset" in query:
            form._take_preset(own_item(Preset, user, query["preset"]))
        if "template" in query:
            form._template = own_item(PromptTemplate, user, query["template"])
            form._values["prompt"] = form._template.text
        return form

    def _take_preset(self, preset: Preset) -> None:
        data, parameters = preset.data, preset.data["parameters"]
        self._preset = preset
        self._chosen = [f"{entry['provider']}/{entry['model']}" for entry in data["providers"]]
        self._values |= {name: str(parameters[name]) for name in (*NUMBERS, "reasoning_effort") if name in parameters}
        self._values |= {"system": data["system"], "tier": data["tier"] or ""}
        self._values["stop"] = "\n".join(parameters.get("stop", ()))

    def body(self) -> dict[str, Any]:
        """The body of ``POST /api/v1/comparisons``; raises InvalidInput for fewer models than the page compares."""
        if len(self._chosen) < MIN_MODELS:
            sentence = "Choose at least two models to compare."
            raise InvalidInput(sentence, fields={"providers": [sentence]})
        entries = [value.partition("/") for value in self._chosen]
        return {
            "prompt": self._values["prompt"],
            "system": self._values["system"],
            "tier": self._values["tier"] or None,
            "providers": [{"provider": provider, "model": model} for provider, _, model in entries],
            "parameters": self._parameters(),
        }

    def context(self, error: RequestError | None = None, renamed: Mapping[str, str] | None = None) -> dict[str, Any]:
        """What compare.html is given; ``renamed`` says which fields have another name in the form than in the API."""
        fields = _by_field(error, renamed or {})
        groups = catalogue_groups(self._user)
        return {
            "groups": groups,
            "chosen": self._chosen,
            "others": _others(groups, self._chosen),
            "tiers": TIERS,
            "preset": self._preset,
            "presets": own_items(Preset, self._user),
            "template": self._template,
            "variables": variables(self._template.text) if self._template is not None else [],
            "prompt_templates": own_items(PromptTemplate, self._user),
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


def _others(groups: list[CatalogueGroup], chosen: list[str]) -> list[str]:
    """What was chosen of known providers, and is not among the models that can be chosen now."""
    offered = {f"{each.provider}/{each.model}" for group in groups for each in group.models if each.available}
    known = {group.provider for group in groups}
    parts = {value: value.partition("/") for value in dict.fromkeys(chosen) if value not in offered}
    return [value for value, (provider, _, model) in parts.items() if provider in known and model.strip()]


def _by_field(error: RequestError | None, renamed: Mapping[str, str]) -> dict[str, str]:
    """The first sentence for each field of the form, from the API's paths (``providers.0.model``)."""
    errors: dict[str, str] = {}
    for path, sentences in (error.fields or {}).items() if error is not None else ():
        first, *rest = path.split(".")
        name = "models" if first == "providers" else rest[0] if first == "parameters" and rest else first
        errors.setdefault(renamed.get(name, name), sentences[0])
    return errors
