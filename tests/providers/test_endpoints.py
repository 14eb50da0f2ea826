from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from core.errors import NotFound
from providers.adapters.base import ProviderError
from providers.adapters.errors import response_failure
from providers.adapters.http import HttpClients
from providers.adapters.openai_compatible import OPENAI_COMPATIBLE
from providers.kinds import KINDS
from providers.models import Endpoint, LanguageModel
from providers.selectors import resolve_target
from providers.services import test_key as try_key
from tests.fake_providers import StandIn
from tests.providers.adapters.calls import request_of, target_of

SECRET = "endpoint-secret-4444"
ADD = "/admin/providers/endpoint/add/"


def form_fields(**changes: Any) -> dict[str, Any]:
    values = {"name": "Our GPU", "slug": "gpu", "base_url": "http://gpu-1:8000/v1", "color": "#123456", "enabled": "on"}
    return {**values, "new_key": SECRET, **changes}


@pytest.fixture
def endpoint(client: Client, admin: User) -> Endpoint:
    client.force_login(admin)
    client.post(ADD, form_fields())
    return Endpoint.objects.get()


def change(client: Client, endpoint: Endpoint, **changes: Any) -> Any:
    return client.post(f"/admin/providers/endpoint/{endpoint.pk}/change/", form_fields(new_key="", **changes))


def test_an_endpoint_is_open_to_every_user(endpoint: Endpoint, alice: User) -> None:
    resolved = resolve_target(alice, "gpu")

    assert resolved.adapter is OPENAI_COMPATIBLE
    assert (resolved.target.label, resolved.target.base_url) == ("Our GPU", "http://gpu-1:8000/v1")
    assert (resolved.target.api_key, resolved.key_source) == (SECRET, "server")
    assert resolved.target.guarded is False


def test_an_endpoint_responds_to_a_key_test(alice: User, vendors: StandIn) -> None:
    Endpoint.objects.create(slug="gpu", name="Our GPU", base_url=vendors.base_url("gpu"))

    assert try_key(user=alice, provider="gpu").message == "Our GPU responded."


def test_a_disabled_endpoint_is_not_found(client: Client, endpoint: Endpoint, alice: User) -> None:
    change(client, endpoint, enabled="")

    with pytest.raises(NotFound):
        resolve_target(alice, "gpu")


def test_it_keeps_the_key_unless_another_is_set(client: Client, endpoint: Endpoint) -> None:
    change(client, endpoint, name="Renamed")
    kept = Endpoint.objects.get()

    client.post(f"/admin/providers/endpoint/{endpoint.pk}/change/", form_fields(new_key="another-secret-5555"))
    replaced = Endpoint.objects.get()

    change(client, endpoint, forget_key="on")
    forgotten = Endpoint.objects.get()

    assert (kept.name, kept.api_key, kept.hint) == ("Renamed", SECRET, "…4444")
    assert (replaced.api_key, replaced.hint) == ("another-secret-5555", "…5555")
    assert (forgotten.api_key, forgotten.hint) == ("", "")


def test_it_never_shows_the_key(client: Client, endpoint: Endpoint) -> None:
    pages = [
        client.get(f"/admin/providers/endpoint/{endpoint.pk}/change/"),
        client.get("/admin/providers/endpoint/?q=gpu"),
        client.get(f"/admin/providers/endpoint/{endpoint.pk}/history/"),
    ]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert "…4444" in pages[0].content.decode()
    assert not any(SECRET in page.content.decode() for page in pages)


@pytest.mark.parametrize(
    "wrong",
    [
        {"slug": "openai"},
        {"slug": "no slug"},
        {"base_url": "gpu-1:8000"},
        {"base_url": "http://me:secret@gpu-1/v1"},
        {"color": "red"},
        {"name": ""},
    ],
)
def test_it_adds_no_endpoint_with_bad_input(client: Client, admin: User, wrong: dict[str, str]) -> None:
    client.force_login(admin)

    response = client.post(ADD, form_fields(**wrong))

    assert response.status_code == 200
    assert SECRET not in response.content.decode()
    assert not Endpoint.objects.exists()


