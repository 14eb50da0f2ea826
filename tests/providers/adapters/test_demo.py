from contextlib import aclosing

import pytest

from providers.adapters.base import (
    Finished,
    Image,
    Message,
    ProviderError,
    ReasoningDelta,
    Request,
    Target,
    TextDelta,
    Usage,
)
from providers.adapters.demo import MODELS, DemoAdapter
from providers.adapters.http import HttpClients
from tests.providers.adapters.calls import StreamResult, request_of

DEMO = Target("Demo", "demo:")


async def answer(clients: HttpClients, request: Request) -> StreamResult:
    result = StreamResult()
    async with aclosing(DemoAdapter(pace=0).stream(clients, DEMO, request)) as events:
        async for event in events:
            result.events.append(event)
    return result


@pytest.mark.parametrize("model", list(MODELS))
async def test_it_answers_offline_and_says_that_it_is_a_demo(model: str, clients: HttpClients) -> None:
    result = await answer(clients, request_of(model))

    assert "Demo answer" in result.text
    assert "Say hello" in result.text
    assert result.finishes == [Finished("stop")]
    assert bool(result.reasoning) is (model == "demo-thinker")


async def test_it_gives_the_same_answer_again(clients: HttpClients) -> None:
    first = await answer(clients, request_of("demo-scholar"))
    second = await answer(clients, request_of("demo-scholar"))

    assert first.events == second.events


async def test_it_quotes_braces_and_markup_of_the_prompt_unchanged(clients: HttpClients) -> None:
    messages = (Message("user", "first"), Message("assistant", "well"), Message("user", "a {b} <i>\n{0} " + "x" * 200))

    result = await answer(clients, Request("demo-swift", messages))

    assert "“a {b} <i> {0} xxx" in result.text
    assert "question 2 of this conversation" in result.text


@pytest.mark.parametrize("model", list(MODELS))
async def test_it_mentions_the_images_that_it_was_shown(model: str, clients: HttpClients) -> None:
    images = (Image("1", "image/png", 640, 480), Image("2", "image/webp", 20, 40))

    seen = await answer(clients, Request(model, (Message("user", "And this?", images),)))
    one = await answer(clients, Request(model, (Message("user", "And this?", images[:1]),)))
    later = await answer(
        clients,
        Request(model, (Message("user", "Look", images), Message("assistant", "Yes."), Message("user", "And?"))),
    )

    assert "I was shown 2 images (640 × 480, 20 × 40 pixels), and looked at none." in seen.text
    assert "I was shown 1 image (640 × 480 pixels), and looked at none." in one.text
    assert "I was shown" not in later.text
    assert seen.usage is not None
    assert seen.usage.input_tokens > 2000


async def test_it_stops_at_the_limit_of_tokens(clients: HttpClients) -> None:
    result = await answer(clients, request_of("demo-thinker", max_tokens=10))

    assert len([event for event in result.events if isinstance(event, TextDelta | ReasoningDelta)]) == 10
    assert result.finishes == [Finished("length")]
    assert isinstance(result.usage, Usage)
    assert result.usage.output_tokens == 10


async def test_it_stops_before_a_stop_sequence(clients: HttpClients) -> None:
    result = await answer(clients, request_of("demo-swift", stop=("Compare", "**Short")))

    assert result.text.endswith("was asked.*\n\n")
    assert result.finishes == [Finished("stop")]


async def test_it_does_not_know_other_models(clients: HttpClients) -> None:
    with pytest.raises(ProviderError, match="does not know this model"):
        await answer(clients, request_of("demo-nobody"))


def test_it_takes_two_to_eight_seconds() -> None:
    totals = [model.first_token + model.duration for model in MODELS.values()]

    assert all(2 <= total <= 8 for total in totals)
    assert len(set(totals)) == len(totals)
