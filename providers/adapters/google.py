"""Google's Gemini API (https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent)."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from typing import Any
from urllib.parse import quote

from providers.adapters.base import (
    AdapterEvent,
    ErrorCode,
    FailedEnd,
    ListedModel,
    Message,
    ReasoningDelta,
    Request,
    Target,
    TextDelta,
    Usage,
)
from providers.adapters.capabilities import Capabilities, capabilities_of
from providers.adapters.errors import failure
from providers.adapters.finish_reasons import end_of
from providers.adapters.fitted_images import WITH_WEBP
from providers.adapters.fitted_parameters import FittedParameters, fit
from providers.adapters.http import Call, HttpClients
from providers.adapters.loose_json import Frame, count, mapping, mappings, usage_of, words
from providers.adapters.model_lists import NOT_TEXT, by_id, listed_model
from providers.adapters.sdk import TOTAL_SECONDS, sdk_client, sdk_key
from providers.adapters.sources import PICTURE

API_VERSION = "v1beta"
MAX_REQUESTS = 32
"""The most requests for one answer, of which each continues the one before."""
BUDGET_MODELS = re.compile(r"gemini-2\.5")
# Every 2.5 model that thinks accepts the smallest one.
BUDGETS = {"none": 0, "minimal": 512, "low": 1024, "medium": 8192, "high": 24_576}
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

    image_formats = WITH_WEBP

    async def stream(
        self, clients: HttpClients, target: Target, request: Request
    ) -> AsyncGenerator[AdapterEvent, None]:
        reader = _Reader(target)
        for _ in range(MAX_REQUESTS):
            call = _call(target, request)
            if reader.continuation:
                call.body["continuationToken"] = reader.begin_again()
            async with aclosing(clients.frames(target, call)) as frames:
                async for frame in frames:
                    for event in reader.read(frame):
                        yield event
            for event in reader.usage():
                yield event
            if not reader.continuation:
                return
        yield end_of(target, "CONTINUATION")

    async def list_models(self, target: Target) -> list[ListedModel]:
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
            return by_id([_listed_model(model) async for model in models if _can_chat(model)])

    async def check_key(self, target: Target) -> None:
        await self.list_models(target)


def _can_chat(model: Any) -> bool:
    return "generateContent" in (model.supported_actions or ()) and not NOT_TEXT.search(model.name or "")


def _listed_model(model: Any) -> ListedModel:
    item = model.model_dump(exclude_none=True)
    return listed_model({**item, "id": str(model.name).removeprefix("models/"), "name": None})


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
    model = capabilities_of(request.model, request.listed.capabilities)
    fitted = fit(request, model)
    config = _config(fitted, request.model, model)
    if config:
        body["generationConfig"] = config
    headers = {"x-goog-api-key": target.api_key}
    return Call(path, headers, body, OPTIONAL, adjustments=fitted.adjustments, text_limit=fitted.text_limit)


def _parts(message: Message) -> list[dict[str, Any]]:
    images = ({"mimeType": image.media_type, "data": image.base64} for image in message.images)
    return [*({"inlineData": image} for image in images), {"text": message.text}]


def _config(fitted: FittedParameters, name: str, model: Capabilities) -> dict[str, Any]:
    parameters = fitted.parameters
    config = {
        "temperature": parameters.temperature,
        "topP": parameters.top_p,
        "maxOutputTokens": parameters.max_tokens,
        "stopSequences": list(parameters.stop) or None,
        "seed": parameters.seed,
        "thinkingConfig": _thinking(parameters.reasoning_effort, name, model) or None,
    }
    return {name: value for name, value in config.items() if value is not None}


def _thinking(effort: str | None, name: str, model: Capabilities) -> dict[str, Any]:
    """Return the thinking settings: a level since Gemini 3, a budget of tokens for 2.5; earlier models do not think."""
    config: dict[str, Any] = {"includeThoughts": True} if model.reasons and effort != "none" else {}
    if effort is not None and BUDGET_MODELS.search(name):
        config["thinkingBudget"] = BUDGETS[effort]
    elif effort is not None:
        config["thinkingLevel"] = effort
    return config


class _Reader:
    """The reader of the streams of one answer; a finish reason may come with any frame, also before the text.

    ``continuation`` is a token if the last stream ended at the limit of one request before the answer did.
    """

    def __init__(self, target: Target) -> None:
        self.continuation = ""
        self._target = target
        self._usage: Usage | None = None
        self._earlier: list[Usage] = []
        self._has_picture = False

    def begin_again(self) -> str:
        """Begin the stream that continues the last one; return the token for its request."""
        if self._usage is not None:
            self._earlier.append(self._usage)
        token, self.continuation, self._usage = self.continuation, "", None
        return token

    def read(self, frame: Frame) -> Iterator[AdapterEvent]:
        if frame.get("usageMetadata"):
            self._usage = usage_of(_usage, frame["usageMetadata"]) or self._usage
        feedback = mapping(frame.get("promptFeedback"))
        if blocked := feedback.get("blockReason"):
            said = feedback.get("blockReasonMessage") or f"The prompt was blocked: {blocked}"
            detail = f"the prompt was blocked: {blocked}"
            yield FailedEnd(failure(ErrorCode.CONTENT_FILTERED, self._target, detail, vendor=str(said)))
        for candidate in mappings(frame.get("candidates"))[:1]:
            for part in mappings(mapping(candidate.get("content")).get("parts")):
                yield from self._part(part)
            reason = candidate.get("finishReason")
            token = candidate.get("continuationToken")
            if reason == "CONTINUATION" and token and isinstance(token, str):
                self.continuation = token
            elif reason and isinstance(reason, str):
                self.continuation = ""
                explanation = candidate.get("finishMessage") or ""
                yield end_of(self._target, reason, explanation, vendor=explanation)

    def usage(self) -> Iterator[Usage]:
        """Yield the usage of all streams so far, if it is known."""
        usages = [*self._earlier, *([self._usage] if self._usage else [])]
        if usages:
            yield _sum(usages)

    def _part(self, part: Frame) -> Iterator[AdapterEvent]:
        text = words(part.get("text"))
        if text:
            yield ReasoningDelta(text) if part.get("thought") else TextDelta(text)
        elif (part.get("inlineData") or part.get("fileData")) and not self._has_picture:
            self._has_picture = True
            yield TextDelta(PICTURE)


def _sum(usages: Sequence[Usage]) -> Usage:
    """Return the usage of several requests, since Google counts each by itself."""
    return Usage(
        input_tokens=sum(each.input_tokens for each in usages),
        output_tokens=sum(each.output_tokens for each in usages),
        reasoning_tokens=sum(each.reasoning_tokens for each in usages),
        cached_input_tokens=sum(each.cached_input_tokens for each in usages),
    )


def _usage(usage: Frame) -> Usage:
    """Return the usage; Google counts thoughts apart from the candidates, and tools apart from the prompt."""
    thoughts = count(usage.get("thoughtsTokenCount"))
    return Usage(
        input_tokens=count(usage.get("promptTokenCount")) + count(usage.get("toolUsePromptTokenCount")),
        output_tokens=count(usage.get("candidatesTokenCount")) + thoughts,
        reasoning_tokens=thoughts,
        cached_input_tokens=count(usage.get("cachedContentTokenCount")),
    )
