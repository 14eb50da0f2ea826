"""Mistral's chat completions (https://docs.mistral.ai/api/#tag/chat), whose reasoning comes as parts of the content."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from providers.adapters.base import AdapterEvent, ListedModel, Request, Target
from providers.adapters.chat_completions import ChatQuirks, chat_call, chat_events
from providers.adapters.fitted_images import WITH_WEBP
from providers.adapters.fitted_parameters import Limits
from providers.adapters.http import HttpClients
from providers.adapters.model_lists import NOT_TEXT, by_id, is_past, listed_model
from providers.adapters.sdk import TOTAL_SECONDS, sdk_client, sdk_key

QUIRKS = ChatQuirks(
    path="/v1/chat/completions",
    seed="random_seed",
    limits=Limits(max_temperature=1.5, negative_seed=False),
    include_usage=False,
)


class MistralAdapter:
    """Chat completions; usage comes without being requested."""

    image_formats = WITH_WEBP

    async def stream(
        self, clients: HttpClients, target: Target, request: Request
    ) -> AsyncGenerator[AdapterEvent, None]:
        async with aclosing(chat_events(clients, target, chat_call(target, request, QUIRKS))) as events:
            async for event in events:
                yield event

    async def list_models(self, target: Target) -> list[ListedModel]:
        from mistralai.client import Mistral

        async with sdk_client(target) as http_client:
            client = Mistral(
                api_key=sdk_key(target),
                server_url=target.base_url,
                async_client=http_client,
                timeout_ms=TOTAL_SECONDS * 1000,
            )
            models = (await client.models.list_async()).data or []
        return by_id(_listed_model(model) for model in models if _can_chat(model))

    async def check_key(self, target: Target) -> None:
        await self.list_models(target)


def _can_chat(model: Any) -> bool:
    """Return True if a listed model can chat; an entry of a type that the SDK does not know has no capabilities."""
    capabilities = getattr(model, "capabilities", None)
    if is_past(getattr(model, "deprecation", None)):
        return False
    return bool(capabilities and capabilities.completion_chat and not NOT_TEXT.search(model.id))


def _listed_model(model: Any) -> ListedModel:
    """Return a listed model; the SDK fills in values that the list does not have, which count for nothing."""
    stated: dict[str, Any] = model.model_dump(exclude_unset=True, mode="json")
    return listed_model({**stated, "id": model.id})
