"""The form that starts a comparison: conversion between the posted fields and the body of the API."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.http import QueryDict

from accounts.models import User
from comparisons.models import Candidate
from comparisons.selectors import whole_comparisons
from conversations.forms import SETTINGS, form_parameters, settings_values
from conversations.models import Conversation
from conversations.selectors import MISSING, user_conversation
from core.errors import InvalidInput, NotFound, RequestError
from generations.fields import MAX_MODELS, TIERS
from images.forms import images_to_show
from presets.models import Preset, PromptTemplate
from presets.services import user_item, user_items, variables
from providers.catalogue import CatalogueGroup, catalogue, catalogue_groups
from providers.model_ref import ModelRef, model_ref_json
from providers.selectors import provider_accesses

MIN_MODELS = 2
DEMO = "demo"
OTHER = re.compile(r"[\w.-]{1,64}/[^\s\0][^\0\r\n]{0,199}")
"""``provider/model``, as users type it for a model that is not listed."""
EXAMPLES = (
    "Explain what a closure is, with a short example.",
    "Compare SQLite and PostgreSQL for a small web shop, in a table.",
    "Write a friendly email that declines an invitation.",
    "A bat and a ball cost 1.10 together; the bat costs 1.00 more than the ball. What does the ball cost?",
)
"""Prompts that the page offers to users without any comparison."""
FIELDS = ("prompt", "tier", "conversation", "fallback", *SETTINGS)


class ComparisonForm:
    """The posted fields; ``body`` converts them for the API, ``context`` for the template."""

    def __init__(self, user: User, data: QueryDict) -> None:
        self._user = user
        self._values = {name: data.get(name, "") for name in FIELDS}
        self._chosen = [value for value in data.getlist("models") if value]
        self._as_is = "as_is" in data
        self._images = data.getlist("images")
        self._unfilled: list[str] = []

    @classmethod
    def from_query(cls, user: User, query: QueryDict) -> ComparisonForm:
        """Return a new form with the models of the user's last comparison, or the demo's if there is none.

        ``?preset=<id>``, ``?template=<id>`` and ``?prompt=`` fill it in; ``?conversation=<id>`` lets all columns begin
        with a copy of that chat's shown branch. Raises NotFound for an id that is not one of the user's.
        """
        form = cls(user, QueryDict())
        form._chosen = _last_choice(user) or _demo_models(user)
        form._values["prompt"] = query.get("prompt", "").replace("\0", "")
        if "conversation" in query:
            form._continue_from(_own_conversation(user, query.get("conversation", "")))
        if "preset" in query:
            form.apply_preset(user_item(Preset, user, query["preset"]))
        if "template" in query:
            form.apply_template(user_item(PromptTemplate, user, query["template"]))
        return form

    def _continue_from(self, conversation: Conversation) -> None:
        """Put a chat's model first and take over its settings."""
        chosen = str(conversation.model_ref)
        self._chosen = [chosen, *(value for value in self._chosen if value != chosen)][:MAX_MODELS]
        self._values |= settings_values(conversation.system, conversation.parameters)
        self._values["conversation"] = str(conversation.public_id)

    def apply_preset(self, preset: Preset) -> None:
        """Replace the models and settings by the preset's; the prompt stays."""
        self._chosen = [str(ModelRef(entry["provider"], entry["model"])) for entry in preset.data["providers"]]
        self._values |= preset_values(preset)

    def apply_template(self, template: PromptTemplate) -> None:
        """Replace the prompt by the template's text; models and settings stay."""
        self._values["prompt"] = template.text

    def check_variables(self) -> None:
        """Raise InvalidInput if the prompt still has variables and the user has not chosen to send it as it is."""
        if self._as_is:
            return
        self._unfilled = variables(self._values["prompt"])
        if self._unfilled:
            names = ", ".join(f"“{name}”" for name in self._unfilled)
            sentence = f"There is no value for {names}. Fill in all variables, or send the prompt as is."
            raise InvalidInput(sentence, fields={"prompt": [sentence]})

    def _continued(self) -> Conversation | None:
        """Return the chat that all columns begin with, if there is one and it still exists."""
        with suppress(NotFound):
            return _own_conversation(self._user, self._values["conversation"])
        return None

    def body(self) -> dict[str, Any]:
        """Return the body of ``POST /api/v1/comparisons``; raises InvalidInput for fewer than ``MIN_MODELS`` models."""
        if len(self._chosen) < MIN_MODELS:
            sentence = "Choose at least two models to compare."
            raise InvalidInput(sentence, fields={"providers": [sentence]})
        return {
            "prompt": self._values["prompt"],
            "system": self._values["system"],
            "tier": self._values["tier"] or None,
            "providers": [self._candidate(ref) for ref in self._chosen],
            "parameters": form_parameters(self._values),
            "conversation_id": self._values["conversation"] or None,
            "images": self._images,
        }

    def _candidate(self, ref: str) -> dict[str, Any]:
        """Return one item of ``providers``; the form's fallback is left out if it is this very model."""
        provider, model = ModelRef.parse(ref)
        fallback = self._values["fallback"]
        return {
            "provider": provider,
            "model": model,
            "fallback": model_ref_json(fallback.strip()) if fallback != ref else None,
        }

    def _slots(self) -> list[str]:
        """Return the chosen models, filled up with empty slots."""
        return [*self._chosen, *[""] * MAX_MODELS][:MAX_MODELS]

    def context(self, error: RequestError | None = None, renamed: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the context of compare.html.

        ``renamed`` maps names of the API's fields to the names that the form has for them, if they differ.
        """
        fields = _errors_by_field(error, renamed or {})
        groups = catalogue_groups(self._user)
        return {
            "groups": groups,
            "slots": [{"position": position, "value": value} for position, value in enumerate(self._slots(), start=1)],
            "others": _others(groups, self._chosen),
            "tiers": TIERS,
            "presets": user_items(Preset, self._user),
            "prompt_templates": user_items(PromptTemplate, self._user),
            "examples": [] if whole_comparisons(self._user).exists() else EXAMPLES,
            "continued": self._continued(),
            "images": images_to_show(self._user, self._images),
            "form": self._values,
            "unfilled": self._unfilled,
            "errors": fields,
            "error": error.message if error is not None and not fields else "",
            "limits": {
                "max_prompt": settings.MAX_PROMPT_CHARACTERS,
                "max_models": MAX_MODELS,
                "min_models": MIN_MODELS,
            },
        }


def _own_conversation(user: User, public_id: str) -> Conversation:
    try:
        return user_conversation(user, uuid.UUID(public_id))
    except ValueError as error:
        raise NotFound(MISSING) from error


def preset_values(preset: Preset) -> dict[str, str]:
    """Return the settings of a preset as the form's fields; settings that it does not have are empty."""
    return {
        **settings_values(preset.data["system"], preset.data["parameters"]),
        "tier": preset.data["tier"] or "",
    }


def _last_choice(user: User) -> list[str]:
    """Return the models of the user's last comparison whose providers can be called now, even if no list has them."""
    callable_now = {access.provider for access in provider_accesses(user) if not access.refusal}
    latest = whole_comparisons(user).order_by("-created_at", "-pk").values("pk")[:1]
    candidates = Candidate.objects.filter(comparison=latest).select_related("conversation").order_by("position")
    refs = [candidate.conversation.model_ref for candidate in candidates]
    return [str(ref) for ref in refs if ref.provider in callable_now]


def _demo_models(user: User) -> list[str]:
    return [str(ModelRef(DEMO, model.model)) for model in catalogue(user) if model.provider == DEMO]


def _others(groups: list[CatalogueGroup], chosen: list[str]) -> list[str]:
    """Return the chosen models that the lists do not offer now; text that cannot be a model is dropped."""
    offered = {model.key for group in groups for model in group.models if model.available}
    return [value for value in dict.fromkeys(chosen) if value not in offered and OTHER.fullmatch(value)]


def _errors_by_field(error: RequestError | None, renamed: Mapping[str, str]) -> dict[str, str]:
    """Return the first sentence for each field of the form; the API names fields by path (``providers.0.model``)."""
    errors: dict[str, str] = {}
    for path, sentences in (error.fields or {}).items() if error is not None else ():
        first, *rest = path.split(".")
        if first == "providers":
            name = "fallback" if rest[1:] == ["fallback"] else "models"
        else:
            name = rest[0] if first == "parameters" and rest else first
        errors.setdefault(renamed.get(name, name), sentences[0])
    return errors
