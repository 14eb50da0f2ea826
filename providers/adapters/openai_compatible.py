"""Chat completions as many vendors and local servers implement them; ``ChatQuirks`` describes the differences.

An endpoint that an administrator adds is ``OPENAI_COMPATIBLE`` with a Target of its own; it needs no code.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from providers.adapters.base import AdapterEvent, ErrorCode, NothingThere, ProviderError, Request, Target
from providers.adapters.chat_completions import ChatQuirks, chat_call, chat_events
from providers.adapters.http import HttpClients
from providers.adapters.sdk import sdk_client, sdk_key

if TYPE_CHECKING:
    from openai import AsyncOpenAI

NOT_TEXT = re.compile(
    r"embed|whisper|tts|dall-e|image|audio|realtime|moderation|transcribe|rerank|sora|speech|diffusion|flux|guard"
    r"|davinci|babbage|computer-use|ocr|video|veo|imagen|lyria|bge-|live",
    re.IGNORECASE,
)
NOT_TEXT_TYPES = frozenset({"embedding", "image", "audio", "video", "rerank", "moderation", "transcribe"})
# A vendor may respond like this if it accepted the key, but the model is gone or not free.
KEY_ACCEPTED = frozenset({ErrorCode.MODEL_NOT_FOUND, ErrorCode.BAD_REQUEST, ErrorCode.RATE_LIMITED})


@dataclass(frozen=True, slots=True)
class OpenAICompatibleAdapter:
    """Chat completions at ``base_url`` + ``/chat/completions``.

    A key is proved by reading ``key_path``, or by requesting one token of ``key_model`` if the vendor has no path that
    needs a key. ``models`` is the list of a vendor that serves none.
    """

    quirks: ChatQuirks = field(default_factory=ChatQuirks)
    key_path: str = "/models"
    key_model: str = ""
    models: tuple[str, ...] = ()

    async def stream(
        self, clients: HttpClients, target: Target, request: Request
    ) -> AsyncGenerator[AdapterEvent, None]:
        async with aclosing(chat_events(clients, target, chat_call(target, request, self.quirks))) as events:
            async for event in events:
                yield event

    async def list_models(self, target: Target) -> list[str]:
        try:
            return text_models(await read_json(target, "/models"))
        except ProviderError as error:
            if self.models and (error.code is ErrorCode.MODEL_NOT_FOUND or isinstance(error, NothingThere)):
                return list(self.models)
            raise

    async def check_key(self, target: Target) -> None:
        if self.key_model:
            await request_one_token(target, self.key_model)
        else:
            await read_json(target, self.key_path)


OPENAI_COMPATIBLE = OpenAICompatibleAdapter()


async def read_json(target: Target, path: str) -> Any:
    """Return the JSON at a path below the base URL; the SDK's own call for lists fails on some vendors' shapes."""
    async with sdk_client(target) as http_client:
        return await openai_client(target, http_client).get(path, cast_to=object)


async def request_one_token(target: Target, model: str) -> None:
    """Request the smallest completion; the errors in ``KEY_ACCEPTED`` prove the key as well."""
    try:
        async with sdk_client(target) as http_client:
            await openai_client(target, http_client).chat.completions.create(
                model=model, messages=[{"role": "user", "content": "Hi"}], max_tokens=1
            )
    except ProviderError as error:
        if error.code not in KEY_ACCEPTED or isinstance(error, NothingThere):
            raise


def openai_client(target: Target, http_client: Any) -> AsyncOpenAI:
    """Return the SDK's client for one call, without its retries."""
    from openai import AsyncOpenAI

    return AsyncOpenAI(api_key=sdk_key(target), base_url=target.base_url, http_client=http_client, max_retries=0)


def text_models(listing: Any) -> list[str]:
    """Return the ids of chat models, from ``{"data": […]}``, ``{"models": […]}`` or a bare list."""
    items = listing if isinstance(listing, list) else listing.get("data") or listing.get("models") or []
    return sorted({str(item["id"]) for item in items if item.get("id") and _is_text(item)})


def _is_text(item: dict[str, Any]) -> bool:
    outputs = (item.get("architecture") or {}).get("output_modalities")
    if outputs is not None:
        return "text" in outputs
    return item.get("type") not in NOT_TEXT_TYPES and not NOT_TEXT.search(item["id"])
