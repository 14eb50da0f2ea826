"""Tests of requests with images, against the types of the vendors' own SDKs."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from anthropic.types import ImageBlockParam, TextBlockParam
from google.genai import types
from mistralai.client import Mistral
from mistralai.client.models import ImageURL, ImageURLChunk, TextChunk, UserMessage
from openai.types.chat import ChatCompletionContentPartImageParam, ChatCompletionContentPartTextParam
from openai.types.responses import ResponseInputImageParam, ResponseInputTextParam
from pydantic import TypeAdapter

from providers.adapters.base import Image, Message, Parameters, Request
from providers.adapters.http import HttpClients
from providers.adapters.openai_compatible import OpenAICompatibleAdapter
from providers.kinds import KINDS
from tests.fake_providers import StandIn
from tests.images.samples import encoded
from tests.providers.adapters.calls import KEY, WIRE_KINDS, read_stream, target_of

PNG, JPEG = encoded("PNG"), encoded("JPEG")
IMAGES = (Image("1", "image/png", 40, 20, PNG), Image("2", "image/jpeg", 40, 20, JPEG))
URLS = [
    f"data:image/png;base64,{base64.b64encode(PNG).decode()}",
    f"data:image/jpeg;base64,{base64.b64encode(JPEG).decode()}",
]
LOOK = Message("user", "What is this?", IMAGES)
TURNS = (LOOK, Message("assistant", "Two flags."), Message("user", "Which colors?"))
COMPATIBLE = [slug for slug in WIRE_KINDS if isinstance(KINDS[slug].adapter, OpenAICompatibleAdapter)]


async def sent(
    vendors: StandIn, clients: HttpClients, slug: str, *messages: Message, **parameters: Any
) -> dict[str, Any]:
    request = Request("model-a", messages or TURNS, parameters=Parameters(**parameters))
    result = await read_stream(clients, slug, target_of(vendors, slug), request)
    assert result.error is None
    return (await vendors.request(number=len(vendors.requests))).body


def have_types(message: dict[str, Any], image: Any, text: Any) -> bool:
    """Return True if the parts of a message, two images and a text, have these types of the SDK and no other fields."""
    first, second, last = message["content"]
    return all(
        TypeAdapter(expected).validate_python(part, strict=True) == part
        for expected, part in ((image, first), (image, second), (text, last))
    )


async def test_it_sends_openai_the_parts_of_its_sdk(vendors: StandIn, clients: HttpClients) -> None:
    body = await sent(vendors, clients, "openai")

    look, *rest = body["input"]
    assert have_types(look, ResponseInputImageParam, ResponseInputTextParam)
    assert look["content"] == [
        *({"type": "input_image", "detail": "auto", "image_url": url} for url in URLS),
        {"type": "input_text", "text": "What is this?"},
    ]
    assert rest == [{"role": "assistant", "content": "Two flags."}, {"role": "user", "content": "Which colors?"}]


@pytest.mark.parametrize("slug", ["openai", *COMPATIBLE])
async def test_it_sends_chat_completions_the_parts_of_the_sdk(
    slug: str, vendors: StandIn, clients: HttpClients
) -> None:
    parameters = {"stop": ("END",)} if slug == "openai" else {}

    body = await sent(vendors, clients, slug, **parameters)

    look, *rest = body["messages"]
    assert have_types(look, ChatCompletionContentPartImageParam, ChatCompletionContentPartTextParam)
    assert look["content"] == [
        *({"type": "image_url", "image_url": {"url": url}} for url in URLS),
        {"type": "text", "text": "What is this?"},
    ]
    assert rest == [{"role": "assistant", "content": "Two flags."}, {"role": "user", "content": "Which colors?"}]


async def test_it_sends_anthropic_the_parts_of_its_sdk(vendors: StandIn, clients: HttpClients) -> None:
    body = await sent(vendors, clients, "anthropic")

    look, *rest = body["messages"]
    assert have_types(look, ImageBlockParam, TextBlockParam)
    assert [part["type"] for part in look["content"]] == ["image", "image", "text"]
    sources = [part["source"] for part in look["content"][:2]]
    assert [(source["type"], source["media_type"]) for source in sources] == [
        ("base64", "image/png"),
        ("base64", "image/jpeg"),
    ]
    assert [base64.b64decode(source["data"], validate=True) for source in sources] == [PNG, JPEG]
    assert rest == [{"role": "assistant", "content": "Two flags."}, {"role": "user", "content": "Which colors?"}]


async def test_it_sends_google_content_that_its_sdk_can_read(vendors: StandIn, clients: HttpClients) -> None:
    body = await sent(vendors, clients, "google", LOOK)

    (content,) = body["contents"]
    parts = [types.Part.from_bytes(data=image.data, mime_type=image.media_type) for image in IMAGES]
    look = types.Content(role="user", parts=[*parts, types.Part.from_text(text="What is this?")])
    assert types.Content.model_validate_json(json.dumps(content)) == look
    assert content["parts"][0]["inlineData"].keys() == {"mimeType", "data"}


async def test_it_sends_mistral_the_same_as_its_sdk(vendors: StandIn, clients: HttpClients) -> None:
    chunks = [ImageURLChunk(image_url=ImageURL(url=url)) for url in URLS]
    async with Mistral(api_key=KEY, server_url=vendors.base_url("mistral")) as client:
        message = UserMessage(content=[*chunks, TextChunk(text="What is this?")])
        async for _ in await client.chat.stream_async(model="model-a", messages=[message]):
            pass
    theirs = (await vendors.request(number=len(vendors.requests))).body["messages"]

    ours = (await sent(vendors, clients, "mistral", LOOK))["messages"]

    assert ours == theirs


def test_every_kind_is_tested_here() -> None:
    assert {"openai", "azure", "meta", "anthropic", "google", "mistral", "demo", *COMPATIBLE} == set(KINDS)
