"""The page's form for a new comparison: between what a browser posts and the body that the API takes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.http import QueryDict

from accounts.models import User
from comparisons.models import Candidate, Comparison
from conversations.forms import SETTINGS, form_parameters, settings_values
from conversations.models import Conversation
from conversations.selectors import MISSING, user_conversation
from core.errors import InvalidInput, NotFound, RequestError
from generations.fields import MAX_ENTRIES, TIERS
from images.forms import images_to_show
from presets.models import Preset, PromptTemplate
from presets.services import own_item, own_items, variables
from providers.catalogue import CatalogueGroup, catalogue, catalogue_groups
from providers.model_ref import ModelRef, model_ref_json
from providers.selectors import accesses

MIN_MODELS = 2
DEMO = "demo"
OTHER = re.compile(r"[\w.-]{1,64}/[^\s\0][^\0\r\n]{0,199}")
"""``provider/model``, as people type it for a model that is not listed."""
EXAMPLES = (
    "Explain what a closure is, with a short example.",
    "Compare SQLite and PostgreSQL for a small web shop, in a table.",
    "Write a friendly email that declines an invitation.",
    "A bat and a ball cost 1.10 together; the bat costs 1.00 more than the ball. What does the ball cost?",
)
"""Prompts for somebody who has not compared anything yet."""
FIELDS = ("prompt", "tier", "conversation", "fallback", *SETTINGS)


class ComparisonForm:
    """What was posted; ``body`` is the API's body of it, ``context`` what the template shows."""

    def __init__(self, user: User, data: QueryDict) -> None:
        self._user = user
        self._values = {name: data.get(name, "") for name in FIELDS}
        self._chosen = [value for value in data.getlist("models") if value]
        self._as_is = "as_is" in data
        self._images = data.getlist("images")
        self._unfilled: list[str] = []

    @classmethod
    def asked_for(cls, user: User, query: QueryDict) -> ComparisonForm:
        """A fresh form with the models that the user asked last, at first with the demo's.

        Filled from ``?preset=<id>``, ``?template=<id>`` or ``?prompt=``; ``?conversation=<id>`` lets all columns begin
        with what that chat shows. Raises NotFound for what is not the user's.
        """
        form = cls(user, QueryDict())
        form._chosen = _last_choice(user) or _demo_models(user)
        form._values["prompt"] = query.get("prompt", "").replace("\0", "")
        if "conversation" in query:
            form._continue(_own_conversation(user, query.get("conversation", "")))
        if "preset" in query:
            form.take_preset(own_item(Preset, user, query["preset"]))
        if "template" in query:
            form.take_template(own_item(PromptTemplate, user, query["template"]))
        return form

    def _continue(self, conversation: Conversation) -> None:
        """Begin with a chat: its model first, and its settings."""
        chosen = str(conversation.model_ref)
        self._chosen = [chosen, *(value for value in self._chosen if value != chosen)][:MAX_ENTRIES]
        self._values |= settings_values(conversation.system, conversation.parameters)
        self._values["conversation"] = str(conversation.public_id)

    def take_preset(self, preset: Preset) -> None:
        """The models and settings of a saved set in place of those that were there; the prompt stays."""
        self._chosen = [f"{entry['provider']}/{entry['model']}" for entry in preset.data["providers"]]
        self._values |= preset_values(preset)

    def take_template(self, template: PromptTemplate) -> None:
        """A template's text in place of the prompt; models and settings stay."""
        self._values["prompt"] = template.text

    def take_images(self, ids: list[str]) -> None:
        """These images in place of those that were posted by their ids."""
        self._images = ids

    def check_filled(self) -> None:
        """Raises InvalidInput where the prompt still has places to fill in and nobody said to send it as it is."""
        if self._as_is:
            return
        self._unfilled = variables(self._values["prompt"])
        if self._unfilled:
            names = ", ".join(f"“{name}”" for name in self._unfilled)
            sentence = f"There is no value for {names}. Fill in all variables, or send the prompt as is."
            raise InvalidInput(sentence, fields={"prompt": [sentence]})

    def _continued(self) -> Conversation | None:
        """The chat that all columns begin with, as long as it is there."""
        with suppress(NotFound):
            return _own_conversation(self._user, self._values["conversation"])
        return None

    def body(self) -> dict[str, Any]:
        """The body of ``POST /api/v1/comparisons``; raises InvalidInput for fewer models than the page compares."""
        if len(self._chosen) < MIN_MODELS:
            sentence = "Choose at least two models to compare."
            raise InvalidInput(sentence, fields={"providers": [sentence]})
        return {
            "prompt": self._values["prompt"],
            "system": self._values["system"],
            "tier": self._values["tier"] or None,
            "providers": [self._entry(selection) for selection in self._chosen],
            "parameters": form_parameters(self._values),
            "conversation_id": self._values["conversation"] or None,
            "images": self._images,
        }

    def _entry(self, selection: str) -> dict[str, Any]:
        """A slot; what is compared does not stand in for itself."""
        provider, model = ModelRef.parse(selection)
        fallback = self._values["fallback"]
        return {
            "provider": provider,
            "model": model,
            "fallback": model_ref_json(fallback.strip()) if fallback != selection else None,
        }

    def _slots(self) -> list[str]:
        """Return the chosen models, filled up with empty slots."""
        return [*self._chosen, *[""] * MAX_ENTRIES][:MAX_ENTRIES]

    def context(self, error: RequestError | None = None, renamed: Mapping[str, str] | None = None) -> dict[str, Any]:
        """What compare.html is given; ``renamed`` says which fields have another name in the form than in the API."""
        fields = _by_field(error, renamed or {})
        groups = catalogue_groups(self._user)
        return {
            "groups": groups,
            "slots": [{"position": position, "value": value} for position, value in enumerate(self._slots(), start=1)],
            "others": _others(groups, self._chosen),
            "tiers": TIERS,
            "presets": own_items(Preset, self._user),
            "prompt_templates": own_items(PromptTemplate, self._user),
            "examples": [] if Comparison.objects.filter(user=self._user).exists() else EXAMPLES,
            "continued": self._continued(),
            "images": images_to_show(self._user, self._images),
            "form": self._values,
            "unfilled": self._unfilled,
            "errors": fields,
            "error": error.message if error is not None and not fields else "",
            "limits": {
                "max_prompt": settings.MAX_PROMPT_CHARACTERS,
                "max_models": MAX_ENTRIES,
                "min_models": MIN_MODELS,
            },
        }


