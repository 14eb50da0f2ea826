"""The vendors' official SDKs, for calls that do not stream: one HTTP client for all of them, and one kind of error.

All of them accept an httpx2 client. Ours follows the rules of the streaming path (``HttpClients``), sends only the
headers that the call needs (SDKs add some from the environment), and raises ProviderError itself. SDKs are imported
inside the functions that use them, because that takes long.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp

from providers.adapters.base import ErrorCode, ListedModel, ProviderError, Target
from providers.adapters.errors import connection_failure, failure, response_failure
from providers.adapters.http import HttpClients, read_at_most

if TYPE_CHECKING:
    import httpx2

    from providers.adapters.adapter import Adapter

CONNECT_SECONDS = 5
TOTAL_SECONDS = 20
MAX_BODY_BYTES = 16 * 1024 * 1024
HEADERS = frozenset({"accept", "anthropic-version", "content-type", "user-agent"})
KEY_HEADERS = frozenset({"authorization", "x-api-key", "x-goog-api-key"})
NO_KEY = "no-key"


@asynccontextmanager
async def sdk_client(target: Target) -> AsyncIterator[httpx2.AsyncClient]:
    """Open an HTTP client for one SDK call; any error inside the block leaves it as a ProviderError."""
    import httpx2

    try:
        async with asyncio.timeout(TOTAL_SECONDS), await HttpClients.open(CONNECT_SECONDS) as clients:
            transport = _transport(clients, target)
            async with httpx2.AsyncClient(transport=transport, follow_redirects=False, trust_env=False) as client:
                yield client
    except Exception as exc:
        raise _provider_error(target, exc) from exc


async def models_of(adapter: Adapter, target: Target) -> list[ListedModel]:
    """Return the models that an adapter lists; whatever is wrong with the vendor's list is raised as ProviderError."""
    try:
        return await adapter.list_models(target)
    except ProviderError:
        raise
    except Exception as exc:
        raise _provider_error(target, exc) from exc


def sdk_key(target: Target) -> str:
    """Return the key, or a placeholder, because SDKs require one; the placeholder is never sent."""
    return target.api_key or NO_KEY


def _transport(clients: HttpClients, target: Target) -> httpx2.AsyncBaseTransport:
    import httpx2

    class Transport(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            status, headers, body = await _exchange(clients, target, request)
            if status >= 300:
                raise response_failure(target, status, headers, body)
            return httpx2.Response(status, headers={"Content-Type": headers["Content-Type"]}, content=body)

    return Transport()


async def _exchange(clients: HttpClients, target: Target, request: httpx2.Request) -> tuple[int, dict[str, str], bytes]:
    data = await request.aread()
    headers = _headers(target, request.headers.items())
    try:
        async with clients.request(target, request.method, str(request.url), data=data, headers=headers) as response:
            received = {"Content-Type": "application/json", **response.headers}
            body = await read_at_most(response, MAX_BODY_BYTES)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as exc:
        raise connection_failure(target, exc) from exc
    if len(body) > MAX_BODY_BYTES:
        raise failure(ErrorCode.UPSTREAM_ERROR, target, f"the response has more than {MAX_BODY_BYTES} bytes")
    return response.status, received, body


def _headers(target: Target, headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    allowed = HEADERS | KEY_HEADERS if target.api_key else HEADERS
    return target.with_own_headers({name: value for name, value in headers if name.lower() in allowed})


def _provider_error(target: Target, exc: BaseException) -> ProviderError:
    """Return the ProviderError that an SDK wrapped in its own exception, or else one for that exception."""
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, ProviderError):
            return cause
        cause = cause.__cause__ or cause.__context__
    if isinstance(exc, TimeoutError):
        return connection_failure(target, exc)
    return failure(ErrorCode.UPSTREAM_ERROR, target, f"{type(exc).__name__}: {exc}")
