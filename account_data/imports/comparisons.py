"""Import of comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from account_data.imports.conversations import (
    ImportedConversation,
    create_with_timestamps,
    read_conversation,
    save_conversations,
)
from account_data.imports.ids import BATCH, new_items, take_free_ids
from account_data.imports.reader import Part
from accounts.models import User
from comparisons.models import Candidate, Comparison, Turn, Vote
from conversations.models import Conversation
from generations.fields import MAX_MODELS, TITLE_LENGTH
from generations.models import Generation, Run

VERDICTS = ["", *Vote.Verdict.values]


@dataclass(frozen=True, slots=True)
class ImportedComparison:
    """A comparison with everything that belongs to it, not saved yet; one conversation for each candidate."""

    comparison: Comparison
    candidates: list[ImportedConversation]
    turns: list[Turn]
    votes: list[Vote]


def read_comparison(part: Part, user: User) -> ImportedComparison:
    """Return a comparison of an archive, with its ids from there."""
    comparison = Comparison(
        public_id=part.own_id("comparison"),
        user=user,
        title=part.non_empty("title", TITLE_LENGTH),
        created_at=part.timestamp("created_at"),
        updated_at=part.timestamp("updated_at"),
    )
    candidates = [read_conversation(each, user, Conversation.Kind.CANDIDATE) for each in part.parts("candidates")]
    if not 1 <= len(candidates) <= MAX_MODELS:
        part.refuse("candidates", f"has to have 1 to {MAX_MODELS} entries")
    imported = ImportedComparison(comparison, candidates, [], [])
    for each in part.parts("turns"):
        _read_turn(each, imported)
    if not imported.turns:
        part.refuse("turns", "is empty")
    return imported


def _read_turn(part: Part, imported: ImportedComparison) -> None:
    user, accepted_at = imported.comparison.user, part.timestamp("accepted_at")
    run = Run(
        user=user,
        total=len(imported.candidates),
        open=0,
        accepted_at=accepted_at,
        ended_at=part.nullable("ended_at", part.timestamp) or accepted_at,
    )
    turn = Turn(
        comparison=imported.comparison,
        number=len(imported.turns),
        prompt=part.prompt("prompt"),
        run=run,
        created_at=part.timestamp("created_at"),
    )
    slots = _slots(part, imported.candidates)
    for index, slot in enumerate(slots):
        slot.run = slot.current_run = run
        slot.index = index
    _check_images(part, imported.candidates[0])
    imported.turns.append(turn)
    vote = part.nullable("vote", lambda name: _vote(part.part(name), turn, slots))
    if vote is not None:
        imported.votes.append(vote)


def _slots(part: Part, candidates: Sequence[ImportedConversation]) -> list[Generation]:
    """Return the answers of a turn, one of each candidate, in their order."""
    ids = part.ids("answers")
    messages = [candidate.messages.get(each) for each, candidate in zip(ids, candidates, strict=False)]
    slots = [message.generation for message in messages if message is not None and message.generation is not None]
    if not len(slots) == len(ids) == len(candidates):
        part.refuse("answers", "has to name one answer of each candidate, in their order")
    if any(hasattr(slot, "run") for slot in slots):
        part.refuse("answers", "names an answer of another turn")
    return slots


def _check_images(part: Part, candidate: ImportedConversation) -> None:
    """Check that a turn and its prompt's message name the same images."""
    prompt = candidate.parents[part.ids("answers")[0]]
    shown = [] if prompt is None else [image.public_id for image in candidate.images[prompt]]
    if part.optional("images", part.ids, shown) != shown:
        part.refuse("images", "has to name the images of the prompt that its answers belong to")


def _vote(part: Part, turn: Turn, slots: Sequence[Generation]) -> Vote:
    index, verdict = part.nullable("preferred_index", part.integer), part.choice("verdict", VERDICTS)
    if (index is None) == (not verdict):
        part.refuse("", "has to have either a preferred_index or a verdict")
    if index is not None and (index >= len(slots) or slots[index].status != Generation.Status.COMPLETED):
        part.refuse("preferred_index", "names no complete answer of the turn")
    return Vote(
        turn=turn,
        user=turn.comparison.user,
        preferred_index=index,
        verdict=verdict,
        created_at=part.timestamp("created_at"),
        updated_at=part.timestamp("updated_at"),
    )


def save_comparisons(user: User, items: Sequence[ImportedComparison]) -> int:
    """Save the comparisons that the user does not have yet and return their number; call it within a transaction."""
    new = new_items(user, items, lambda item: item.comparison, Comparison.objects.filter(user=user))
    comparisons = [item.comparison for item in new]
    turns = [turn for item in new for turn in item.turns]
    votes = [vote for item in new for vote in item.votes]
    conversations = [candidate for item in new for candidate in item.candidates]
    take_free_ids(Conversation, [each.conversation for each in conversations])
    for turn in turns:
        turn.run.topic = turn.comparison.topic
    create_with_timestamps(Comparison, comparisons)
    save_conversations(user, conversations, [turn.run for turn in turns])
    Candidate.objects.bulk_create(
        (
            Candidate(comparison=item.comparison, position=position, conversation=candidate.conversation)
            for item in new
            for position, candidate in enumerate(item.candidates)
        ),
        batch_size=BATCH,
    )
    Turn.objects.bulk_create(turns, batch_size=BATCH)
    create_with_timestamps(Vote, votes)
    return len(new)
