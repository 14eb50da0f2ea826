import asyncio
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from accounts.models import User
from core.errors import InvalidInput
from providers.adapters.base import ErrorCode, ProviderError, Target
from providers.adapters.http import HttpClients
from providers.adapters.proxies import environment_proxy
from providers.adapters.public_ip import is_public_address
from providers.kinds import KINDS
from providers.models import ProviderKey
from providers.selectors import resolve_target
from providers.services import set_key
from tests.fake_providers import StandIn
from tests.providers.adapters.calls import KEY, read_stream, request_of, target_of

SDKS = ["openai", "anthropic", "google", "mistral", "vllm"]
ODD = ["2130706433", "127.1", "0x7f.0.0.1", "0177.0.0.1", "0", "0x7f000001", "017700000001", "１２７.0.0.1"]
LITERALS = [
    *("127.0.0.1", "10.255.255.1", "169.254.169.254", "localhost", "0.0.0.0", "100.100.100.200"),
    *("[::1]", "[::]", "[fe80::1]", "[fd00:ec2::254]", "[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]"),
    *("[64:ff9b::7f00:1]", "[2002:7f00:1::]"),
]

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


class Redirecting:
    """A server that redirects every request."""

    def __init__(self, status: int, location: str) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("Location", location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.mark.parametrize("address", PRIVATE)
def test_it_recognizes_addresses_that_are_not_public(address: str) -> None:
    assert not is_public_address(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_it_recognizes_public_addresses(address: str) -> None:
    assert is_public_address(address)


@pytest.mark.parametrize("host", LITERALS)
async def test_it_connects_to_no_private_address_for_a_user(host: str, clients: HttpClients) -> None:
    target = Target("Mine", f"http://{host}:9/v1", KEY, guarded=True)

    error = (await read_stream(clients, "vllm", target, request_of())).failed()

    assert (error.code, error.retryable) == (ErrorCode.PERMISSION_DENIED, False)
    assert error.message.startswith("The base URL of Mine is not public.")


@pytest.mark.parametrize("host", ODD)
async def test_it_refuses_odd_spellings_of_a_private_address(host: str, clients: HttpClients) -> None:
    target = Target("Mine", f"http://{host}:9/v1", KEY, guarded=True)

    error = (await read_stream(clients, "vllm", target, request_of())).failed()

    assert error.code in {ErrorCode.BAD_REQUEST, ErrorCode.PERMISSION_DENIED}


async def test_it_checks_the_address_to_which_a_name_resolves_when_it_connects(
    vendors: StandIn, clients: HttpClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()

    async def rebound(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", vendors.port))]

    monkeypatch.setattr(loop, "getaddrinfo", rebound)
    target = Target("Mine", f"http://models.example.org:{vendors.port}/vllm/v1", KEY, guarded=True)

    error = (await read_stream(clients, "vllm", target, request_of())).failed()

    assert error.code == ErrorCode.PERMISSION_DENIED
    assert vendors.requests == []


@pytest.mark.parametrize("slug", SDKS)
async def test_it_guards_the_official_sdks_too(slug: str, vendors: StandIn) -> None:
    target = target_of(vendors, slug, guarded=True)

    for call in (KINDS[slug].adapter.list_models, KINDS[slug].adapter.check_key):
        with pytest.raises(ProviderError, match="is not public"):
            await call(target)

    assert vendors.listed == []


@pytest.mark.parametrize("host", [*LITERALS, *ODD])
async def test_the_sdks_connect_to_no_private_address_in_any_spelling(host: str) -> None:
    target = Target("Mine", f"http://{host}:9/v1", KEY, guarded=True)

    with pytest.raises(ProviderError) as refusal:
        await KINDS["vllm"].adapter.list_models(target)

    refused_by_the_sdk = {ErrorCode.BAD_REQUEST, ErrorCode.UPSTREAM_ERROR} if host in ODD else set()
    assert refusal.value.code in {ErrorCode.PERMISSION_DENIED, *refused_by_the_sdk}


@pytest.mark.parametrize("slug", SDKS)
async def test_the_sdks_check_the_address_to_which_a_name_resolves_when_they_connect(
    slug: str, vendors: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[str] = []

    async def rebound(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", vendors.port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", rebound)
    base_url = vendors.base_url(slug).replace("127.0.0.1", "models.example.org")
    target = Target("Mine", base_url, KEY, guarded=True)

    with pytest.raises(ProviderError, match="is not public"):
        await KINDS[slug].adapter.check_key(target)

    assert looked_up == ["models.example.org"]
    assert vendors.listed == []


@pytest.mark.parametrize("slug", SDKS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_the_sdks_follow_no_redirect(slug: str, status: int, vendors: StandIn) -> None:
    with Redirecting(status, f"{vendors.url}/{slug}/v1/models") as url:
        target = Target("Mine", url, KEY)

        with pytest.raises(ProviderError, match="redirects to another URL, and redirects are not followed"):
            await KINDS[slug].adapter.list_models(target)

    assert vendors.listed == []


@pytest.mark.parametrize("host", ["me:secret@1.1.1.1", "1.1.1.1#@127.0.0.1", "1.1.1.1\\@127.0.0.1", *LITERALS, *ODD])
def test_a_user_cannot_store_such_a_base_url(alice: User, host: str) -> None:
    with pytest.raises(InvalidInput):
        set_key(user=alice, provider="vllm", api_key="", base_url=f"http://{host}/v1")

    assert not ProviderKey.objects.exists()


def test_a_former_administrator_is_guarded_like_any_user(admin: User) -> None:
    set_key(user=admin, provider="vllm", api_key="", base_url="http://127.0.0.1:8000/v1")
    before = resolve_target(admin, "vllm").target.guarded
    admin.is_staff = False

    assert (before, resolve_target(admin, "vllm").target.guarded) == (False, True)


@pytest.fixture
def proxy(vendors: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """The stand-in as the proxy that the environment names for all but local URLs."""
    monkeypatch.setenv("HTTP_PROXY", vendors.url)
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8,models.internal")
    environment_proxy.cache_clear()
    yield vendors
    environment_proxy.cache_clear()


async def test_it_uses_the_proxy_of_the_environment_for_the_operator(proxy: StandIn, clients: HttpClients) -> None:
    target = Target("Ours", proxy.base_url("vllm").replace(proxy.url, "http://models.example"), KEY)

    await read_stream(clients, "vllm", target, request_of())

    [request] = proxy.requests
    assert request.headers["Host"] == "models.example"


async def test_it_reaches_what_the_environment_excludes_without_the_proxy(proxy: StandIn, clients: HttpClients) -> None:
    target = Target("Ours", "http://127.0.0.1:9/v1", KEY)

    error = (await read_stream(clients, "vllm", target, request_of())).failed()

    assert error.code == ErrorCode.UPSTREAM_UNAVAILABLE
    assert proxy.requests == []


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.2", "[::1]", "api.localhost", "10.1.2.3", "models.internal", "a.models.internal"]
)
def test_it_reaches_the_machine_itself_and_what_is_excluded_directly(host: str, proxy: StandIn) -> None:
    assert environment_proxy(f"http://{host}:11434/v1") is None


@pytest.mark.parametrize("value", ["https://proxy.example", "127.0.0.1:9", "socks5://127.0.0.1:9"])
async def test_it_names_a_proxy_that_cannot_be_used(
    value: str, proxy: StandIn, clients: HttpClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    target = Target("Ours", "https://models.example/v1", KEY)

    error = (await read_stream(clients, "vllm", target, request_of())).failed()

    assert error.code == ErrorCode.BAD_REQUEST
    assert error.message.startswith(
        "Ours cannot be reached because this server's proxy cannot be used: its HTTPS_PROXY"
    )


async def test_it_does_not_use_a_proxy_for_a_user(proxy: StandIn, clients: HttpClients) -> None:
    target = Target("Mine", "http://10.0.0.1:9/v1", KEY, guarded=True)

    error = (await read_stream(clients, "vllm", target, request_of())).failed()

    assert error.code == ErrorCode.PERMISSION_DENIED
    assert proxy.requests == []
