from __future__ import annotations

import base64
import json
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.urls import reverse
from pytest_django import Settings
from redis import Redis

from accounts.api_tokens import create_api_token
from accounts.jwt import issue_pair, rotate_pair
from accounts.models import User
from core.ciphers import DecryptionError
from providers.models import Endpoint, ProviderKey, hint_of
from tests.fake_providers import StandIn
from tests.security.client import Caller, in_browser, in_program
from tests.security.owned_rows import API_KEY, Belongings
from tests.security.routes import admin_path, admin_routes, our_routes, paths
from tests.support.live import Live

ENDPOINT_KEY = "sk-of-the-endpoint-0123456789"
REFUSED_KEY = "sk-refused-by-the-vendor-0123456789"
VENDORS = ("openai", "anthropic", "google", "mistral", "groq")


@pytest.fixture
def secrets(belongings: Belongings) -> list[str]:
    """Secrets that are never shown again, without their last characters, which a hint may show."""
    Endpoint.objects.create(
        slug="gpu", name="GPU", base_url="http://127.0.0.1:9/v1", api_key=ENDPOINT_KEY, hint=hint_of(ENDPOINT_KEY)
    )
    _, token = create_api_token(belongings.owner, name="another")
    pair = issue_pair(belongings.owner)
    _, fresh = rotate_pair(pair.refresh)
    return [text[:-4] for text in (API_KEY, ENDPOINT_KEY, token, pair.access, fresh.access, fresh.refresh)]


def test_it_shows_owners_none_of_their_secrets(belongings: Belongings, secrets: list[str]) -> None:
    all_paths = _readable_paths(belongings)
    callers = (in_browser(belongings.owner), in_program(belongings.owner))

    leaks = [leak for caller in callers for leak in _leaks(caller, all_paths, secrets)]

    assert leaks == []


def test_it_shows_administrators_no_secrets(belongings: Belongings, administrator: User, secrets: list[str]) -> None:
    all_paths = _readable_paths(belongings)
    all_paths += [admin_path(route, belongings) for route in admin_routes() if "logout" not in route.name]
    all_paths += list(_pages_of_all_rows())

    assert list(_leaks(in_browser(administrator), all_paths, secrets)) == []


def test_it_does_not_repeat_a_key_that_it_is_sent(belongings: Belongings) -> None:
    page, program = in_browser(belongings.owner), in_program(belongings.owner)
    fields = {"api_key": REFUSED_KEY}

    responses = [
        program.ask("PUT", "/api/v1/keys/openai", fields),
        page.ask("POST", "/keys/openai/", fields),
        page.ask("GET", "/keys/"),
        page.ask("POST", "/keys/openai/", {**fields, "base_url": "nonsense"}),
        program.ask("PUT", "/api/v1/keys/openai", {**fields, "base_url": "nonsense"}),
        program.ask("PUT", "/api/v1/keys/openai", {"api_key": f"{REFUSED_KEY} "[::-1].replace("-", " -")}),
    ]

    assert [response.status for response in responses[:3]] == [200, 302, 200]
    assert [response.status // 100 for response in responses[3:]] == [4] * 3
    assert not [response.body for response in responses if "refused-by" in response.body or "yb-" in response.body]


def test_it_keeps_keys_unreadable_in_the_database(belongings: Belongings, settings: Settings) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM providers_providerkey")
        rows = str([bytes(value) if isinstance(value, memoryview) else value for value in cursor.fetchone() or ()])
    settings.FIELD_ENCRYPTION_KEYS = [base64.urlsafe_b64encode(b"k" * 32).decode()]

    assert API_KEY not in rows
    assert API_KEY not in repr(ProviderKey.objects.defer("api_key").get().__dict__)
    with pytest.raises(DecryptionError):
        _ = ProviderKey.objects.get().api_key.strip()


def test_it_sends_no_key_along_with_a_task(belongings: Belongings, redis: Redis, settings: Settings) -> None:
    queues = redis.keys(f"{settings.REDIS_PREFIX}:celery*")
    tasks = [
        json.loads(task) for queue in queues if redis.type(queue) == b"list" for task in redis.lrange(queue, 0, -1)
    ]
    bodies = [b64decode(task["body"]) for task in tasks]

    assert f"[[{belongings.waiting.state.run.pk}]," in "".join(body.decode() for body in bodies)
    assert API_KEY.encode() not in b"".join([*bodies, *_stored(redis, settings.REDIS_PREFIX)])


def test_it_neither_logs_nor_returns_a_key_that_a_vendor_refuses(live: Live, vendors: StandIn) -> None:
    account = live.register()
    entries = [{"provider": vendor, "model": "a-model"} for vendor in VENDORS]
    responses = []

    for vendor in VENDORS:
        responses.append(account.api.put(f"/api/v1/keys/{vendor}", json={"api_key": REFUSED_KEY}))
        responses.append(account.api.post(f"/api/v1/keys/{vendor}/test"))
        responses.append(account.api.post("/api/v1/models/refresh", json={"provider": vendor}))
    response = account.api.post("/api/v1/compare", json={"prompt": "Hello", "providers": entries})
    responses += [response, account.api.get(f"/api/v1/comparisons/{response.json()['id']}/stream")]

    assert [slot["code"] for slot in response.json()["turns"][0]["results"]] == ["invalid_api_key"] * len(VENDORS)
    assert sum(REFUSED_KEY in str(request.headers) for request in vendors.requests) == len(VENDORS)
    logs = {name: (live.folder / f"{name}.log").read_text(errors="replace") for name in ("web", "worker")}
    assert "invalid_api_key" in logs["worker"]
    assert [name for name, text in logs.items() if REFUSED_KEY[:-4] in text] == []
    assert [each.url for each in responses if REFUSED_KEY[:-4] in each.text] == []


def _readable_paths(belongings: Belongings) -> list[str]:
    """Return every readable path, except streams that do not end."""
    all_paths = [path for route in our_routes() for path in paths(route, belongings)]
    return [path for path in all_paths if not any(endless in path for endless in belongings.endless)]


def _leaks(caller: Caller, all_paths: list[str], secrets: list[str]) -> Iterator[str]:
    for path in all_paths:
        response = caller.ask("GET", path)
        if response.status >= 500 and path != reverse("health-ready"):
            yield f"{path} gave {response.status}"
        if any(secret in response.headers_and_body for secret in secrets):
            yield f"{path} shows a secret"


def _pages_of_all_rows() -> Iterator[str]:
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for row in model._default_manager.all():
            yield from (reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "delete", "history"))
        if admin.site._registry[model].search_fields:
            yield reverse(f"{name}_changelist") + "?q=nightjar"


def _stored(redis: Redis, prefix: str) -> Iterator[bytes]:
    """Yield every value in Redis, and the decoded bodies of the tasks in its queues."""
    for key in redis.scan_iter(f"{prefix}*"):
        yield bytes(redis.dump(key) or b"")
        if redis.type(key) == b"list":
            messages: Any = redis.lrange(key, 0, -1)
            yield from messages
            yield from (base64.b64decode(json.loads(message)["body"]) for message in messages)
