"""Ends of streams: reasons that are no good end, what they cost, and the seams between parts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from providers.adapters.base import Usage
from providers.adapters.http import HttpClients
from tests.fake_providers import Script, StandIn
from tests.providers.adapters.calls import StreamResult, read_stream, request_of, target_of

Frame = dict[str, Any]
CHAT_USAGE = {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4}}
GEMINI_USAGE = {"promptTokenCount": 9, "candidatesTokenCount": 4}


@dataclass(frozen=True)
class End:
    """A stream of frames, and the error with which it ends; ``text`` is what was said before."""

    slug: str
    frames: list[Frame]
    error: str
    text: str = "Half"
    retryable: bool = False
    usage: Usage | None = None


def chat(reason: str) -> list[Frame]:
    return [{"choices": [{"delta": {"content": "Half"}}]}, {"choices": [{"delta": {}, "finish_reason": reason}]}]


def gemini(reason: str) -> list[Frame]:
    return [
        {"candidates": [{"content": {"parts": [{"text": "Half"}]}}]},
        {"candidates": [{"finishReason": reason}], "usageMetadata": GEMINI_USAGE},
    ]


def claude(*texts: str) -> list[Frame]:
    refused = {"stop_reason": "refusal", "stop_details": {"category": "cyber", "explanation": "It may harm."}}
    return [
        {"type": "message_start", "message": {"usage": {"input_tokens": 9, "output_tokens": 1}}},
        *({"type": "content_block_delta", "delta": {"type": "text_delta", "text": text}} for text in texts),
        {"type": "message_delta", "delta": refused, "usage": {"output_tokens": 4}},
        {"type": "message_stop"},
    ]


def failed_response(code: str) -> list[Frame]:
    error = {"code": code, "message": "The image cannot be used."}
    return [{"type": "response.failed", "response": {"status": "failed", "error": error}}]


ENDS = {
    "abort of vLLM": End("vllm", chat("abort"), "stream_cut", retryable=True),
    "sensitive of Z.ai": End("zai", chat("sensitive"), "content_filtered"),
    "an unknown reason": End("vllm", chat("solar_flare"), "upstream_error"),
    "usage after a filter": End("vllm", [*chat("content_filter"), CHAT_USAGE], "content_filtered", usage=Usage(9, 4)),
    **{
        f"{reason} of Gemini": End("google", gemini(reason), "content_filtered", usage=Usage(9, 4))
        for reason in (
            *("SAFETY", "RECITATION", "ESCALATION", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"),
            *("PUP_LIMITED_DISABLED", "SPII", "BLOCKLIST"),
        )
    },
    "a refusal of Claude": End("anthropic", claude("Half"), "content_filtered", usage=Usage(9, 4)),
    "a refusal before any output is not billed": End("anthropic", claude(), "content_filtered", text=""),
    **{
        f"{code} of OpenAI": End("openai", failed_response(code), "bad_request", text="")
        for code in ("image_too_large", "invalid_image", "invalid_image_format", "image_parse_error")
    },
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
async def test_it_says_why_an_answer_ended(end: End, vendors: StandIn, clients: HttpClients) -> None:
    result = await read(end.slug, end.frames, vendors, clients)

    assert (result.failed().code, result.failed().retryable) == (end.error, end.retryable)
    assert (result.text, result.usage, result.finishes) == (end.text, end.usage, [])
    assert len(vendors.requests) == 1


async def test_it_tells_why_claude_refuses(vendors: StandIn, clients: HttpClients) -> None:
    result = await read("anthropic", claude(), vendors, clients)

    assert result.failed().vendor_message == "It may harm."


async def test_parts_of_an_answer_are_paragraphs_of_their_own(vendors: StandIn, clients: HttpClients) -> None:
    frames: list[Frame] = [
        {"type": "response.output_item.added", "item": {"type": "reasoning"}},
        {"type": "response.reasoning_summary_part.added", "summary_index": 0},
        {"type": "response.reasoning_summary_text.delta", "summary_index": 0, "delta": "First thought."},
        {"type": "response.output_item.added", "item": {"type": "message", "phase": "commentary"}},
        {"type": "response.output_text.delta", "delta": "I am looking."},
        {"type": "response.output_item.added", "item": {"type": "reasoning"}},
        {"type": "response.reasoning_summary_text.delta", "summary_index": 0, "delta": "Second thought."},
        {"type": "response.output_item.added", "item": {"type": "message", "phase": "final_answer"}},
        {"type": "response.output_text.delta", "delta": "It is "},
        {"type": "response.output_text.delta", "delta": "4."},
        {"type": "response.completed", "response": {"status": "completed"}},
    ]

    result = await read("openai", frames, vendors, clients)

    assert (result.text, result.reasoning) == ("I am looking.\n\nIt is 4.", "First thought.\n\nSecond thought.")


async def test_it_says_that_gemini_sent_a_picture(vendors: StandIn, clients: HttpClients) -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}
    frames: list[Frame] = [
        {"candidates": [{"content": {"parts": [{"text": "Here: "}, picture, {"text": "Done."}]}}]},
        {"candidates": [{"finishReason": "STOP"}]},
    ]

    result = await read("google", frames, vendors, clients)

    assert result.text == "Here: \n\n*(The model has sent a picture, which cannot be shown here.)*\n\nDone."


@pytest.mark.parametrize(
    "media_type", ["application/x-ndjson", "application/jsonl", "text/plain", "application/octet-stream"]
)
async def test_it_reads_a_stream_of_lines_whatever_its_type(
    media_type: str, vendors: StandIn, clients: HttpClients
) -> None:
    lines = "\n".join(json.dumps(frame) for frame in [*chat("stop"), CHAT_USAGE])
    vendors.default = Script(body=lines, headers={"Content-Type": media_type})

    result = await read_stream(clients, "vllm", target_of(vendors, "vllm"), request_of())

    assert (result.text, result.usage, result.error) == ("Half", Usage(9, 4), None)
    assert len(vendors.requests) == 1


@pytest.mark.parametrize(
    ("model", "paths"),
    [
        ("gpt-5-search-api", ["/chat/completions"]),
        ("gpt-4o-search-preview", ["/chat/completions"]),
        ("o4-mini-deep-research", ["/responses"]),
        ("gpt-5.5-pro", ["/responses"]),
    ],
)
async def test_it_asks_openai_where_a_model_can_be_asked(
    model: str, paths: list[str], vendors: StandIn, clients: HttpClients
) -> None:
    result = await read_stream(clients, "openai", target_of(vendors, "openai"), request_of(model, seed=1))

    assert result.error is None
    assert [request.path.removeprefix("/openai/v1") for request in vendors.requests] == paths


async def read(slug: str, frames: list[Frame], vendors: StandIn, clients: HttpClients) -> StreamResult:
    body = "".join(f"data: {json.dumps(frame)}\n\n" for frame in frames)
    vendors.default = Script(body=body, headers={"Content-Type": "text/event-stream"})
    return await read_stream(clients, slug, target_of(vendors, slug), request_of())
