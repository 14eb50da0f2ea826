"""The interface of an adapter."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from providers.adapters.base import AdapterEvent, Request, Target
from providers.adapters.http import HttpClients


class Adapter(Protocol):
    """The implementation of one wire format. Adapters hold no state: everything about a call is in its arguments."""

    def stream(self, clients: HttpClients, target: Target, request: Request) -> AsyncGenerator[AdapterEvent, None]:
        """Send one request and yield the answer as it arrives; closing the iterator closes the upstream connection."""

    async def list_models(self, target: Target) -> list[str]:
        """Return the ids of the text models that this key can use, as the provider's own list names them."""

    async def check_key(self, target: Target) -> None:
        """Make the cheapest real call that proves the key; raises ProviderError if the key is refused."""
