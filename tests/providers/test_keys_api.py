from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.jwt import issue_pair
from accounts.models import User
from core.rate_limits import Limit
from providers import services
from providers.kinds import KINDS
from providers.models import LanguageModel, ProviderKey
from tests.fake_providers import StandIn

OWN, REFUSED = "sk-alices-own-key-1111", "sk-refused-key-9999"


@pytest.fixture(autouse=True)
def _use_stand_ins(vendors_everywhere: StandIn) -> None:
    pass


def ask(user: User | None, method: str, path: str, body: Any = None) -> Any:
    return Client().generic(
        method,
        f"/api/v1/{path}",
        json.dumps(body) if body is not None else "",
        content_type="application/json",
        headers={"Authorization": f"Bearer {issue_pair(user).access}"} if user else {},
    )


def key_of(user: User, provider: str) -> dict[str, Any]:
    return next(item for item in ask(user, "GET", "keys").json() if item["provider"] == provider)


def test_it_lists_every_provider_that_takes_a_key(alice: User) -> None:
    keys = ask(alice, "GET", "keys").json()

    assert [key["provider"] for key in keys] == [slug for slug in KINDS if slug != "demo"]
    assert keys[0] == {
        "provider": "openai",
        "source": None,
        "hint": None,
        "updated_at": None,
        "name": "OpenAI",
        "base_url": None,
    }


def test_it_sets_and_shows_and_deletes_a_key_without_returning_it(alice: User, bob: User) -> None:
    answers = [
        ask(alice, "PUT", "keys/openai", {"api_key": OWN, "base_url": "https://1.1.1.1/v1/"}),
        ask(alice, "GET", "keys"),
        ask(alice, "DELETE", "keys/openai"),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 204]
    assert not any(OWN in answer.content.decode() for answer in answers)
    set_ = answers[0].json()
    assert (set_["source"], set_["hint"], set_["base_url"]) == ("user", "…1111", "https://1.1.1.1/v1")
    assert set_["updated_at"].endswith("Z")
    assert answers[1].json()[0] == set_
    assert key_of(alice, "openai")["source"] is None


def test_it_never_shows_or_touches_somebody_elses_key(alice: User, bob: User) -> None:
    ask(alice, "PUT", "keys/openai", {"api_key": OWN})

    deleted = ask(bob, "DELETE", "keys/openai")
    tested = ask(bob, "POST", "keys/openai/test")

    assert key_of(bob, "openai")["source"] is None
    assert deleted.status_code == 404
    assert tested.json()["code"] == "no_api_key"
    assert ProviderKey.objects.get().user == alice


def test_it_says_which_requests_use_the_servers_key(alice: User, admin: User, settings: Settings) -> None:
    settings.PROVIDER_API_KEYS = {**settings.PROVIDER_API_KEYS, "openai": "sk-server-key-2222"}

    assert key_of(alice, "openai")["source"] is None
    assert key_of(admin, "openai")["source"] == "server"
    assert key_of(admin, "openai")["hint"] is None
    assert "2222" not in ask(admin, "GET", "keys").content.decode()


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("keys/openai", {}, 400, "api_key"),
        ("keys/openai", {"api_key": ""}, 400, "api_key"),
        ("keys/openai", {"api_key": None}, 400, "api_key"),
        ("keys/openai", {"api_key": ["sk"]}, 400, "api_key"),
        ("keys/openai", {"api_key": OWN, "base_url": "http://localhost/v1"}, 400, "base_url"),
        ("keys/openai", {"api_key": OWN, "base_url": 7.5}, 400, "base_url"),
        ("keys/demo", {"api_key": OWN}, 400, "provider"),
        ("keys/nobody", {"api_key": OWN}, 404, None),
        ("keys/%00", {"api_key": OWN}, 404, None),
        ("keys/openai", [OWN], 400, ""),
    ],
)
def test_it_refuses_bad_input_with_a_sentence(
    alice: User, path: str, body: Any, status: int, field: str | None
) -> None:
    response = ask(alice, "PUT", path, body)

    error = response.json()["error"]
    assert response.status_code == status
    assert error["message"].endswith(".")
    assert OWN not in response.content.decode()
    if field:
        assert list(error["fields"]) == [field]
    assert not ProviderKey.objects.exists()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "keys"), ("PUT", "keys/openai"), ("DELETE", "keys/openai"), ("POST", "keys/openai/test")),
        *(("GET", "models"), ("POST", "models/refresh")),
    ],
)
def test_it_is_closed_to_strangers(db: None, method: str, path: str) -> None:
    assert ask(None, method, path).status_code == 401


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (OWN, {"ok": True, "message": "Anthropic accepted your key.", "code": None, "vendor_message": None}),
        (
            REFUSED,
            {
                "ok": False,
                "message": "The key for Anthropic was refused. Check it under Keys.",
                "code": "invalid_api_key",
                "vendor_message": "invalid x-api-key",
            },
        ),
    ],
)
def test_it_returns_the_result_of_a_key_test(alice: User, key: str, expected: dict[str, Any]) -> None:
    ask(alice, "PUT", "keys/anthropic", {"api_key": key})

    response = ask(alice, "POST", "keys/anthropic/test")

    assert response.status_code == 200
    assert response.json() == expected
    for provider in ("nobody", "%00", "no.such"):
        assert ask(alice, "POST", f"keys/{provider}/test").status_code == 404
        assert ask(alice, "DELETE", f"keys/{provider}").status_code == 404


