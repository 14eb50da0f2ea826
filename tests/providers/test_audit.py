from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections
from django.test import Client

from accounts.models import AuditEntry, User
from providers import services
from providers.models import Endpoint, ProviderKey
from providers.selectors import resolve_target
from tests.fake_providers import StandIn

KEY = "sk-recognisable-0123456789"


def trail(user: User) -> list[tuple[str, str]]:
    return list(AuditEntry.objects.filter(user=user).order_by("pk").values_list("action", "subject"))


def use(user: User, provider: str = "openai") -> None:
    services.note_first_use(user=user, provider=provider, resolved=resolve_target(user, provider))


def test_it_notes_a_key_that_is_set_used_and_deleted(alice: User, bob: User) -> None:
    for user in (alice, bob):
        services.set_key(user=user, provider="openai", api_key=KEY)

    use(alice)
    use(alice)
    services.delete_key(user=alice, provider="openai")

    assert trail(alice) == [("key_set", "openai"), ("key_first_used", "openai"), ("key_deleted", "openai")]
    assert trail(bob) == [("key_set", "openai")]
    assert KEY[:-4] not in str(AuditEntry.objects.values())


def test_it_notes_the_first_use_of_each_key(alice: User) -> None:
    for _ in range(2):
        services.set_key(user=alice, provider="openai", api_key=KEY)
        use(alice)

    assert trail(alice) == [("key_set", "openai"), ("key_first_used", "openai")] * 2


def test_it_notes_no_use_of_what_is_not_the_users_key(admin: User) -> None:
    use(admin, "demo")
    use(admin, "ollama")

    assert trail(admin) == []


def test_a_test_is_a_use_as_well(alice: User, vendors_everywhere: StandIn) -> None:
    services.set_key(user=alice, provider="openai", api_key=KEY)

    services.test_key(user=alice, provider="openai")
    services.refresh_models(user=alice, provider="openai")

    assert [action for action, _ in trail(alice)] == ["key_set", "key_first_used"]


@pytest.mark.django_db(transaction=True)
def test_of_several_workers_one_notes_it(alice: User) -> None:
    services.set_key(user=alice, provider="openai", api_key=KEY)
    start = Barrier(8)

    def claim(_: int) -> None:
        resolved = resolve_target(alice, "openai")
        start.wait(10)
        services.note_first_use(user=alice, provider="openai", resolved=resolved)
        connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(claim, range(8)))

    assert trail(alice) == [("key_set", "openai"), ("key_first_used", "openai")]


def test_it_asks_the_database_no_more_once_that_is_noted(alice: User, django_assert_num_queries: object) -> None:
    services.set_key(user=alice, provider="openai", api_key=KEY)
    use(alice)
    resolved = resolve_target(alice, "openai")

    with django_assert_num_queries(0):  # type: ignore[operator]
        services.note_first_use(user=alice, provider="openai", resolved=resolved)


def test_it_notes_what_administrators_do(client: Client, admin: User, alice: User) -> None:
    client.force_login(admin)
    AuditEntry.objects.all().delete()
    fields = {"name": "GPU", "slug": "gpu", "base_url": "http://gpu-1:8000/v1", "color": "#475569", "enabled": "on"}
    services.set_key(user=alice, provider="openai", api_key=KEY)
    key = ProviderKey.objects.get()

    client.post("/admin/providers/endpoint/add/", {**fields, "new_key": KEY})
    address = f"/admin/providers/endpoint/{Endpoint.objects.get().pk}"
    client.post(f"{address}/change/", {**fields, "name": "The GPU"})
    chosen = {"action": "delete_selected", "_selected_action": [Endpoint.objects.get().pk], "post": "yes"}
    client.post("/admin/providers/endpoint/", chosen)
    client.post(f"/admin/providers/providerkey/{key.pk}/delete/", {"post": "yes"})

    assert trail(admin) == [("endpoint_changed", f"gpu {what}") for what in ("added", "changed", "deleted")]
    assert trail(alice)[-1] == ("key_deleted", "openai, by an administrator")
    assert KEY[:-4] not in str(AuditEntry.objects.values())
