"""All that a user can have here, each piece of it marked by one word, and a picture of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.admin.utils import NestedObjects

from accounts.api_tokens import create_api_token
from accounts.models import User
from comparisons.requests import CompareRequest, Entry
from comparisons.saved import add_preset, add_template
from comparisons.services import StartedTurn, rename_comparison, start_comparison, vote
from generations.answering import Outcome
from generations.ending import end_generation, tell
from generations.models import Generation
from providers.adapters.base import ErrorCode, Parameters, ProviderError, Usage
from providers.services import set_key

MARK = "nightjar"
API_KEY = f"sk-{MARK}-0123456789"
PROVIDER = "openai"

Ids = dict[tuple[str, str], str]
Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Belongings:
    """A user's comparison that has ended (one answer complete, one failed), one that still waits, a token and a key.

    ``ids`` says, for each state that matters, what stands for a parameter of an app's routes.
    """

    owner: User
    ended: StartedTurn
    waiting: StartedTurn
    ids: tuple[Ids, ...]


def give_belongings(owner: User) -> Belongings:
    """Give a user one of each."""
    set_key(user=owner, provider=PROVIDER, api_key=API_KEY, base_url=f"https://8.8.8.8/{MARK}/v1")
    token, _ = create_api_token(owner, name=f"{MARK} token")
    ended, waiting = _ended_comparison(owner), _start(owner)
    completed, failed = ended.state.generations
    chosen = [{"provider": PROVIDER, "model": f"{MARK}-model"}]
    data: dict[str, Any] = {"providers": chosen, "system": f"{MARK} system prompt", "tier": None, "parameters": {}}
    preset = add_preset(user=owner, name=f"{MARK} set", data=data)
    template = add_template(user=owner, name=f"{MARK} template", text=f"{MARK} {{{{thing}}}}")
    shared: Ids = {
        ("accounts", "token_id"): str(token.public_id),
        ("comparisons", "number"): "0",
        ("comparisons", "preset_id"): str(preset.public_id),
        ("comparisons", "template_id"): str(template.public_id),
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
            }
            for started, generation in (
                (ended, completed),
                (ended, failed),
                (waiting, waiting.state.generations[0]),
            )
        ),
    )


def rows_of(owner: User) -> Rows:
    """Every row that belongs to a user: all that would go if the user went."""
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
    entry = Entry(PROVIDER, f"{MARK}-model", Parameters(stop=(f"{MARK} stop",)))
    request = CompareRequest(f"{MARK} prompt", f"{MARK} system prompt", (entry, entry))
    return start_comparison(user=owner, request=request)


def _ended_comparison(owner: User) -> StartedTurn:
    started = _start(owner)
    text = f"{MARK} answer"
    good = Outcome(Generation.Status.COMPLETED, text, f"{MARK} reasoning", [(0, 0.5)], 1.0, 0.5, Usage(3, 5))
    refusal = ProviderError(ErrorCode.TIMEOUT, f"{MARK} did not answer in time.", retryable=True)
    bad = Outcome(Generation.Status.FAILED, f"{MARK} part", time=1.0, error=refusal)
    for generation, outcome in zip(started.state.generations, (good, bad), strict=True):
        tell(end_generation(generation.pk, outcome, lease=None))
    rename_comparison(comparison=started.comparison, title=f"{MARK} title")
    vote(user=owner, turn=started.turn, preferred_index=0)
    return started
