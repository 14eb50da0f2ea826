"""Everything that a user can own, each piece marked by one word, and snapshots of the rows."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.contrib.admin.utils import NestedObjects
from django.core.files.base import ContentFile
from PIL import Image as Picture

from accounts.api_tokens import create_api_token
from accounts.models import User
from comparisons.schemas import CandidateRequest, CompareRequest
from comparisons.services import StartedTurn, rename_comparison, start_comparison, vote
from conversations.models import Message
from conversations.schemas import ChatRequest
from conversations.services import StartedAnswer, start_answer
from generations.models import Generation
from generations.worker.types import Outcome
from images.models import Image
from images.services import store_image
from presets.services import create_preset, create_template
from providers.adapters.base import ErrorCode, Parameters, ProviderError, Usage
from providers.services import set_key
from tests.generations.claims import end_queued
from tests.images import samples

MARK = "nightjar"
API_KEY = f"sk-{MARK}-0123456789"
PROVIDER = "openai"

Ids = dict[tuple[str, str], str]
Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Belongings:
    """A user's data: a comparison that has ended (one answer complete, one failed) and one that waits, a chat of each
    kind, each with an image, an image that was not sent, a token, a key, a preset and a prompt template.

    ``ids`` has the values of the routes' parameters by app and parameter, once for each state that matters.
    """

    owner: User
    ended: StartedTurn
    waiting: StartedTurn
    ids: tuple[Ids, ...]
    endless: tuple[str, ...]
    """Ids of objects whose stream does not end, because no worker answers."""


def give_belongings(owner: User) -> Belongings:
    """Create one of each for a user."""
    set_key(user=owner, provider=PROVIDER, api_key=API_KEY, base_url=f"https://8.8.8.8/{MARK}/v1")
    token, _ = create_api_token(owner, name=f"{MARK} token")
    ended, waiting = _ended_comparison(owner), _start(owner)
    completed, failed = ended.state.generations
    chat, waiting_chat = _ended_chat(owner), _chat(owner)
    chosen = [{"provider": PROVIDER, "model": f"{MARK}-model"}]
    data: dict[str, Any] = {"providers": chosen, "system": f"{MARK} system prompt", "tier": None, "parameters": {}}
    preset = create_preset(user=owner, name=f"{MARK} set", data=data)
    template = create_template(user=owner, name=f"{MARK} template", text=f"{MARK} {{{{thing}}}}")
    unsent = _image(owner)
    shared: Ids = {
        ("accounts", "token_id"): str(token.public_id),
        ("comparisons", "number"): "0",
        ("comparisons", "preset_id"): str(preset.public_id),
        ("comparisons", "template_id"): str(template.public_id),
        ("presets", "preset_id"): str(preset.public_id),
        ("presets", "template_id"): str(template.public_id),
        ("providers", "provider"): PROVIDER,
    }
    return Belongings(
        owner,
        ended,
        waiting,
        tuple(
            {
                **shared,
                ("comparisons", "public_id"): str(started.comparison.public_id),
                ("comparisons", "result_id"): str(generation.public_id),
                ("conversations", "public_id"): str(message.conversation.public_id),
                ("conversations", "message_id"): str(message.public_id),
                ("images", "public_id"): str(image.public_id),
                ("images", "image_id"): str(image.public_id),
            }
            for started, generation, message, image in (
                (ended, completed, chat.message, _prompt(chat).images[0]),
                (ended, failed, _prompt(chat), unsent),
                (waiting, waiting.state.generations[0], waiting_chat.message, unsent),
            )
        ),
        (str(waiting.comparison.public_id), str(waiting_chat.conversation.public_id)),
    )


def rows_of(owner: User) -> Rows:
    """Return every row that would be deleted with a user, by model."""
    collector = NestedObjects(using="default", origin=owner)
    collector.collect([owner])
    models: dict[Any, Any] = collector.model_objs
    return {
        model._meta.label: sorted((_values(instance) for instance in instances), key=lambda row: str(row["id"]))
        for model, instances in models.items()
    }


def _values(instance: Any) -> dict[str, Any]:
    fields = type(instance)._meta.concrete_fields
    return {"id": instance.pk, **{field.attname: getattr(instance, field.attname) for field in fields}}


def _start(owner: User) -> StartedTurn:
    entry = CandidateRequest(PROVIDER, f"{MARK}-model", Parameters(stop=(f"{MARK} stop",)))
    images = (_image(owner).public_id,)
    request = CompareRequest(f"{MARK} prompt", f"{MARK} system prompt", (entry, entry), images=images)
    return start_comparison(user=owner, request=request)


def _chat(owner: User) -> StartedAnswer:
    return start_answer(
        user=owner,
        request=ChatRequest(
            f"{MARK} message",
            provider=PROVIDER,
            model=f"{MARK}-model",
            system=f"{MARK} system",
            parameters={},
            images=(_image(owner).public_id,),
        ),
    )


def _image(owner: User) -> Image:
    """Return an image with the mark in its color profile, which is kept as it is."""
    photo = BytesIO()
    Picture.new("L", (8, 8)).save(photo, "JPEG", icc_profile=samples.profile_with(MARK.encode()))
    return store_image(user=owner, file=ContentFile(photo.getvalue()))


def _ended_chat(owner: User) -> StartedAnswer:
    started = _chat(owner)
    good = Outcome(
        Generation.Status.COMPLETED, f"{MARK} answer", f"{MARK} reasoning", [(0, 0.5)], 1.0, 0.5, Usage(3, 5)
    )
    end_queued(started.state.generations[0].pk, good)
    return started


def _prompt(chat: StartedAnswer) -> Message:
    return Message.objects.select_related("conversation").get(children=chat.message)


def _ended_comparison(owner: User) -> StartedTurn:
    started = _start(owner)
    text = f"{MARK} answer"
    good = Outcome(Generation.Status.COMPLETED, text, f"{MARK} reasoning", [(0, 0.5)], 1.0, 0.5, Usage(3, 5))
    refusal = ProviderError(ErrorCode.TIMEOUT, f"{MARK} did not answer in time.", retryable=True)
    bad = Outcome(Generation.Status.FAILED, f"{MARK} part", time=1.0, error=refusal)
    for generation, outcome in zip(started.state.generations, (good, bad), strict=True):
        end_queued(generation.pk, outcome)
    rename_comparison(comparison=started.comparison, title=f"{MARK} title")
    vote(user=owner, turn=started.turn, preferred_index=0)
    return started
