"""Queries for a user's comparisons, their turns and their answers."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from comparisons.models import Comparison, Turn, Vote
from conversations.message_tree import message_tree
from conversations.models import WITH_IMAGES, Message
from conversations.selectors import answer_of, run_images
from core.errors import NotFound
from core.rows import only_row
from generations.models import Generation, Run
from images.models import Image

MISSING = "There is no such comparison, or it is not yours."
_FIRST = Subquery(Turn.objects.filter(comparison=OuterRef("pk")).order_by("number").values("prompt")[:1])
_FIRST_PROMPT = {"first_prompt": Coalesce(_FIRST, Value(""), output_field=TextField())}
RESULT_MISSING = "There is no such answer, or it is not yours."


@dataclass(frozen=True, slots=True)
class TurnState:
    """A turn with its slots (ordered by index), the images of its prompt, and the owner's vote."""

    turn: Turn
    slots: list[Generation]
    images: list[Image]
    vote: Vote | None

    @property
    def running(self) -> bool:
        return any(slot.is_open for slot in self.slots)


def whole_comparisons(user: User) -> QuerySet[Comparison]:
    """Return the user's comparisons without those that an import still writes."""
    return Comparison.objects.filter(user=user, incomplete_since=None)


def user_comparison(user: User, public_id: uuid.UUID) -> Comparison:
    """Return the user's comparison; raises NotFound, also for another user's comparison."""
    comparison = whole_comparisons(user).select_related("user").filter(public_id=public_id).first()
    if comparison is None:
        raise NotFound(MISSING)
    return comparison


def user_result(user: User, public_id: uuid.UUID) -> tuple[Generation, Comparison]:
    """Return a slot of the user's and its comparison; raises NotFound, also for another user's slot."""
    generation = (
        Generation.objects.select_related("current_run", "user", "message__conversation__candidate__comparison__user")
        .filter(user=user, public_id=public_id, message__conversation__candidate__isnull=False)
        .filter(message__conversation__incomplete_since=None)
        .first()
    )
    if generation is None:
        raise NotFound(RESULT_MISSING)
    return generation, generation.message.conversation.candidate.comparison


def user_turn(user: User, public_id: uuid.UUID, number: int | None = None) -> Turn:
    """Return a turn of the user's comparison, the last one if no number is given; raises NotFound."""
    turns = Turn.objects.filter(comparison__in=whole_comparisons(user).filter(public_id=public_id)).select_related(
        "run", "comparison__user"
    )
    turn = turns.last() if number is None else turns.filter(number=number).first()
    if turn is None:
        raise NotFound(MISSING)
    return turn


def turn_states(comparison: Comparison, *, from_number: int = 0) -> list[TurnState]:
    """Return the turns in order, with their slots and the owner's votes; 5 queries for any number of turns."""
    rows = comparison.turns.filter(number__gte=from_number)
    slots = Generation.objects.select_related("current_run")
    turns = list(_with_slots(rows, slots).prefetch_related("votes"))
    images = run_images([turn.run_id for turn in turns])
    return [
        TurnState(
            turn=turn,
            slots=list(turn.run.generations.all()),
            images=images.get(turn.run_id, []),
            vote=next((vote for vote in turn.votes.all() if vote.user_id == comparison.user_id), None),
        )
        for turn in turns
    ]


def shared_history(turns: Sequence[TurnState]) -> list[Message]:
    """Return the messages of the chat that a comparison continues; one query if it continues none."""
    if not turns:
        return []
    prompt = answer_of(turns[0].slots[0]).parent
    if prompt is None or prompt.parent_id is None:
        return []
    path = message_tree(prompt.conversation).path(prompt.parent_id)
    messages = Message.objects.select_related("generation", "parent").prefetch_related(WITH_IMAGES).in_bulk(path)
    return [messages[key] for key in path]


def user_comparisons(user: User, search: str = "") -> QuerySet[Comparison]:
    """Return the user's comparisons, newest first, with everything that a list shows: the first prompt, the turns with
    their votes and slots, but no other text.

    ``search`` looks for a text in titles and prompts.
    """
    comparisons = whole_comparisons(user)
    if search:
        found = Turn.objects.filter(comparison__user=user, prompt__icontains=search).order_by()
        comparisons = comparisons.filter(Q(title__icontains=search) | Q(pk__in=found.values("comparison")))
    slots = Generation.objects.only("run", "public_id", "index", "provider", "model", "status")
    turns = _with_slots(Turn.objects.order_by("number"), slots).defer("prompt").prefetch_related("votes")
    # A comparison that is deleted between two of these queries has no turns.
    return (
        comparisons.annotate(**_FIRST_PROMPT).order_by("-created_at", "-pk").prefetch_related(Prefetch("turns", turns))
    )


def listed_comparison(user: User, public_id: uuid.UUID) -> Comparison:
    """Return one of ``user_comparisons``; raises NotFound."""
    comparison = user_comparisons(user).filter(public_id=public_id).first()
    if comparison is None:
        raise NotFound(MISSING)
    return comparison


def _with_slots(turns: QuerySet[Turn], slots: QuerySet[Generation]) -> QuerySet[Turn]:
    return turns.select_related("run").prefetch_related(Prefetch("run__generations", slots.order_by("index")))


def turn_number(run_id: int) -> int:
    """Return the number of the turn that a run or the run of a retry belongs to; raises Run.DoesNotExist."""
    numbers = Turn.objects.order_by().values_list("number", flat=True)
    number = only_row(numbers.filter(run=run_id))
    if number is None:
        # Two queries by indexes: one with OR would look at every turn there is.
        number = only_row(numbers.filter(run__generations__current_run=run_id))
    if number is None:
        raise Run.DoesNotExist
    return number
