"""Limits, budgets and the queue, with many threads at once on a real database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connections, transaction
from pytest_django import Settings

from accounts.models import Limits, User
from core.errors import OverBudget, RequestError, TooManyRequests
from generations import services
from generations.deletion import prepare_deletion
from generations.limits.admission import GenerationRequest, check_start, reserve_more
from generations.limits.budgets import Amount, used_by_period
from generations.models import DailyUsage, Generation
from generations.selectors import RunState
from generations.services import retry_generation, start_run, stop_generations
from generations.worker.claims import find_fallback, hand_back
from generations.worker.finalize import end_generation
from generations.worker.types import Claim, Outcome
from providers.adapters.base import ErrorCode, Message, Parameters, ProviderError, Request, Usage
from providers.model_ref import ModelRef
from providers.models import ProviderKey
from providers.prices import price
from providers.services import set_key
from tests.generations.claims import claim_generation, end_claim

pytestmark = pytest.mark.usefixtures("redis")
Status = Generation.Status
MODEL = "gpt-4o"
TEN_CENTS = Usage(input_tokens=0, output_tokens=10_000)
"""The usage that costs ten cents with ``MODEL``."""


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One item for each time that the workers were woken."""
    calls: list[str] = []
    monkeypatch.setattr("generations.worker.releases.wake_workers", lambda: calls.append("woken"))
    return calls


@pytest.fixture
def server_key(settings: Settings) -> None:
    settings.PROVIDER_API_KEYS = {**settings.PROVIDER_API_KEYS, "openai": "the key of the server"}
    settings.SERVER_KEYS = "everyone"


def start(
    user: User, topic: str, count: int = 1, *, provider: str = "demo", tokens: int = 1000, batch: bool = False
) -> RunState:
    request = Request(MODEL, (Message("user", "Hello"),), parameters=Parameters(max_tokens=tokens))
    with transaction.atomic():
        return start_run(user=user, topic=topic, requests=[GenerationRequest(provider, request)] * count, batch=batch)


def end(generation: Generation, usage: Usage | None = None, text: str = "Hello") -> None:
    claim = claim_generation(generation.pk)
    assert claim is not None
    end_claim(claim, Outcome(Status.COMPLETED, text=text, usage=usage))


def at_once(count: int, work: Callable[[], object]) -> list[object]:
    """Run ``work`` in so many threads at the same moment; return the results and refusals."""
    barrier = threading.Barrier(count)

    def one() -> object:
        try:
            barrier.wait()
            return work()
        except RequestError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: one(), range(count)))


def test_no_more_run_at_once_than_allowed(alice: User, topic: str) -> None:
    Limits.objects.create(user=alice, max_running=3)
    waiting = iter(start(alice, topic, 20).generations)

    claims = at_once(20, lambda: claim_generation(next(waiting).pk))

    assert sum(claim is not None for claim in claims) == 3
    assert Generation.objects.filter(status=Status.STREAMING).count() == 3
    assert Generation.objects.filter(status=Status.QUEUED, held_back=True).count() == 17


def test_an_end_releases_the_next_answer_of_its_user(alice: User, topic: str, woken: list[str]) -> None:
    Limits.objects.create(user=alice, max_running=1)
    first, second, third = start(alice, topic, 3).generations
    claim = claim_generation(first.pk)
    assert claim is not None
    assert [claim_generation(each.pk) for each in (third, second)] == [None, None]

    end_claim(claim, Outcome(Status.COMPLETED, text="Hello"))

    assert woken == ["woken"]
    assert claim_generation(third.pk) is None
    assert claim_generation(second.pk) is not None


