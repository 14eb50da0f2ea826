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
from tests.providers.adapters.calls import Heard, request_of

DEMO = Target("Demo", "demo:")


async def answer(clients: HttpClients, request: Request) -> Heard:
    heard = Heard()
    async with aclosing(DemoAdapter(pace=0).stream(clients, DEMO, request)) as events:
        async for event in events:
            heard.events.append(event)
    return heard


@pytest.mark.parametrize("model", list(MODELS))
async def test_it_answers_offline_and_says_that_it_is_a_demo(model: str, clients: HttpClients) -> None:
    heard = await answer(clients, request_of(model))

    assert "Demo answer" in heard.text
    assert "Say hello" in heard.text
    assert heard.finishes == [Finished("stop")]
    assert bool(heard.reasoning) is (model == "demo-thinker")


async def test_it_says_the_same_again(clients: HttpClients) -> None:
    first = await answer(clients, request_of("demo-scholar"))
    second = await answer(clients, request_of("demo-scholar"))

    assert first.events == second.events


async def test_it_takes_braces_and_markup_in_the_prompt_as_they_are(clients: HttpClients) -> None:
    messages = (Message("user", "first"), Message("assistant", "well"), Message("user", "a {b} <i>\n{0} " + "x" * 200))

    heard = await answer(clients, Request("demo-swift", messages))

    assert "“a {b} <i> {0} xxx" in heard.text
    assert "question 2 of this conversation" in heard.text


@pytest.mark.parametrize("model", list(MODELS))
async def test_it_says_what_it_was_shown(model: str, clients: HttpClients) -> None:
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
    heard = await answer(clients, request_of("demo-thinker", max_tokens=10))

    assert len([event for event in heard.events if isinstance(event, TextDelta | ReasoningDelta)]) == 10
    assert heard.finishes == [Finished("length")]
    assert isinstance(heard.usage, Usage)
    assert heard.usage.output_tokens == 10


async def test_it_stops_before_a_stop_sequence(clients: HttpClients) -> None:
    heard = await answer(clients, request_of("demo-swift", stop=("Compare", "**Short")))

    assert heard.text.endswith("was asked.*\n\n")
    assert heard.finishes == [Finished("stop")]


async def test_it_does_not_know_other_models(clients: HttpClients) -> None:
    with pytest.raises(ProviderError, match="does not know this model"):
        await answer(clients, request_of("demo-nobody"))


def test_it_takes_two_to_eight_seconds() -> None:
    totals = [model.first_token + model.duration for model in MODELS.values()]

    assert all(2 <= total <= 8 for total in totals)
    assert len(set(totals)) == len(totals)
