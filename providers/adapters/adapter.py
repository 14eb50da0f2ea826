"""The interface of an adapter."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from providers.adapters.base import AdapterEvent, ListedModel, Request, Target
from providers.adapters.http import HttpClients


class Adapter(Protocol):
    """The implementation of one wire format. Adapters hold no state: everything about a call is in its arguments.

    ``image_formats`` are the media types of the images that the provider takes.
    """

    @property
    def image_formats(self) -> frozenset[str]: ...

    def stream(self, clients: HttpClients, target: Target, request: Request) -> AsyncGenerator[AdapterEvent, None]:
        """Send one request and yield the answer as it arrives; closing the iterator closes the upstream connection."""

    async def list_models(self, target: Target) -> list[ListedModel]:
        """Return the chat models that this key can use, with what the provider's own list states about each."""

    async def check_key(self, target: Target) -> None:
        """Make the cheapest real call that proves the key; raises ProviderError if the key is refused."""
