"""Import of comparisons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from account_data.imports.conversations import (
    ImportedConversation,
    conversation_pieces,
    publish_conversations,
    read_conversation,
)
from account_data.imports.ids import new_items, take_free_ids, unpublished
from account_data.imports.reader import Part
from account_data.imports.slices import Piece, publish, write_slices
from accounts.models import User
from comparisons.models import Candidate, Comparison, Turn, Vote
from comparisons.selectors import whole_comparisons
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


def write_comparisons(user: User, items: Sequence[ImportedComparison], begun: datetime) -> None:
    """Write the comparisons that the user does not have yet, hidden."""
    new = new_items(user, items, lambda item: item.comparison, whole_comparisons(user))
    take_free_ids(Conversation, [candidate.conversation for item in new for candidate in item.candidates])
    write_slices(user, (piece for item in new for piece in _pieces(item, begun)))


def _pieces(item: ImportedComparison, begun: datetime) -> Iterator[Piece]:
    item.comparison.incomplete_since = begun
    yield Piece([item.comparison])
    votes = {vote.turn.number: vote for vote in item.votes}
    for turn in item.turns:
        turn.run.topic = item.comparison.topic
        yield Piece([turn.run, turn, *([votes[turn.number]] if turn.number in votes else [])], len(turn.prompt))
    for position, candidate in enumerate(item.candidates):
        row = Candidate(comparison=item.comparison, position=position, conversation=candidate.conversation)
        yield from conversation_pieces(candidate, begun, row)


def publish_comparisons(user: User, items: Sequence[ImportedComparison]) -> int:
    """Show the comparisons that were written and return their number; call it within a transaction.

    Those that another import of the user has published meanwhile stay hidden.
    """
    written = [item for item in items if item.comparison.pk is not None]
    new = unpublished(written, lambda item: item.comparison, whole_comparisons(user))
    publish_conversations([candidate for item in new for candidate in item.candidates])
    publish(Comparison, [item.comparison for item in new])
    return len(new)