def test_answers_that_wait_are_released_if_an_answer_ended_while_they_started(
    alice: User, topic: str, woken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Limits.objects.create(user=alice, max_running=1)
    claim = claim_generation(start(alice, topic).generations[0].pk)
    assert claim is not None
    announce = services._announce

    def end_first(state: RunState, *, in_log: bool) -> None:
        assert end_generation(claim.generation, Outcome(Status.COMPLETED, text="Hello")) is not None
        announce(state, in_log=in_log)

    monkeypatch.setattr(services, "_announce", end_first)
    (second,) = start(alice, topic).generations

    assert woken == ["woken"]
    assert claim_generation(second.pk) is not None


def test_a_full_queue_refuses_and_creates_nothing(alice: User, topic: str) -> None:
    Limits.objects.create(user=alice, max_running=2, max_queued=3)
    start(alice, topic, 4)

    with pytest.raises(TooManyRequests, match="4 of your answers are running or waiting") as refusal:
        start(alice, topic, 2)

    assert refusal.value.retry_after
    assert Generation.objects.count() == 4
    start(alice, topic)


def test_it_limits_requests_a_minute(alice: User) -> None:
    Limits.objects.create(user=alice, requests_per_minute=5)

    results = at_once(8, lambda: check_start(alice))

    refused = [result for result in results if isinstance(result, TooManyRequests)]
    assert len(refused) == 3
    assert all(0 < (each.retry_after or 0) <= 60 for each in refused)


@pytest.mark.usefixtures("server_key")
def test_many_starts_at_once_reserve_no_more_than_is_left(alice: User, topic: str) -> None:
    Limits.objects.create(user=alice, dollars_per_day=Decimal("1.00"))

    # Each may cost ten cents and a little for its prompt.
    results = at_once(15, lambda: start(alice, topic, provider="openai", tokens=10_000))

    refused = [result for result in results if isinstance(result, OverBudget)]
    assert len(refused) == 6
    assert {each.status for each in refused} == {429}
    assert "is left of the $1.00 that you may use in a day" in refused[0].message
    assert Generation.objects.count() == 9


@pytest.mark.usefixtures("server_key")
def test_an_unused_reservation_is_free_again(alice: User, topic: str) -> None:
    Limits.objects.create(user=alice, dollars_per_day=Decimal("0.25"), tokens_per_month=100_000)
    ended, stopped = start(alice, topic, 2, provider="openai", tokens=10_000).generations
    with pytest.raises(OverBudget):
        start(alice, topic, provider="openai", tokens=10_000)

    stop_generations([stopped])
    end(ended, TEN_CENTS)
    start(alice, topic, provider="openai", tokens=10_000)

    with pytest.raises(OverBudget, match=r"\$0\.0\d+ is left of the \$0\.25"):
        start(alice, topic, provider="openai", tokens=10_000)
    assert used_by_period(alice)["server", "day"] == Amount(10_000, Decimal("0.1"))
    assert used_by_period(alice)["server", "month"] == Amount(10_000, Decimal("0.1"))


@pytest.mark.usefixtures("server_key")
def test_a_run_is_admitted_completely_or_not_at_all(alice: User, topic: str) -> None:
    Limits.objects.create(user=alice, tokens_per_day=5_000)

    with pytest.raises(OverBudget, match="5,000 is left of the 5,000 tokens"):
        start(alice, topic, 6, provider="openai", tokens=1000)

    assert not Generation.objects.exists()
    start(alice, topic, 4, provider="openai", tokens=1000)


@pytest.mark.usefixtures("server_key")
def test_a_retry_needs_room_in_the_budget_as_well(alice: User, topic: str) -> None:
    Limits.objects.create(user=alice, dollars_per_day=Decimal("0.15"))
    (generation,) = start(alice, topic, provider="openai", tokens=10_000).generations
    claim = claim_generation(generation.pk)
    assert claim is not None
    failed = Outcome(Status.FAILED, text="H", usage=TEN_CENTS, error=ProviderError(ErrorCode.STREAM_CUT, "Cut."))
    end_claim(claim, failed)
    generation.refresh_from_db()

    with pytest.raises(OverBudget):
        retry_generation(generation=generation, topic=topic, request=claim.request)

    generation.refresh_from_db()
    assert generation.status == Status.FAILED


def test_only_the_budget_of_the_user_limits_answers_with_the_users_key(alice: User, topic: str) -> None:
    set_key(user=alice, provider="openai", api_key="sk-alice")
    Limits.objects.create(user=alice, dollars_per_day=Decimal("0.01"))
    end(start(alice, topic, provider="openai", tokens=10_000).generations[0], TEN_CENTS)

    alice.own_dollars_per_month = Decimal("0.15")
    alice.save()

    with pytest.raises(OverBudget, match="that you may spend with your own keys in a month"):
        start(alice, topic, provider="openai", tokens=10_000)
    assert used_by_period(alice)["user", "day"].cost == Decimal("0.1")


@pytest.mark.usefixtures("server_key")
def test_a_key_deleted_meanwhile_does_not_make_the_server_pay(alice: User, topic: str) -> None:
    set_key(user=alice, provider="openai", api_key="sk-alice")
    (generation,) = start(alice, topic, provider="openai").generations

    ProviderKey.objects.all().delete()

    assert claim_generation(generation.pk) is None
    generation.refresh_from_db()
    assert generation.error_code == ErrorCode.NO_API_KEY
    assert "was changed while the answer waited" in generation.error


@pytest.mark.usefixtures("server_key")
def test_a_key_stored_meanwhile_is_for_the_next_answer(alice: User, topic: str) -> None:
    (first,) = start(alice, topic, provider="openai").generations

    set_key(user=alice, provider="openai", api_key="sk-alice")
    (second,) = start(alice, topic, provider="openai").generations
    claims = [claim_generation(each.pk) for each in (first, second)]

    assert [each is not None and each.target.api_key for each in claims] == ["the key of the server", "sk-alice"]


@pytest.mark.usefixtures("server_key")
def test_an_answer_that_outgrows_its_reservation_reserves_more_while_some_is_left(
    alice: User, topic: str, settings: Settings
) -> None:
    settings.EXPECTED_OUTPUT_TOKENS = 1000
    Limits.objects.create(user=alice, tokens_per_day=2_500)
    (generation,) = start(alice, topic, provider="openai", tokens=1000).generations

    assert reserve_more(generation.pk, generation.model_ref) == ""
    refusal = reserve_more(generation.pk, generation.model_ref)
    assert refusal.startswith("The answer was cut off here because it would exceed your budget.")

    generation.refresh_from_db()
    assert 2000 < generation.reserved_tokens < 2100


@pytest.mark.usefixtures("server_key")
def test_deleting_a_running_answer_is_not_free(alice: User, topic: str) -> None:
    (generation,) = start(alice, topic, provider="openai").generations
    assert claim_generation(generation.pk) is not None
    Generation.objects.update(text="So far, so good.")

    with transaction.atomic():
        prepare_deletion(Generation.objects.all())
        Generation.objects.all().delete()

    row = DailyUsage.objects.get()
    assert (row.key_source, row.answers, row.day) == ("server", 1, datetime.now(UTC).date())
    assert row.tokens > 4
    assert row.cost > 0


def test_all_usage_is_counted_even_if_all_answers_end_at_once(alice: User, topic: str) -> None:
    generations = start(alice, topic, 12).generations
    ends = iter(generations)

    at_once(12, lambda: end(next(ends), Usage(1, 2)))

    row = DailyUsage.objects.get()
    assert (row.key_source, row.answers, row.tokens) == ("", 12, 36)


@pytest.mark.usefixtures("server_key")
def test_a_fallback_counts_for_its_own_key_source(alice: User, topic: str) -> None:
    set_key(user=alice, provider="anthropic", api_key="sk-alice")
    Limits.objects.create(user=alice, dollars_per_day=Decimal("0.25"))
    claim = _with_fallback(alice, topic)

    fallback = find_fallback(claim)

    assert fallback is not None
    assert (fallback.target.label, fallback.request.model) == ("OpenAI", MODEL)
    generation = Generation.objects.get()
    assert (generation.key_source, generation.reserved_tokens) == ("server", fallback.reserved_tokens)
    outcome = Outcome(Status.COMPLETED, text="Hello", usage=TEN_CENTS, answered_by=claim.fallback)
    end_claim(claim, outcome)
    assert used_by_period(alice)["server", "day"] == Amount(10_000, Decimal("0.1"))
    assert used_by_period(alice)["user", "day"] == Amount()


@pytest.mark.usefixtures("server_key")
def test_it_reserves_more_at_the_price_of_the_model_that_answers(alice: User, topic: str, settings: Settings) -> None:
    settings.EXPECTED_OUTPUT_TOKENS = 1000
    set_key(user=alice, provider="anthropic", api_key="sk-alice")
    Limits.objects.create(user=alice, dollars_per_day=Decimal("5.00"))
    claim = _with_fallback(alice, topic)
    assert find_fallback(claim) is not None
    before = Generation.objects.get().reserved_cost

    assert reserve_more(claim.generation_id, ModelRef.parse(claim.fallback)) == ""

    more = price(*ModelRef.parse(claim.fallback), Usage(input_tokens=0, output_tokens=1000))
    other = price(*claim.model_ref, Usage(input_tokens=0, output_tokens=1000))
    assert Generation.objects.get().reserved_cost - before == more != other


@pytest.mark.usefixtures("server_key")
def test_a_fallback_that_exceeds_a_budget_is_not_called(alice: User, topic: str) -> None:
    set_key(user=alice, provider="anthropic", api_key="sk-alice")
    Limits.objects.create(user=alice, dollars_per_day=Decimal("0.05"))
    claim = _with_fallback(alice, topic)

    assert find_fallback(claim) is None
    assert Generation.objects.get().key_source == "user"


@pytest.mark.usefixtures("server_key")
def test_after_a_worker_is_lost_during_the_fallback_the_model_itself_is_called_again(alice: User, topic: str) -> None:
    set_key(user=alice, provider="anthropic", api_key="sk-alice")
    claim = _with_fallback(alice, topic)
    assert find_fallback(claim) is not None
    hand_back(claim.generation, 0)

    again = claim_generation(claim.generation_id)

    assert again is not None
    assert again.target.label == "Anthropic"
    assert Generation.objects.get().key_source == "user"


def _with_fallback(user: User, topic: str) -> Claim:
    """Return the claim of an answer that the user's own key pays for, and whose fallback the server's key pays for."""
    request = Request("claude", (Message("user", "Hello"),), parameters=Parameters(max_tokens=10_000))
    with transaction.atomic():
        state = start_run(user=user, topic=topic, requests=[GenerationRequest("anthropic", request, f"openai/{MODEL}")])
    claim = claim_generation(state.generations[0].pk)
    assert claim is not None
    return claim


def test_a_model_without_a_known_price_needs_one_under_a_budget_in_dollars(
    alice: User, topic: str, server_key: None, settings: Settings
) -> None:
    Limits.objects.create(user=alice, dollars_per_day=Decimal("5.00"))
    request = Request("gpt-99-unheard-of", (Message("user", "Hello"),), parameters=Parameters(max_tokens=1000))

    def begin() -> RunState:
        with transaction.atomic():
            return start_run(user=alice, topic=topic, requests=[GenerationRequest("openai", request)])

    with pytest.raises(OverBudget, match="The price of gpt-99-unheard-of is unknown"):
        begin()
    settings.UNKNOWN_MODEL_PRICE = Decimal(100)

    state = begin()

    assert Decimal("0.1") < state.generations[0].reserved_cost < Decimal("0.11")


def test_a_model_without_a_known_price_is_free_to_use_under_a_budget_in_tokens(
    alice: User, topic: str, server_key: None
) -> None:
    Limits.objects.create(user=alice, tokens_per_day=100_000)
    request = Request("gpt-99-unheard-of", (Message("user", "Hello"),), parameters=Parameters(max_tokens=1000))

    with transaction.atomic():
        state = start_run(user=alice, topic=topic, requests=[GenerationRequest("openai", request)])

    assert state.generations[0].reserved_tokens > 1000


def test_the_cost_that_the_provider_states_counts(alice: User, topic: str, server_key: None) -> None:
    generation = start(alice, topic, provider="openai").generations[0]

    end(generation, Usage(input_tokens=10, output_tokens=10, cost=Decimal("0.5")))

    generation.refresh_from_db()
    assert (generation.cost, generation.cost_source) == (Decimal("0.5"), "provider")
    assert used_by_period(alice)["server", "day"].cost == Decimal("0.5")
