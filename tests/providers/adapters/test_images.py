"""Requests with images, checked against the types of the vendors' own SDKs."""

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
from providers.kinds import KINDS
from tests.fake_providers import StandIn
from tests.images.samples import encoded
from tests.providers.adapters.calls import KEY, WIRE_KINDS, hear, target_of

PNG, JPEG = encoded("PNG"), encoded("JPEG")
IMAGES = (Image("1", "image/png", 40, 20, PNG), Image("2", "image/jpeg", 40, 20, JPEG))
URLS = [
    f"data:image/png;base64,{base64.b64encode(PNG).decode()}",
    f"data:image/jpeg;base64,{base64.b64encode(JPEG).decode()}",
]
LOOK = Message("user", "What is this?", IMAGES)
TURNS = (LOOK, Message("assistant", "Two flags."), Message("user", "Which colours?"))
COMPATIBLE = [slug for slug in WIRE_KINDS if slug not in {"openai", "anthropic", "google", "mistral"}]


async def sent(
    vendors: StandIn, clients: HttpClients, slug: str, *messages: Message, **parameters: Any
) -> dict[str, Any]:
    request = Request("model-a", messages or TURNS, parameters=Parameters(**parameters))
    heard = await hear(clients, slug, target_of(vendors, slug), request)
    assert heard.error is None
    return (await vendors.request(number=len(vendors.requests))).body


def are_of(message: dict[str, Any], image: Any, text: Any) -> bool:
    """Return True if a message's parts are of the SDK's types, without fields that these do not know."""
    first, second, last = message["content"]
    return all(
        TypeAdapter(form).validate_python(part, strict=True) == part
        for form, part in ((image, first), (image, second), (text, last))
    )


async def test_it_sends_openai_what_its_sdk_would(vendors: StandIn, clients: HttpClients) -> None:
    body = await sent(vendors, clients, "openai")

    look, *rest = body["input"]
    assert are_of(look, ResponseInputImageParam, ResponseInputTextParam)
    assert look["content"] == [
        *({"type": "input_image", "detail": "auto", "image_url": url} for url in URLS),
        {"type": "input_text", "text": "What is this?"},
    ]
    assert rest == [{"role": "assistant", "content": "Two flags."}, {"role": "user", "content": "Which colours?"}]


@pytest.mark.parametrize("slug", ["openai", *COMPATIBLE])
async def test_it_sends_chat_completions_what_the_sdk_would(slug: str, vendors: StandIn, clients: HttpClients) -> None:
    parameters = {"stop": ("END",)} if slug == "openai" else {}

    body = await sent(vendors, clients, slug, **parameters)

    look, *rest = body["messages"]
    assert are_of(look, ChatCompletionContentPartImageParam, ChatCompletionContentPartTextParam)
    assert look["content"] == [
        *({"type": "image_url", "image_url": {"url": url}} for url in URLS),
        {"type": "text", "text": "What is this?"},
    ]
    assert rest == [{"role": "assistant", "content": "Two flags."}, {"role": "user", "content": "Which colours?"}]


async def test_it_sends_anthropic_what_its_sdk_would(vendors: StandIn, clients: HttpClients) -> None:
    body = await sent(vendors, clients, "anthropic")

    look, *rest = body["messages"]
    assert are_of(look, ImageBlockParam, TextBlockParam)
    assert [part["type"] for part in look["content"]] == ["image", "image", "text"]
    sources = [part["source"] for part in look["content"][:2]]
    assert [(source["type"], source["media_type"]) for source in sources] == [
        ("base64", "image/png"),
        ("base64", "image/jpeg"),
    ]
    assert [base64.b64decode(source["data"], validate=True) for source in sources] == [PNG, JPEG]
    assert rest == [{"role": "assistant", "content": "Two flags."}, {"role": "user", "content": "Which colours?"}]


async def test_it_sends_google_what_its_sdk_reads_alike(vendors: StandIn, clients: HttpClients) -> None:
    body = await sent(vendors, clients, "google", LOOK)

    (content,) = body["contents"]
    parts = [types.Part.from_bytes(data=image.data, mime_type=image.media_type) for image in IMAGES]
    look = types.Content(role="user", parts=[*parts, types.Part.from_text(text="What is this?")])
    assert types.Content.model_validate_json(json.dumps(content)) == look
    assert content["parts"][0]["inlineData"].keys() == {"mimeType", "data"}


async def test_it_sends_mistral_what_its_sdk_sends(vendors: StandIn, clients: HttpClients) -> None:
    chunks = [ImageURLChunk(image_url=ImageURL(url=url)) for url in URLS]
    async with Mistral(api_key=KEY, server_url=vendors.base_url("mistral")) as client:
        message = UserMessage(content=[*chunks, TextChunk(text="What is this?")])
        async for _ in await client.chat.stream_async(model="model-a", messages=[message]):
            pass
    theirs = (await vendors.request(number=len(vendors.requests))).body["messages"]

    ours = (await sent(vendors, clients, "mistral", LOOK))["messages"]

    assert ours == theirs


def test_every_kind_is_asked_here() -> None:
    assert {"openai", "anthropic", "google", "mistral", "demo", *COMPATIBLE} == set(KINDS)
