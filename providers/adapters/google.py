"""Google's Gemini API (https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent)."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any
from urllib.parse import quote

from providers.adapters.base import (
    ErrorCode,
    Finished,
    FinishReason,
    Message,
    ReasoningDelta,
    ReasoningEffort,
    Request,
    StreamEvent,
    Target,
    TextDelta,
    Usage,
)
from providers.adapters.errors import failure
from providers.adapters.http import Call, Frame, HttpClients
from providers.adapters.openai_compatible import NOT_TEXT
from providers.adapters.sdk import TOTAL_SECONDS, sdk_client, sdk_key

API_VERSION = "v1beta"
FINISH_REASONS: dict[str, FinishReason] = {"STOP": "stop", "MAX_TOKENS": "length", "CONTINUATION": "length"}
FILTERED = frozenset(
    {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "IMAGE_SAFETY", "MODEL_ARMOR"}
)
# An alias like "gemini-flash-latest" has no version, and leads to a model that thinks.
THINKING_MODELS = re.compile(r"gemini-(2\.5|[3-9]|\d\d)(?!.*(image|tts))|-latest$")
BUDGET_MODELS = re.compile(r"gemini-2\.5")
# Pro cannot switch thinking off, so the smallest budget is one that every 2.5 model accepts.
BUDGETS: dict[ReasoningEffort, int] = {"minimal": 512, "low": 1024, "medium": 8192, "high": 24_576}
OPTIONAL = {
    "generationConfig.thinkingConfig.thinkingLevel": r"thinking[ _]?level",
    "generationConfig.thinkingConfig.thinkingBudget": r"budget",
    "generationConfig.thinkingConfig": r"thinking|thoughts",
    "generationConfig.seed": r"\bseed\b",
    "generationConfig.temperature": r"\btemperature\b",
    "generationConfig.topP": r"top_?p\b",
    "generationConfig.stopSequences": r"stop_?sequences",
    "systemInstruction": r"developer instruction|system_?instruction",
}


class GoogleAdapter:
    """generateContent, streamed, with summaries of the thoughts."""

    async def stream(self, clients: HttpClients, target: Target, request: Request) -> AsyncGenerator[StreamEvent, None]:
        usage: Usage | None = None
        finished = False
        async with aclosing(clients.frames(target, _call(target, request))) as frames:
            async for frame in frames:
                for event in _deltas(frame):
                    yield event
                if frame.get("usageMetadata"):
                    usage = _usage(frame["usageMetadata"])
                reason = _finish_reason(target, frame)
                if reason and not finished:
                    finished = True
                    yield _finished(target, reason)
                if finished and usage is not None:
                    yield usage
                    usage = None

    async def list_models(self, target: Target) -> list[str]:
        from google import genai
        from google.genai import types

        async with sdk_client(target) as http_client:
            options = types.HttpOptions(
                base_url=target.base_url,
                api_version=API_VERSION,
                httpx_async_client=http_client,
                timeout=TOTAL_SECONDS * 1000,
            )
            client = genai.Client(api_key=sdk_key(target), vertexai=False, http_options=options)
            models = await client.aio.models.list(config={"page_size": 1000})
            return sorted([_id(model) async for model in models if _can_chat(model)])

    async def check_key(self, target: Target) -> None:
        await self.list_models(target)


def _can_chat(model: Any) -> bool:
    return "generateContent" in (model.supported_actions or ()) and not NOT_TEXT.search(model.name or "")


def _id(model: Any) -> str:
    return str(model.name).removeprefix("models/")


def _call(target: Target, request: Request) -> Call:
    path = (
        f"/{API_VERSION}/models/{quote(request.model.removeprefix('models/'), safe='')}:streamGenerateContent?alt=sse"
    )
    body: dict[str, Any] = {
        "contents": [
            {"role": "model" if message.role == "assistant" else "user", "parts": _parts(message)}
            for message in request.messages
        ]
    }
    if request.system:
        body["systemInstruction"] = {"parts": [{"text": request.system}]}
    config = _config(request)
    if config:
        body["generationConfig"] = config
    return Call(path, {"x-goog-api-key": target.api_key}, body, OPTIONAL)


def _parts(message: Message) -> list[dict[str, Any]]:
    images = ({"mimeType": image.media_type, "data": image.base64} for image in message.images)
    return [*({"inlineData": image} for image in images), {"text": message.text}]


def _config(request: Request) -> dict[str, Any]:
    parameters = request.parameters
    config = {
        "temperature": parameters.temperature,
        "topP": parameters.top_p,
        "maxOutputTokens": parameters.max_tokens,
        "stopSequences": list(parameters.stop) or None,
        "seed": parameters.seed,
        "thinkingConfig": _thinking(request),
    }
    return {name: value for name, value in config.items() if value is not None}


def _thinking(request: Request) -> dict[str, Any] | None:
    """Return the thinking settings: a level since Gemini 3, a budget of tokens for 2.5; earlier models do not think."""
    if not THINKING_MODELS.search(request.model):
        return None
    effort = request.parameters.reasoning_effort
    config: dict[str, Any] = {"includeThoughts": True}
    if effort is not None and BUDGET_MODELS.search(request.model):
        config["thinkingBudget"] = BUDGETS[effort]
    elif effort is not None:
        config["thinkingLevel"] = effort
    return config


def _deltas(frame: Frame) -> Iterator[StreamEvent]:
    for candidate in (frame.get("candidates") or ())[:1]:
        for part in (candidate.get("content") or {}).get("parts") or ():
            text = part.get("text")
            if text:
                yield ReasoningDelta(text) if part.get("thought") else TextDelta(text)


def _finish_reason(target: Target, frame: Frame) -> str | None:
    """Return the finish reason of the first candidate, if any; raises ProviderError if the prompt was blocked."""
    blocked = (frame.get("promptFeedback") or {}).get("blockReason")
    if blocked:
        raise failure(ErrorCode.CONTENT_FILTERED, target, f"the prompt was blocked: {blocked}")
    candidates = frame.get("candidates")
    reason = candidates[0].get("finishReason") if candidates else None
    return str(reason) if reason else None


def _finished(target: Target, reason: str) -> Finished:
    if reason in FINISH_REASONS:
        return Finished(FINISH_REASONS[reason])
    code = ErrorCode.CONTENT_FILTERED if reason in FILTERED else ErrorCode.UPSTREAM_ERROR
    raise failure(code, target, f"finishReason {reason}")


def _usage(usage: Frame) -> Usage:
    """Return the usage; Google counts thoughts apart from the candidates, and tools apart from the prompt."""
    thoughts = usage.get("thoughtsTokenCount") or 0
    return Usage(
        input_tokens=(usage.get("promptTokenCount") or 0) + (usage.get("toolUsePromptTokenCount") or 0),
        output_tokens=(usage.get("candidatesTokenCount") or 0) + thoughts,
        reasoning_tokens=thoughts,
        cached_input_tokens=usage.get("cachedContentTokenCount") or 0,
    )
