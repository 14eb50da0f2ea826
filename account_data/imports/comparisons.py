"""Import of comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from account_data.imports.conversations import BATCH, Thread, create_as_old, read_thread, save_threads
from account_data.imports.ids import new_items, take_free_ids
from account_data.imports.reader import Part
from accounts.models import User
from comparisons.models import Candidate, Comparison, Turn, Vote
from conversations.models import Conversation
from generations.fields import MAX_MODELS, TITLE_LENGTH
from generations.models import Generation, Run

VERDICTS = ["", *Vote.Verdict.values]


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison with everything that belongs to it, not saved yet."""

    comparison: Comparison
    threads: list[Thread]
    turns: list[Turn]
    votes: list[Vote]


def read_comparison(part: Part, user: User) -> Compared:
    """Return a comparison of an archive, with the ids that it has there."""
    comparison = Comparison(
        public_id=part.own_id("comparison"),
        user=user,
        title=part.filled("title", TITLE_LENGTH),
        created_at=part.moment("created_at"),
        updated_at=part.moment("updated_at"),
    )
    threads = [read_thread(each, user, Conversation.Kind.CANDIDATE) for each in part.parts("candidates")]
    if not 1 <= len(threads) <= MAX_MODELS:
        part.refuse("candidates", f"has to have 1 to {MAX_MODELS} entries")
    compared = Compared(comparison, threads, [], [])
    for each in part.parts("turns"):
        _read_turn(each, compared)
    if not compared.turns:
        part.refuse("turns", "is empty")
    return compared


def _read_turn(part: Part, compared: Compared) -> None:
    user, accepted_at = compared.comparison.user, part.moment("accepted_at")
    run = Run(
        user=user,
        total=len(compared.threads),
        open=0,
        accepted_at=accepted_at,
        ended_at=part.maybe("ended_at", part.moment) or accepted_at,
    )
    turn = Turn(
        comparison=compared.comparison,
        number=len(compared.turns),
        prompt=part.text("prompt"),
        run=run,
        created_at=part.moment("created_at"),
    )
    slots = _slots(part, compared.threads)
    for index, slot in enumerate(slots):
        slot.run = slot.current_run = run
        slot.index = index
    _check_images(part, compared.threads[0])
    compared.turns.append(turn)
    vote = part.maybe("vote", lambda name: _vote(part.part(name), turn, slots))
    if vote is not None:
        compared.votes.append(vote)


def _slots(part: Part, threads: Sequence[Thread]) -> list[Generation]:
    """Return the answers of a turn, one of each candidate."""
    names = part.ids("answers")
    messages = [thread.messages.get(name) for name, thread in zip(names, threads, strict=False)]
    slots = [message.generation for message in messages if message is not None and message.generation is not None]
    if not len(slots) == len(names) == len(threads):
        part.refuse("answers", "has to name one answer of each candidate, in their order")
    if any(hasattr(slot, "run") for slot in slots):
        part.refuse("answers", "names an answer of another turn")
    return slots


def _check_images(part: Part, thread: Thread) -> None:
    """Check that a turn and its prompt's message name the same images."""
    prompt = thread.parents[part.ids("answers")[0]]
    shown = [] if prompt is None else [picture.public_id for picture in thread.pictures[prompt]]
    if part.later("images", part.ids, shown) != shown:
        part.refuse("images", "has to name the images of the prompt that its answers belong to")


def _vote(part: Part, turn: Turn, slots: Sequence[Generation]) -> Vote:
    index, verdict = part.maybe("preferred_index", part.integer), part.word("verdict", VERDICTS)
    if (index is None) == (not verdict):
        part.refuse("", "has to have either a preferred_index or a verdict")
    if index is not None and (index >= len(slots) or slots[index].status != Generation.Status.COMPLETED):
        part.refuse("preferred_index", "names no complete answer of the turn")
    return Vote(
        turn=turn,
        user=turn.comparison.user,
        preferred_index=index,
        verdict=verdict,
        created_at=part.moment("created_at"),
        updated_at=part.moment("updated_at"),
    )


def save_comparisons(user: User, items: Sequence[Compared]) -> int:
    """Save those that the user does not have yet and return their number; call it within a transaction."""
    new = new_items(user, items, lambda item: item.comparison, Comparison.objects.filter(user=user))
    comparisons = [item.comparison for item in new]
    turns = [turn for item in new for turn in item.turns]
    votes = [vote for item in new for vote in item.votes]
    threads = [thread for item in new for thread in item.threads]
    take_free_ids(Conversation, [thread.conversation for thread in threads])
    for turn in turns:
        turn.run.topic = turn.comparison.topic
    create_as_old(Comparison, comparisons)
    save_threads(user, threads, [turn.run for turn in turns])
    Candidate.objects.bulk_create(
        (
            Candidate(comparison=item.comparison, position=position, conversation=thread.conversation)
            for item in new
            for position, thread in enumerate(item.threads)
        ),
        batch_size=BATCH,
    )
    Turn.objects.bulk_create(turns, batch_size=BATCH)
    create_as_old(Vote, votes)
    return len(new)