def test_it_lists_models_in_the_shape_of_the_contract(alice: User) -> None:
    ask(alice, "PUT", "keys/openai", {"api_key": OWN})

    models = ask(alice, "GET", "models").json()

    usable = next(model for model in models if model["provider"] == "openai")
    refused = next(model for model in models if model["provider"] == "anthropic")
    assert list(refused) == [
        *("provider", "model", "label", "color", "context_window", "reasoning", "vision", "available"),
        *("input_price", "output_price", "reason"),
    ]
    assert "reason" not in usable
    assert usable["available"] is True
    assert isinstance(usable["input_price"], str)
    assert Decimal(usable["output_price"]) > Decimal(usable["input_price"]) > 0
    assert refused["reason"] == "No key for Anthropic is set. Add yours under Keys."


def test_it_refreshes_with_the_callers_key(alice: User, bob: User) -> None:
    ask(alice, "PUT", "keys/openai", {"api_key": OWN})

    response = ask(alice, "POST", "models/refresh", {"provider": "openai"})

    models = response.json()
    assert response.status_code == 200
    assert {model["provider"] for model in models} == {"openai"}
    assert "gpt-4o" in {model["model"] for model in models}
    assert LanguageModel.objects.filter(owner=alice).count() == 2


@pytest.mark.parametrize(
    ("provider", "status", "code"),
    [
        ("openai", 400, "invalid_api_key"),
        ("anthropic", 400, "no_api_key"),
        ("nobody", 404, "not_found"),
        ("", 400, "validation_error"),
    ],
)
def test_it_says_why_a_refresh_failed(alice: User, provider: str, status: int, code: str) -> None:
    ask(alice, "PUT", "keys/openai", {"api_key": REFUSED})

    response = ask(alice, "POST", "models/refresh", {"provider": provider})

    assert response.status_code == status
    assert response.json()["error"]["code"] == code
    assert REFUSED not in response.content.decode()


def test_it_reports_that_a_provider_cannot_be_reached(alice: User, settings: Settings, vendors: StandIn) -> None:
    settings.PROVIDER_BASE_URLS = {**settings.PROVIDER_BASE_URLS, "ollama": "http://127.0.0.1:9/v1"}

    response = ask(alice, "POST", "models/refresh", {"provider": "ollama"})

    assert response.status_code == 503
    assert response.json()["error"]["code"] == "upstream_unavailable"


@pytest.mark.parametrize(
    ("path", "body", "limit"),
    [
        ("keys/openai/test", {}, services.KEY_TESTS),
        ("models/refresh", {"provider": "openai"}, services.REFRESHES),
    ],
)
def test_it_limits_the_calls_to_providers(alice: User, path: str, body: dict[str, str], limit: Limit) -> None:
    for _ in range(limit.amount):
        limit.take(str(alice.public_id))

    response = ask(alice, "POST", path, body)

    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= limit.seconds