def test_it_says_that_the_key_cannot_be_read(
    endpoint: Endpoint, alice: User, client: Client, settings: Settings
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(ProviderError, match="Ask an administrator"):
        resolve_target(alice, "gpu")

    assert client.get("/admin/providers/endpoint/").status_code == 200
    assert change(client, endpoint, name="Renamed").status_code == 302


def test_an_endpoint_speaks_the_api_of_a_kind(client: Client, admin: User, alice: User) -> None:
    client.force_login(admin)

    client.post(ADD, form_fields(kind="anthropic", base_url="https://api.kimi.example/anthropic/v1"))

    resolved = resolve_target(alice, "gpu")
    assert resolved.adapter is KINDS["anthropic"].adapter
    assert resolved.target.base_url == "https://api.kimi.example/anthropic"


@pytest.mark.parametrize("kind", ["", "openai", "anthropic", "mistral"])
async def test_its_headers_are_sent_with_every_request(kind: str, vendors: StandIn, clients: HttpClients) -> None:
    adapter = KINDS[kind].adapter if kind else OPENAI_COMPATIBLE
    target = replace(
        target_of(vendors, kind or "vllm"), headers=(("X-Team", "research"), ("AUTHORIZATION", "Basic eHk="))
    )

    async for _ in adapter.stream(clients, target, request_of()):
        pass
    await adapter.list_models(target)

    for headers in (vendors.requests[-1].headers, vendors.listed[-1]):
        sent = [(name.lower(), value) for name, value in headers.items()]
        assert ("x-team", "research") in sent
        assert [value for name, value in sent if name == "authorization"] == ["Basic eHk="]


def test_it_keeps_headers_and_shows_only_their_names(client: Client, endpoint: Endpoint, alice: User) -> None:
    change(client, endpoint, new_headers="X-Team: research\n X-Token: very-secret \n")
    change(client, endpoint, name="Renamed")
    resolved = resolve_target(alice, "gpu")
    page = client.get(f"/admin/providers/endpoint/{endpoint.pk}/change/").content.decode()
    change(client, endpoint, forget_headers="on")

    assert resolved.target.headers == (("X-Team", "research"), ("X-Token", "very-secret"))
    assert "X-Team, X-Token" in page
    assert "very-secret" not in page
    assert "very-secret" not in repr(resolved.target)
    assert resolve_target(alice, "gpu").target.headers == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("no colon", "“no colon” is not one"),
        ("X Y: z", "“X Y” is not one"),
        ("X-A: bé", "“X-A” is not one"),
        ("Host: example.org", "The header “Host” is set by LLMSelect."),
        ("\n".join(f"X-{number}: y" for number in range(21)), "Write at most 20 headers"),
    ],
)
def test_it_takes_no_bad_headers(client: Client, endpoint: Endpoint, text: str, sentence: str) -> None:
    response = change(client, endpoint, new_headers=text)

    assert sentence in response.content.decode()
    assert Endpoint.objects.get().headers == ""


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("bad token very-secret-0123", "bad token [key]"),
        ("Invalid token 'mysecret-token-value'", "Invalid token '[key]'"),
        ("Request too large. See https://docs.example.org", "Request too large. See https://docs.example.org"),
    ],
)
def test_an_error_never_quotes_a_secret_header(said: str, shown: str, vendors: StandIn) -> None:
    headers = (
        *(("X-Token", "very-secret-0123"), ("Authorization", "Bearer mysecret-token-value")),
        *(("HTTP-Referer", "https://llm.example.org"), ("X-Title", "Request comparison"), ("X-Version", "1")),
    )
    target = replace(target_of(vendors, "vllm"), headers=headers)

    error = response_failure(target, 400, {}, json.dumps({"error": {"message": said}}).encode())

    assert error.vendor_message == shown
    assert "mysecret" not in error.detail
    assert "very-secret" not in error.detail


@pytest.mark.parametrize("said", [r"abc\/defghijk\/lmno+p", r"abc/defghijk/lmno\u002bp", r"abc/defghijk/lmno\u002Bp"])
def test_an_error_never_quotes_an_escaped_key(said: str, vendors: StandIn) -> None:
    target = replace(target_of(vendors, "vllm"), api_key="abc/defghijk/lmno+p")

    error = response_failure(target, 400, {}, f'{{"error": {{"message": "bad key {said} here"}}}}'.encode())

    assert error.vendor_message == "bad key [key] here"
    assert "defghijk" not in error.detail


def test_a_changed_endpoint_forgets_the_models_of_the_old_one(client: Client, endpoint: Endpoint) -> None:
    LanguageModel.objects.create(provider="gpu", model="old", refreshed_at="2026-11-20T00:00Z")
    change(client, endpoint, name="Renamed")
    kept = LanguageModel.objects.exists()

    change(client, endpoint, base_url="http://gpu-2:8000/v1")

    assert kept
    assert not LanguageModel.objects.exists()