def _own_conversation(user: User, given: str) -> Conversation:
    try:
        return user_conversation(user, uuid.UUID(given))
    except ValueError as error:
        raise NotFound(MISSING) from error


def preset_values(preset: Preset) -> dict[str, str]:
    """The settings of a saved set as the form's fields have them: all of them, those that it does not set empty."""
    return {
        **settings_values(preset.data["system"], preset.data["parameters"]),
        "tier": preset.data["tier"] or "",
    }


def _last_choice(user: User) -> list[str]:
    """What the user asked last, of the providers that can be asked now; also models that no list has."""
    askable = {access.provider for access in accesses(user) if not access.refusal}
    latest = Candidate.objects.filter(comparison__user=user).order_by("-comparison").values("comparison")[:1]
    candidates = Candidate.objects.filter(comparison=latest).select_related("conversation").order_by("position")
    asked = [each.conversation.model_ref for each in candidates]
    return [str(ref) for ref in asked if ref.provider in askable]


def _demo_models(user: User) -> list[str]:
    return [str(ModelRef(DEMO, each.model)) for each in catalogue(user) if each.provider == DEMO]


def _others(groups: list[CatalogueGroup], chosen: list[str]) -> list[str]:
    """What was chosen, looks like a model and is not among those that can be chosen now."""
    offered = {each.key for group in groups for each in group.models if each.available}
    return [value for value in dict.fromkeys(chosen) if value not in offered and OTHER.fullmatch(value)]


def _by_field(error: RequestError | None, renamed: Mapping[str, str]) -> dict[str, str]:
    """The first sentence for each field of the form, from the API's paths (``providers.0.model``)."""
    errors: dict[str, str] = {}
    for path, sentences in (error.fields or {}).items() if error is not None else ():
        first, *rest = path.split(".")
        if first == "providers":
            name = "fallback" if rest[1:] == ["fallback"] else "models"
        else:
            name = rest[0] if first == "parameters" and rest else first
        errors.setdefault(renamed.get(name, name), sentences[0])
    return errors
