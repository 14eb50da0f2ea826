from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from providers.catalogue import catalogue
from providers.models import Endpoint, LanguageModel, ProviderKey
from providers.services import refresh_models, set_key
from tests.fake_providers import StandIn

OWN, REFUSED = "sk-alices-own-key-1111", "sk-refused-key-9999"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _use_stand_ins(vendors_everywhere: StandIn) -> None:
    pass


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def body(response: Any) -> str:
    return str(response.content.decode())


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("get", "/keys/"), ("post", "/keys/openai/"), ("post", "/keys/openai/delete/"), ("get", "/models/")),
        *(("post", "/keys/openai/test/"), ("post", "/models/openai/refresh/")),
    ],
)
def test_it_sends_strangers_to_the_sign_in(db: None, method: str, path: str) -> None:
    response = getattr(Client(), method)(path)

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_it_shows_the_key_source_of_each_provider(alice: User, admin: User, settings: Settings) -> None:
    settings.PROVIDER_API_KEYS = {**settings.PROVIDER_API_KEYS, "mistral": "sk-server-key-2222"}
    set_key(user=admin, provider="openai", api_key=OWN)

    page = body(signed_in(admin).get("/keys/"))

    assert "Your key …1111" in page
    assert "The server&#x27;s key" in page or "The server's key" in page
    assert "No key needed" in page
    assert OWN not in page
    assert "2222" not in page
    assert "…1111" not in body(signed_in(alice).get("/keys/"))


def test_it_sets_a_key_with_a_plain_form(alice: User) -> None:
    response = signed_in(alice).post("/keys/openai/", {"api_key": OWN, "base_url": ""}, follow=True)

    assert response.redirect_chain == [("/keys/#key-openai", 302)]
    assert "OpenAI: Saved." in body(response)
    assert OWN not in body(response)
    assert ProviderKey.objects.get().api_key == OWN


def test_it_responds_to_htmx_with_only_the_card(alice: User) -> None:
    response = signed_in(alice).post("/keys/openai/", {"api_key": OWN}, headers=HTMX)

    page = body(response)
    assert response.status_code == 200
    assert page.lstrip().startswith('<details class="card stack stack-tight" id="key-openai" open>')
    assert "Saved." in page
    assert "Your key …1111" in page
    assert OWN not in page


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_it_shows_an_error_beside_its_field_and_drops_the_key(alice: User, headers: dict[str, str]) -> None:
    form = {"api_key": OWN, "base_url": "http://127.0.0.1/v1"}

    response = signed_in(alice).post("/keys/openai/", form, headers=headers)

    page = body(response)
    assert response.status_code == 422
    assert "The base URL leads to a private or local IP address." in page
    assert 'value="http://127.0.0.1/v1"' in page
    assert OWN not in page
    assert not ProviderKey.objects.exists()


def test_it_finds_no_unknown_provider(alice: User) -> None:
    client = signed_in(alice)

    paths = ["/keys/nobody/", "/keys/nobody/delete/", "/keys/nobody/test/", "/models/nobody/refresh/"]
    paths += ["/models/nobody/add/", "/models/nobody/remove/", "/models/openai/remove/"]

    assert [client.post(path, {"api_key": OWN}).status_code for path in paths] == [404] * 7


def test_it_deletes_only_the_users_own_key(alice: User, bob: User) -> None:
    set_key(user=alice, provider="openai", api_key=OWN)

    by_bob = signed_in(bob).post("/keys/openai/delete/")
    kept = ProviderKey.objects.exists()
    by_alice = signed_in(alice).post("/keys/openai/delete/", headers=HTMX)

    assert (by_bob.status_code, kept) == (404, True)
    assert "Deleted." in body(by_alice)
    assert not ProviderKey.objects.exists()


@pytest.mark.parametrize(
    ("key", "sentence"),
    [(OWN, "OpenAI accepted your key."), (REFUSED, "The key for OpenAI was refused. Check it under Keys.")],
)
def test_it_returns_the_result_of_a_key_test(alice: User, key: str, sentence: str) -> None:
    set_key(user=alice, provider="openai", api_key=key)
    client = signed_in(alice)

    assert sentence in body(client.post("/keys/openai/test/", headers=HTMX))
    assert sentence in body(client.post("/keys/openai/test/", follow=True))


def test_it_shows_the_models_with_prices_and_reasons(alice: User) -> None:
    LanguageModel.objects.create(provider="ollama", model="<script>alert(1)</script>", refreshed_at="2026-11-20T00:00Z")
    set_key(user=alice, provider="openai", api_key=OWN)
    refresh_models(user=alice, provider="openai")

    page = body(signed_in(alice).get("/models/"))

    assert "Demo Thinker" in page
    assert "<code>gpt-4o</code>" in page
    assert "128,000" in page
    assert "$2.50" in page
    assert "No key for Anthropic is set. Add yours under Keys." in page
    assert "<script>alert" not in page


def test_it_refreshes_with_and_without_htmx(alice: User) -> None:
    set_key(user=alice, provider="openai", api_key=OWN)
    client = signed_in(alice)

    partial = client.post("/models/openai/refresh/", headers=HTMX)
    page = client.post("/models/openai/refresh/", follow=True)

    assert body(partial).lstrip().startswith('<details class="card stack stack-tight" id="models-openai" open>')
    assert "It lists 2 models." in body(partial)
    assert page.redirect_chain == [("/models/#models-openai", 302)]
    assert "OpenAI: It lists 2 models." in body(page)


