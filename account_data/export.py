"""The JSON of an archive's chats and comparisons, one entry at a time.

``images`` has the ids of the images that are in the archive already; only these are named by messages and turns.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from accounts.models import User
from comparisons.models import Comparison, Vote
from comparisons.selectors import TurnState, turn_states, whole_comparisons
from conversations.export import conversation_tree_json
from conversations.models import Conversation, Message
from conversations.selectors import user_conversations

Json = dict[str, Any]


def chat_keys(user: User) -> list[int]:
    return list(user_conversations(user).order_by("pk").values_list("pk", flat=True))


def chat_json(key: int, images: set[str]) -> Json | None:
    """Return a chat with all its branches; None if it was deleted meanwhile."""
    chat = Conversation.objects.filter(pk=key, discarded_at=None).first()
    return None if chat is None else _tree_json(chat, images)


def _tree_json(conversation: Conversation, images: set[str]) -> Json:
    tree = conversation_tree_json(conversation)
    for message in tree["messages"]:
        if "images" in message:
            message["images"] = _in_archive(images, (image["id"] for image in message["images"]))
    return tree


def _in_archive(images: set[str], ids: Iterable[str]) -> list[str]:
    """Return the ids that are in the archive: without newer images, and without those whose file is missing."""
    return [each for each in ids if each in images]


def comparison_keys(user: User) -> list[int]:
    return list(whole_comparisons(user).order_by("pk").values_list("pk", flat=True))


def comparison_json(key: int, images: set[str]) -> Json | None:
    """Return a comparison with its candidates' conversations; None if it was deleted meanwhile.

    The turns are read last. A turn that started in between is left out, because its answers are not in the candidates'
    conversations.
    """
    comparison = Comparison.objects.select_related("user").filter(pk=key).first()
    if comparison is None:
        return None
    rows = comparison.candidates.select_related("conversation").order_by("position")
    candidates = [_tree_json(row.conversation, images) for row in rows]
    message_ids = {message["id"] for candidate in candidates for message in candidate["messages"]}
    answers = _answer_ids(comparison)
    turns = [_turn_json(state, answers, images) for state in turn_states(comparison)]
    turns = [turn for turn in turns if message_ids.issuperset(turn["answers"])]
    if not turns:
        return None
    return {
        "id": str(comparison.public_id),
        "title": comparison.title,
        "created_at": comparison.created_at.isoformat(),
        "updated_at": comparison.updated_at.isoformat(),
        "candidates": candidates,
        "turns": turns,
    }


def _answer_ids(comparison: Comparison) -> dict[int, str]:
    """Return the ids of a comparison's answers, by the key of their generation."""
    messages = Message.objects.filter(generation__run__turn__comparison=comparison)
    return {key: str(public_id) for key, public_id in messages.values_list("generation_id", "public_id")}


def _turn_json(state: TurnState, answers: dict[int, str], images: set[str]) -> Json:
    turn, run = state.turn, state.turn.run
    return {
        "prompt": turn.prompt,
        "images": _in_archive(images, (str(image.public_id) for image in state.images)),
        "created_at": turn.created_at.isoformat(),
        "accepted_at": run.accepted_at.isoformat(),
        "ended_at": None if run.ended_at is None else run.ended_at.isoformat(),
        "answers": [answers.get(slot.pk, "") for slot in state.slots],
        "vote": None if state.vote is None else _vote_json(state.vote),
    }


def _vote_json(vote: Vote) -> Json:
    return {
        "preferred_index": vote.preferred_index,
        "verdict": vote.verdict,
        "created_at": vote.created_at.isoformat(),
        "updated_at": vote.updated_at.isoformat(),
    }
