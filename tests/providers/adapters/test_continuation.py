"""Answers of Gemini that are longer than one request may be."""

from __future__ import annotations

import json
from typing import Any

from google import genai
from google.genai import types

from providers.adapters.base import Usage
from providers.adapters.http import HttpClients
from tests.fake_providers import Script, StandIn
from tests.providers.adapters.calls import KEY, read_stream, request_of, target_of

TOKEN = "bmV4dA=="


def stream(text: str, reason: str, *, prompt: int, output: int, **fields: Any) -> Script:
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": reason, **fields}
    usage = {"promptTokenCount": prompt, "candidatesTokenCount": output, "totalTokenCount": prompt + output}
    return Script(body=f"data: {json.dumps({'candidates': [candidate], 'usageMetadata': usage})}\n\n")


FIRST = stream("The first half, ", "CONTINUATION", prompt=5, output=65_536, continuationToken=TOKEN)
LAST = stream("and the second.", "STOP", prompt=5, output=7)


async def test_it_continues_as_the_vendors_own_sdk_does(vendors: StandIn, clients: HttpClients) -> None:
    vendors.sequence = [FIRST, LAST, FIRST, LAST]
    result = await read_stream(clients, "google", target_of(vendors, "google"), request_of())
    options = types.HttpOptions(base_url=vendors.base_url("google"))
    client = genai.Client(api_key=KEY, vertexai=False, http_options=options)
    theirs = [
        chunk.text async for chunk in await client.aio.models.generate_content_stream(model="model-a", contents="Hi")
    ]

    assert result.text == "".join(filter(None, theirs)) == "The first half, and the second."
    assert [end.reason for end in result.finishes] == ["stop"]
    assert result.usage == Usage(10, 65_543)
    assert [each.body.get("continuationToken") for each in vendors.requests] == [None, TOKEN, None, TOKEN]
    assert vendors.requests[1].body["contents"] == vendors.requests[0].body["contents"]


async def test_it_says_that_an_answer_is_cut_that_cannot_be_continued(vendors: StandIn, clients: HttpClients) -> None:
    vendors.default = stream("Half", "CONTINUATION", prompt=5, output=9)

    result = await read_stream(clients, "google", target_of(vendors, "google"), request_of())

    assert (result.text, [end.reason for end in result.finishes]) == ("Half", ["length"])
    assert len(vendors.requests) == 1


async def test_it_does_not_continue_for_ever(vendors: StandIn, clients: HttpClients) -> None:
    vendors.default = FIRST

    result = await read_stream(clients, "google", target_of(vendors, "google"), request_of())

    assert len(vendors.requests) == 32
    assert [end.reason for end in result.finishes] == ["length"]