def test_it_says_why_a_refresh_failed(alice: User) -> None:
    client = signed_in(alice)

    partial = client.post("/models/mistral/refresh/", headers=HTMX)

    assert "No key for Mistral is set. Add yours under Keys." in body(partial)


def test_it_has_no_inline_style_or_script(alice: User) -> None:
    client = signed_in(alice)

    pages = body(client.get("/keys/")) + body(client.get("/models/"))

    assert " style=" not in pages
    assert " onclick=" not in pages
    assert "<script>" not in pages


def test_it_shows_an_endpoint_among_the_models(alice: User) -> None:
    Endpoint.objects.create(slug="gpu", name="Our <GPU>", base_url="http://gpu/v1", api_key="secret-of-gpu", hint="…")

    page = body(signed_in(alice).get("/models/"))

    assert "Our &lt;GPU&gt;" in page
    assert "secret-of-gpu" not in page
    assert "http://gpu/v1" not in page


@pytest.mark.parametrize("model", ["providerkey", "languagemodel"])
def test_it_lists_and_searches_in_the_admin_without_a_key(admin: User, alice: User, model: str) -> None:
    set_key(user=alice, provider="openai", api_key=OWN)
    refresh_models(user=alice, provider="openai")
    client = signed_in(admin)
    pk = apps.get_model("providers", model)._default_manager.values_list("pk", flat=True)[0]

    pages = [
        client.get(f"/admin/providers/{model}/?q=alice"),
        client.get(f"/admin/providers/{model}/?provider=openai"),
        client.get(f"/admin/providers/{model}/{pk}/change/"),
    ]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert "alice" in body(pages[0])
    assert not any(OWN in body(page) or "gAAAA" in body(page) for page in pages)


def test_it_does_not_let_an_administrator_write_a_users_key(admin: User, alice: User) -> None:
    set_key(user=alice, provider="openai", api_key=OWN)
    client = signed_in(admin)
    path = f"/admin/providers/providerkey/{ProviderKey.objects.get().pk}/change/"

    assert client.post(path, {"api_key": "x", "hint": "x", "base_url": "http://evil/"}).status_code == 403
    assert client.get("/admin/providers/providerkey/add/").status_code == 403
    assert ProviderKey.objects.get().api_key == OWN


def test_it_adds_and_removes_a_model_by_its_id(alice: User, bob: User) -> None:
    set_key(user=alice, provider="openai", api_key=OWN)
    client = signed_in(alice)

    added = client.post("/models/openai/add/", {"model": " ft:gpt-4o:us:x "}, headers=HTMX)
    refresh_models(user=alice, provider="openai")
    refreshed = {each.model: each for each in catalogue(alice) if each.provider == "openai"}
    of_bob = {each.model for each in catalogue(bob)}
    removed = client.post("/models/openai/remove/", {"model": "ft:gpt-4o:us:x"}, headers=HTMX)

    assert "Added." in body(added)
    assert "ft:gpt-4o:us:x" in body(added)
    assert refreshed["ft:gpt-4o:us:x"].added_by_hand
    assert refreshed["ft:gpt-4o:us:x"].available
    assert not refreshed["gpt-4o"].added_by_hand
    assert "ft:gpt-4o:us:x" not in of_bob
    assert "Removed." in body(removed)
    assert "ft:gpt-4o:us:x" not in body(removed)


def test_it_adds_models_to_the_servers_list_for_one_user_alone(alice: User, bob: User, settings: Settings) -> None:
    settings.PROVIDER_API_KEYS = {**settings.PROVIDER_API_KEYS, "mistral": "sk-server-key-2222"}
    settings.SERVER_KEYS = "everyone"
    signed_in(alice).post("/models/mistral/add/", {"model": "our-fine-tune"})

    available = [
        {each.model for each in catalogue(user) if each.provider == "mistral" and each.available}
        for user in (alice, bob)
    ]

    assert available[0] - available[1] == {"our-fine-tune"}


@pytest.mark.parametrize("model", ["", " ", "x" * 201, "a\nb", "a\x00b"])
def test_it_adds_no_model_without_a_good_id(alice: User, model: str) -> None:
    set_key(user=alice, provider="openai", api_key=OWN)

    page = body(signed_in(alice).post("/models/openai/add/", {"model": model}, headers=HTMX))

    assert "Enter the model" in page
    assert not LanguageModel.objects.exists()


def test_it_adds_no_model_that_could_not_be_used(alice: User) -> None:
    page = body(signed_in(alice).post("/models/openai/add/", {"model": "gpt-x"}, headers=HTMX))

    assert "No key for OpenAI is set." in page
    assert not LanguageModel.objects.exists()


def test_a_vendor_without_a_usual_base_url_needs_one(alice: User) -> None:
    client = signed_in(alice)

    page = body(client.get("/keys/"))
    refused = client.post("/keys/azure/", {"api_key": OWN}, headers=HTMX)

    assert '<label for="base-url-azure">Base URL</label>' in page
    assert '<label for="base-url-openai">Base URL (optional)</label>' in page
    assert refused.status_code == 422
    assert "like https://NAME.openai.azure.com/openai/v1." in body(refused)
    assert not ProviderKey.objects.exists()
