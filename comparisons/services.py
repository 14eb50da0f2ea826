"""Starting, continuing, judging, stopping and deleting comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from comparisons.models import Candidate, Comparison, Turn, Vote
from comparisons.schemas import CompareRequest, Entry, TurnRequest
from conversations.message_images import check_vision
from conversations.models import Conversation
from conversations.prompts import ask, check_fallback, retry_answer
from conversations.selectors import answer_of, open_answer, user_conversation
from conversations.services import STILL_ANSWERING, copy_thread, delete_conversations, fork_conversation
from core.errors import Conflict, InvalidInput, NotFound
from generations.deletion import delete_logs, prepare_deletion
from generations.fields import TITLE_LENGTH
from generations.limits.admission import check_request_rate
from generations.models import Generation
from generations.selectors import RunState
from generations.services import stop_generations
from generations.stored_request import encode_parameters
from images.selectors import chosen_images
from providers.adapters.base import ProviderError
from providers.selectors import resolve_target


class StartedTurn(NamedTuple):
    comparison: Comparison
    turn: Turn
    state: RunState


def start_comparison(*, user: User, request: CompareRequest) -> StartedTurn:
    """Create a comparison with its first turn and send its tasks.

    Raises InvalidInput for an unknown provider, or where none of the chosen ones can be asked, NotFound and Conflict
    for a chat to go on from that is not there or still being answered; then nothing is created.
    """
    source = _source(user, request)
    _check_providers(user, request.entries)
    check_vision([(entry.provider, entry.model) for entry in request.entries], request.images)
    for index, entry in enumerate(request.entries):
        check_fallback(user, entry.fallback, f"providers.{index}.fallback")
    check_request_rate(user)
    with transaction.atomic():
        title = " ".join(request.prompt.split())[:TITLE_LENGTH]
        comparison = Comparison.objects.create(user=user, title=title)
        conversations = Conversation.objects.bulk_create(
            Conversation(
                user=user,
                kind=Conversation.Kind.CANDIDATE,
                provider=entry.provider,
                model=entry.model,
                system=request.system or (source.system if source is not None else ""),
                parameters=encode_parameters(entry.parameters),
                fallback=entry.fallback,
            )
            for entry in request.entries
        )
        Candidate.objects.bulk_create(
            Candidate(comparison=comparison, position=position, conversation=conversation)
            for position, conversation in enumerate(conversations)
        )
        if source is not None:
            copy_thread(source=source, leaf_id=source.leaf_id, targets=conversations)
        turn = TurnRequest(request.prompt, request.images, request.batch)
        return _start_turn(comparison, conversations, turn, number=0)


def _source(user: User, request: CompareRequest) -> Conversation | None:
    if request.conversation_id is None:
        return None
    source = user_conversation(user, request.conversation_id)
    if open_answer(source) is not None:
        raise Conflict(STILL_ANSWERING)
    return source


def start_turn(*, comparison: Comparison, request: TurnRequest) -> StartedTurn:
    """Put the next prompt to every candidate, each with its own history.

    Raises Conflict while an answer still runs, InvalidInput for images that not all of them can see.
    """
    check_request_rate(comparison.user)
    with transaction.atomic():
        locked = Comparison.objects.select_for_update().get(pk=comparison.pk)
        if _open_generations(locked).exists():
            raise Conflict(STILL_ANSWERING)
        candidates = locked.candidates.select_related("conversation").order_by("position")
        conversations = [candidate.conversation for candidate in candidates]
        check_vision([(each.provider, each.model) for each in conversations], request.images)
        started = _start_turn(locked, conversations, request, number=locked.turns.count())
        Comparison.objects.filter(pk=locked.pk).update(updated_at=timezone.now())
        return started


def _start_turn(
    comparison: Comparison, conversations: Sequence[Conversation], request: TurnRequest, *, number: int
) -> StartedTurn:
    state = ask(
        user=comparison.user,
        topic=comparison.topic,
        conversations=conversations,
        prompt=request.prompt,
        images=chosen_images(comparison.user, request.images),
        batch=request.batch,
    )
    turn = Turn.objects.create(comparison=comparison, number=number, prompt=request.prompt, run=state.run)
    return StartedTurn(comparison, turn, state)


def _check_providers(user: User, entries: Sequence[Entry]) -> None:
    refusals: dict[str, ProviderError] = {}
    known: set[str] = set()
    for index, entry in enumerate(entries):
        if entry.provider in known | refusals.keys():
            continue
        try:
            resolve_target(user, entry.provider)
            known.add(entry.provider)
        except ProviderError as error:
            refusals[entry.provider] = error
        except NotFound as error:
            raise InvalidInput(error.message, fields={f"providers.{index}.provider": [error.message]}) from error
    if not known:
        sentence = " ".join(dict.fromkeys(error.message for error in refusals.values()))
        raise InvalidInput(sentence, fields={"providers": [sentence]})


def retry_result(*, generation: Generation, comparison: Comparison) -> RunState:
    """Ask one slot again; raises Conflict where it still runs, has completed, or a later turn builds on it."""
    check_request_rate(comparison.user)
    later = comparison.turns.filter(run__gt=generation.run_id).exists()
    if later:
        raise Conflict("The comparison has gone on from this answer. Only answers of the last turn can be retried.")
    with transaction.atomic():
        return retry_answer(generation=generation, topic=comparison.topic)


def fork_result(*, generation: Generation) -> Conversation:
    """A new chat that begins with a slot's conversation up to this answer; the comparison stays as it was.

    Raises Conflict while the answer runs.
    """
    if generation.is_open:
        raise Conflict(STILL_ANSWERING)
    message = answer_of(generation)
    return fork_conversation(source=message.conversation, upto=message)


def stop_comparison(*, comparison: Comparison) -> int:
    """Stop all that still runs; returns how many that were."""
    return stop_generations(_open_generations(comparison).select_related("current_run"))


def _open_generations(comparison: Comparison) -> QuerySet[Generation]:
    return Generation.objects.filter(
        message__conversation__candidate__comparison=comparison, status__in=Generation.OPEN
    )


def vote(*, user: User, turn: Turn, preferred_index: int | None = None, verdict: str = "") -> Vote:
    """Prefer one slot or none of them; a second vote replaces the first.

    Raises Conflict before the turn has ended, InvalidInput for a slot that gave no answer.
    """
    slots = {generation.index: generation for generation in turn.run.generations.all()}
    if any(generation.is_open for generation in slots.values()):
        raise Conflict("Vote once every answer has ended.")
    if (preferred_index is None) == (not verdict):
        raise InvalidInput("Send either preferred_index or verdict.")
    if verdict and verdict not in Vote.Verdict.values:
        raise InvalidInput("The verdict has to be tie or all_bad.", fields={"verdict": ["This is no verdict."]})
    if preferred_index is not None:
        chosen = slots.get(preferred_index)
        if chosen is None or chosen.status != Generation.Status.COMPLETED:
            sentence = "This slot has no complete answer to prefer."
            raise InvalidInput(sentence, fields={"preferred_index": [sentence]})
    stored, _ = Vote.objects.update_or_create(
        turn=turn, user=user, defaults={"preferred_index": preferred_index, "verdict": verdict}
    )
    return stored


def rename_comparison(*, comparison: Comparison, title: str) -> None:
    """Give a comparison another title."""
    comparison.title = title
    comparison.save(update_fields=["title", "updated_at"])


def delete_comparison(*, comparison: Comparison) -> None:
    """Delete a comparison with its conversations and answers; what still runs is stopped first."""
    stop_comparison(comparison=comparison)
    with transaction.atomic():
        writers = prepare_deletion(Generation.objects.filter(current_run__topic=comparison.topic))
        candidates = comparison.candidates.select_related("conversation")
        delete_conversations([candidate.conversation for candidate in candidates])
        comparison.delete()
    delete_logs([comparison.topic], writers)
