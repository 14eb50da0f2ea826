"""Three offline models, with which everything can be tried without a key. Their answers say that they are a demo."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from providers.adapters.base import (
    AdapterEvent,
    ErrorCode,
    Finished,
    FinishReason,
    ListedModel,
    ReasoningDelta,
    Request,
    Target,
    TextDelta,
    Usage,
)
from providers.adapters.demo_answers import NOTICE, SCHOLAR, SWIFT, THINKER, THINKER_REASONING
from providers.adapters.errors import failure
from providers.adapters.fitted_images import WITH_WEBP
from providers.adapters.http import HttpClients

MAX_QUOTED = 80
# Vendors count from some hundred to some thousand tokens for an image.
IMAGE_TOKENS = 1000
TOKEN = re.compile(r"\s*\S{1,8}")


@dataclass(frozen=True, slots=True)
class DemoModel:
    """A prepared answer and its timing: seconds until the first token, and for the rest."""

    answer: str
    first_token: float
    duration: float
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """The tokens of one answer."""

    reasoning: list[str]
    text: list[str]
    reason: FinishReason


MODELS: dict[str, DemoModel] = {
    "demo-swift": DemoModel(SWIFT, first_token=0.15, duration=2.0),
    "demo-scholar": DemoModel(SCHOLAR, first_token=0.6, duration=5.5),
    "demo-thinker": DemoModel(THINKER, first_token=0.4, duration=6.5, reasoning=THINKER_REASONING),
}


@dataclass(frozen=True, slots=True)
class DemoAdapter:
    """Deterministic answers; ``pace`` stretches (or, below 1, shortens) their timing."""

    pace: float = 1.0
    image_formats: frozenset[str] = WITH_WEBP

    async def stream(
        self, clients: HttpClients, target: Target, request: Request
    ) -> AsyncGenerator[AdapterEvent, None]:
        model = MODELS.get(request.model)
        if model is None:
            raise failure(ErrorCode.MODEL_NOT_FOUND, target, f"no demo model {request.model}")
        script = _script(model, request)
        events: list[AdapterEvent] = [*map(ReasoningDelta, script.reasoning), *map(TextDelta, script.text)]
        step = model.duration * self.pace / max(1, len(_tokens(model.reasoning + model.answer)))
        clock = asyncio.get_running_loop().time
        due = clock() + model.first_token * self.pace
        for event in events:
            await asyncio.sleep(due - clock())
            due += step
            yield event
        yield Finished(script.reason)
        yield _usage(request, script)

    async def list_models(self, target: Target) -> list[ListedModel]:
        return [ListedModel(name, name.replace("-", " ").title()) for name in MODELS]

    async def check_key(self, target: Target) -> None:
        """Accept every target, since the demo needs no key."""


def _script(model: DemoModel, request: Request) -> Script:
    """Return the answer to this request, cut at the first stop sequence and after ``max_tokens`` (reasoning counts)."""
    parameters = request.parameters
    text = _fill(model.answer, request)
    for stop in parameters.stop:
        text = text.partition(stop)[0] if stop else text
    reasoning, answer = _tokens(_fill(model.reasoning, request)), _tokens(text)[: parameters.text_tokens]
    limit = parameters.max_tokens
    if limit is None or len(reasoning) + len(answer) <= limit:
        return Script(reasoning, answer, "stop")
    return Script(reasoning[:limit], answer[: max(0, limit - len(reasoning))], "length")


def _fill(template: str, request: Request) -> str:
    prompt = " ".join(request.messages[-1].text.split()) if request.messages else ""
    quoted = prompt if len(prompt) <= MAX_QUOTED else f"{prompt[:MAX_QUOTED].rstrip()}…"
    number = sum(message.role == "user" for message in request.messages)
    turn = f" (question {number} of this conversation)" if number > 1 else ""
    return template.format(notice=NOTICE, prompt=quoted, turn=turn, images=_image_remark(request))


def _image_remark(request: Request) -> str:
    """Return a remark on the number and sizes of the last message's images."""
    images = request.messages[-1].images if request.messages else ()
    if not images:
        return ""
    sizes = ", ".join(f"{image.width} × {image.height}" for image in images)
    return f"\n\nI was shown {len(images)} image{'s' if len(images) > 1 else ''} ({sizes} pixels), and looked at none."


def _tokens(text: str) -> list[str]:
    """Return a text in pieces of up to eight characters, each with the space before it."""
    pieces = TOKEN.findall(text)
    rest = text[sum(map(len, pieces)) :]
    return [*pieces, rest] if rest else pieces


def _usage(request: Request, script: Script) -> Usage:
    input_tokens = sum(len(_tokens(message.text)) for message in request.messages) + len(_tokens(request.system))
    input_tokens += IMAGE_TOKENS * sum(len(message.images) for message in request.messages)
    return Usage(input_tokens, len(script.reasoning) + len(script.text), reasoning_tokens=len(script.reasoning))
