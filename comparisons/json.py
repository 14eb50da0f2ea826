"""The JSON of comparisons in the API."""

from __future__ import annotations

from typing import Any

from comparisons.models import Comparison, Vote
from comparisons.selectors import TurnState, shared_history, turn_states
from conversations.json import message_json
from generations.models import Generation
from generations.output.json import error_json, usage_json
from images.json import image_json

Json = dict[str, Any]


def answer_json(generation: Generation) -> Json:
    """Return the text and figures of an answer: ``data`` of a ``complete`` event in docs/api.md."""
    return {
        "provider": generation.provider,
        "model": generation.model,
        "response": generation.text,
        **usage_json(generation),
    }


def slot_json(generation: Generation) -> Json:
    """Return the JSON that names a slot and its model."""
    return {
        "result_id": str(generation.public_id),
        "index": generation.index,
        "provider": generation.provider,
        "model": generation.model,
    }


def result_json(generation: Generation) -> Json:
    """Return the JSON of a slot in any state; an error is included only if there is one."""
    return {
        "result_id": str(generation.public_id),
        "index": generation.index,
        "status": generation.status,
        "attempt": generation.attempt,
        **answer_json(generation),
        "reasoning": generation.reasoning,
        "parameters": generation.parameters,
        **error_json(generation),
    }


def vote_json(vote: Vote | None) -> Json | None:
    if vote is None:
        return None
    return {"preferred_index": vote.preferred_index, "verdict": vote.verdict or None}


def turn_json(state: TurnState) -> Json:
    return {
        "turn": state.turn.number,
        "prompt": state.turn.prompt,
        "images": [image_json(image) for image in state.images],
        "created_at": state.turn.created_at.isoformat(),
        "vote": vote_json(state.vote),
        "results": [result_json(slot) for slot in state.slots],
    }


def comparison_json(comparison: Comparison) -> Json:
    """Return a comparison as it is saved now; ``history`` has the messages of the chat that it continues, if any."""
    states = turn_states(comparison)
    return {
        "id": str(comparison.public_id),
        "title": comparison.title,
        "created_at": comparison.created_at.isoformat(),
        "history": [message_json(message) for message in shared_history(states)],
        "turns": [turn_json(state) for state in states],
    }


def comparison_row_json(comparison: Comparison) -> Json:
    """Return the JSON of a comparison of ``user_comparisons``, without texts of answers."""
    turns = list(comparison.turns.all())
    votes = [vote_json(vote) for turn in turns for vote in turn.votes.all() if vote.user_id == comparison.user_id]
    return {
        "id": str(comparison.public_id),
        "title": comparison.title,
        "prompt": comparison.first_prompt,
        "created_at": comparison.created_at.isoformat(),
        "turns": len(turns),
        "vote": votes[-1] if votes else None,
        "results": [
            {**slot_json(slot), "status": slot.status} for turn in turns[:1] for slot in turn.run.generations.all()
        ],
    }
