import asyncio
import socket

import pytest

from providers.adapters.addresses import is_public_address
from providers.adapters.base import ErrorCode, Target
from providers.adapters.http import HttpClients
from providers.kinds import KINDS
from tests.providers.asking import KEY, hear, request_of, target_of
from tests.wire import StandIn

PRIVATE = [
    "127.0.0.1",
    "127.8.9.10",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fc00::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "ff02::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_it_knows_what_is_not_public(address: str) -> None:
    assert not is_public_address(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_it_knows_what_is_public(address: str) -> None:
    assert is_public_address(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "10.255.255.1", "169.254.169.254", "[::1]", "localhost", "0.0.0.0"])
async def test_it_connects_to_no_private_address_for_a_user(host: str, clients: HttpClients) -> None:
    target = Target("Mine", f"http://{host}:9/v1", KEY, guarded=True)

    error = (await hear(clients, "vllm", target, request_of())).failed()

    assert (error.code, error.retryable) == (ErrorCode.PERMISSION_DENIED, False)
    assert error.message.startswith("The address of Mine is not a public one.")


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f.0.0.1"])
async def test_it_takes_no_other_spelling_of_an_address(host: str, clients: HttpClients) -> None:
    target = Target("Mine", f"http://{host}:9/v1", KEY, guarded=True)

    error = (await hear(clients, "vllm", target, request_of())).failed()

    assert error.code in {ErrorCode.BAD_REQUEST, ErrorCode.PERMISSION_DENIED}


async def test_it_looks_at_the_address_that_a_name_has_when_it_connects(
    vendors: StandIn, clients: HttpClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()

    async def rebound(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", vendors.port))]

    monkeypatch.setattr(loop, "getaddrinfo", rebound)
    target = Target("Mine", f"http://models.example.org:{vendors.port}/vllm/v1", KEY, guarded=True)

    error = (await hear(clients, "vllm", target, request_of())).failed()

    assert error.code == ErrorCode.PERMISSION_DENIED
    assert vendors.requests == []


@pytest.mark.parametrize("slug", ["openai", "anthropic", "google", "mistral", "vllm"])
async def test_it_guards_the_official_sdks_alike(slug: str, vendors: StandIn) -> None:
    target = target_of(vendors, slug, guarded=True)

    with pytest.raises(Exception, match="is not a public one"):
        await KINDS[slug].adapter.list_models(target)


async def test_it_does_not_use_a_proxy_for_a_user(
    vendors: StandIn, clients: HttpClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", vendors.url)
    target = Target("Mine", "http://10.0.0.1:9/v1", KEY, guarded=True)

    error = (await hear(clients, "vllm", target, request_of())).failed()

    assert error.code == ErrorCode.PERMISSION_DENIED
    assert vendors.requests == []
