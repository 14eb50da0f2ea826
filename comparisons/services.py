"""Everything that changes comparisons: turns, votes, retries, stops, forks, titles and deletion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from accounts.models import User
from comparisons.models import Candidate, Comparison, Turn, Vote
from comparisons.schemas import CandidateRequest, CompareRequest, TurnRequest
from conversations.copies import copy_branch
from conversations.message_images import check_vision
from conversations.models import Conversation
from conversations.prompts import check_fallback, next_prompt, retry_answer, start_answers
from conversations.selectors import answer_of, open_answer, user_conversation
from conversations.services import (
    STILL_ANSWERING,
    default_title,
    delete_conversations,
    fork_conversation,
)
from core.errors import Conflict, InvalidInput, NotFound
from generations.deletion import delete_logs, prepare_deletion
from generations.limits.admission import check_start
from generations.models import IS_OPEN, Generation
from generations.selectors import RunState
from generations.services import stop_generations
from generations.stored_request import encode_parameters
from images.selectors import chosen_images
from providers.adapters.base import ProviderError
from providers.model_ref import ModelRef
from providers.selectors import check_callable


class StartedTurn(NamedTuple):
    """A turn whose answers have been started."""

    comparison: Comparison
    turn: Turn
    state: RunState


CONTINUED = "The comparison has continued past this answer. Only answers of the last turn can be retried."


def start_comparison(*, user: User, request: CompareRequest) -> StartedTurn:
    """Create a comparison and start its first turn.

    Raises InvalidInput if a provider is unknown, or if none of the chosen ones can be called; NotFound if the chat to
    continue from does not exist; Conflict if an answer in it still runs. Nothing is created then.
    """
    source = _source_chat(user, request)
    _check_providers(user, request.candidates)
    check_vision(user, [ModelRef(each.provider, each.model) for each in request.candidates], request.images)
    for index, candidate in enumerate(request.candidates):
        check_fallback(user, candidate.fallback, f"providers.{index}.fallback")
    check_start(user)
    comparison = Comparison(user=user, title=default_title(request.prompt))
    conversations = [
        Conversation(
            user=user,
            kind=Conversation.Kind.CANDIDATE,
            provider=candidate.provider,
            model=candidate.model,
            system=request.system or (source.system if source is not None else ""),
            parameters=encode_parameters(candidate.parameters),
            fallback=candidate.fallback,
        )
        for candidate in request.candidates
    ]
    turn = TurnRequest(request.prompt, request.images, request.batch)
    with transaction.atomic():
        if source is not None:
            Conversation.objects.bulk_create(conversations)
            copy_branch(source=source, leaf_id=source.leaf_id, targets=conversations)
        candidates = [
            Candidate(comparison=comparison, position=position, conversation=conversation)
            for position, conversation in enumerate(conversations)
        ]
        first = Turn(comparison=comparison, number=0, prompt=request.prompt)
        state = _send(first, conversations, turn, [comparison], candidates, new_topic=True)
        return StartedTurn(comparison, first, state)


def _source_chat(user: User, request: CompareRequest) -> Conversation | None:
    if request.conversation_id is None:
        return None
    source = user_conversation(user, request.conversation_id)
    if open_answer(source) is not None:
        raise Conflict(STILL_ANSWERING)
    return source


def start_turn(*, comparison: Comparison, request: TurnRequest) -> StartedTurn:
    """Send the next prompt to every candidate, each with its own history.

    Raises Conflict while an answer runs, and InvalidInput for images that one of the models cannot see.
    """
    check_start(comparison.user)
    with transaction.atomic():
        locked = _locked(comparison)
        if _open_generations(locked).exists():
            raise Conflict(STILL_ANSWERING)
        candidates = locked.candidates.select_related("conversation").order_by("position")
        conversations = [candidate.conversation for candidate in candidates]
        check_vision(comparison.user, [each.model_ref for each in conversations], request.images)
        turn = Turn(comparison=locked, number=locked.turns.count(), prompt=request.prompt)
        state = _send(turn, conversations, request)
        Comparison.objects.filter(pk=locked.pk).update(updated_at=timezone.now())
        return StartedTurn(locked, turn, state)


def _locked(comparison: Comparison) -> Comparison:
    return Comparison.objects.select_for_update().get(pk=comparison.pk)


def _send(
    turn: Turn,
    conversations: Sequence[Conversation],
    request: TurnRequest,
    *new: Sequence[Model],
    new_topic: bool = False,
) -> RunState:
    """Start the answers of a new turn, and save it with the other ``new`` objects."""

    def rows(state: RunState) -> Sequence[Sequence[Model]]:
        turn.run = state.run
        return [*new, [turn]]

    comparison = turn.comparison
    return start_answers(
        user=comparison.user,
        topic=comparison.topic,
        prompts=[next_prompt(each, request.prompt) for each in conversations],
        images=chosen_images(comparison.user, request.images),
        new_topic=new_topic,
        batch=request.batch,
        more_rows=rows,
    ).state


def _check_providers(user: User, candidates: Sequence[CandidateRequest]) -> None:
    refusals: dict[str, ProviderError] = {}
    callable_now: set[str] = set()
    for index, candidate in enumerate(candidates):
        if candidate.provider in callable_now | refusals.keys():
            continue
        try:
            check_callable(user, candidate.provider)
            callable_now.add(candidate.provider)
        except ProviderError as error:
            refusals[candidate.provider] = error
        except NotFound as error:
            raise InvalidInput(error.message, fields={f"providers.{index}.provider": [error.message]}) from error
    # One refused provider is no obstacle: its slots fail alone, and the others answer.
    if not callable_now:
        sentence = " ".join(dict.fromkeys(error.message for error in refusals.values()))
        raise InvalidInput(sentence, fields={"providers": [sentence]})


def retry_result(*, generation: Generation, comparison: Comparison) -> RunState:
    """Retry the answer of a slot; raises Conflict if it still runs, has completed, or is not in the last turn."""
    check_start(comparison.user)
    with transaction.atomic():
        _locked(comparison)
        if comparison.turns.filter(run__gt=generation.run_id).exists():
            raise Conflict(CONTINUED)
        return retry_answer(generation=generation, topic=comparison.topic)


def fork_result(*, generation: Generation) -> Conversation:
    """Create a chat that begins with a copy of a slot's conversation up to this answer.

    Raises Conflict while the answer runs.
    """
    if generation.is_open:
        raise Conflict(STILL_ANSWERING)
    message = answer_of(generation)
    return fork_conversation(source=message.conversation, upto=message)


def stop_comparison(*, comparison: Comparison) -> int:
    """Stop a comparison's open answers; return the number of answers that were stopped."""
    return stop_generations(_open_generations(comparison).select_related("current_run"))


