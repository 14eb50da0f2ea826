"""Chat completions as many vendors and local servers implement them; ``ChatQuirks`` describes the differences.

An endpoint that an administrator adds is ``OPENAI_COMPATIBLE`` with a Target of its own, unless it speaks like a kind.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from providers.adapters.base import AdapterEvent, ErrorCode, ListedModel, NothingThere, ProviderError, Request, Target
from providers.adapters.chat_completions import ChatQuirks, chat_call, chat_events
from providers.adapters.fitted_images import COMMON_FORMATS
from providers.adapters.http import HttpClients
from providers.adapters.model_lists import listed_models, loaded_windows
from providers.adapters.sdk import sdk_client, sdk_key

if TYPE_CHECKING:
    from openai import AsyncOpenAI

# A vendor may respond like this if it accepted the key, but the model is gone or not free.
KEY_ACCEPTED = frozenset({ErrorCode.MODEL_NOT_FOUND, ErrorCode.BAD_REQUEST, ErrorCode.RATE_LIMITED})


@dataclass(frozen=True, slots=True)
class OpenAICompatibleAdapter:
    """Chat completions at ``base_url`` + ``/chat/completions``.

    A key is proved by reading ``key_path``, or by requesting one token of ``key_model`` if the vendor has no path that
    needs a key. The models are listed at ``models_path``, which is below the base URL, or below its host if it begins
    with two slashes; ``models`` is the list of a vendor that serves none. ``loaded_path`` lists what a local server has
    loaded, with the context window that it has given to each, which may be far smaller than the model's own.
    """

    quirks: ChatQuirks = field(default_factory=ChatQuirks)
    key_path: str = "/models"
    key_model: str = ""
    models_path: str = "/models"
    models: tuple[str, ...] = ()
    loaded_path: str = ""
    image_formats: frozenset[str] = COMMON_FORMATS

    async def stream(
        self, clients: HttpClients, target: Target, request: Request
    ) -> AsyncGenerator[AdapterEvent, None]:
        async with aclosing(chat_events(clients, target, chat_call(target, request, self.quirks))) as events:
            async for event in events:
                yield event

    async def list_models(self, target: Target) -> list[ListedModel]:
        try:
            models = listed_models(await read_json(target, self.models_path))
        except ProviderError as error:
            if self.models and (error.code is ErrorCode.MODEL_NOT_FOUND or isinstance(error, NothingThere)):
                return [ListedModel(each) for each in self.models]
            raise
        return await self._with_loaded_windows(target, models) if self.loaded_path else models

    async def _with_loaded_windows(self, target: Target, models: list[ListedModel]) -> list[ListedModel]:
        """Return the models with the context windows of those that are loaded, if the server tells."""
        try:
            windows = loaded_windows(await read_json(target, self.loaded_path))
        except ProviderError:
            # An older server, or another one that speaks alike.
            return models
        return [replace(model, context_window=windows.get(model.id, model.context_window)) for model in models]

    async def check_key(self, target: Target) -> None:
        if self.key_model:
            await request_one_token(target, self.key_model)
        else:
            await read_json(target, self.key_path)


OPENAI_COMPATIBLE = OpenAICompatibleAdapter()


async def read_json(target: Target, path: str) -> Any:
    """Return the JSON at a path below the base URL, or below its host if the path begins with two slashes.

    The SDK's own call for lists fails on some vendors' shapes.
    """
    if path.startswith("//"):
        path = urljoin(target.base_url, path[1:])
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