def _open_generations(comparison: Comparison) -> QuerySet[Generation]:
    return Generation.objects.filter(IS_OPEN, message__conversation__candidate__comparison=comparison)


def vote(*, user: User, turn: Turn, preferred_index: int | None = None, verdict: str = "") -> Vote:
    """Save a user's vote on a turn; a second vote replaces the first.

    Raises Conflict before the turn has ended, and InvalidInput for a slot whose answer did not complete.
    """
    if (preferred_index is None) == (not verdict):
        raise InvalidInput("Send either preferred_index or verdict.")
    if verdict and verdict not in Vote.Verdict.values:
        raise InvalidInput(
            "The verdict has to be tie or all_bad.", fields={"verdict": ["This is not a verdict. Send tie or all_bad."]}
        )
    with transaction.atomic():
        _locked(turn.comparison)
        _check_vote(turn, preferred_index)
        saved, _ = Vote.objects.update_or_create(
            turn=turn, user=user, defaults={"preferred_index": preferred_index, "verdict": verdict}
        )
    return saved


def _check_vote(turn: Turn, preferred_index: int | None) -> None:
    slots = {generation.index: generation for generation in turn.run.generations.all()}
    if any(generation.is_open for generation in slots.values()):
        raise Conflict("You can vote once every answer has ended.")
    if preferred_index is not None:
        preferred = slots.get(preferred_index)
        if preferred is None or preferred.status != Generation.Status.COMPLETED:
            sentence = "This slot has no complete answer to prefer."
            raise InvalidInput(sentence, fields={"preferred_index": [sentence]})


def rename_comparison(*, comparison: Comparison, title: str) -> None:
    """Change a comparison's title."""
    comparison.title = title
    comparison.save(update_fields=["title", "updated_at"])


def delete_comparison(*, comparison: Comparison) -> None:
    """Stop a comparison's answers, then delete it with its conversations, answers and log."""
    stop_comparison(comparison=comparison)
    with transaction.atomic():
        writers = prepare_deletion(Generation.objects.filter(current_run__topic=comparison.topic))
        candidates = comparison.candidates.select_related("conversation")
        delete_conversations([candidate.conversation for candidate in candidates])
        comparison.delete()
    delete_logs([comparison.topic], writers)
