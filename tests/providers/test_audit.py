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

KEY = "sk-recognizable-0123456789"


def audit_entries(user: User) -> list[tuple[str, str]]:
    return list(AuditEntry.objects.filter(user=user).order_by("pk").values_list("action", "subject"))


def use(user: User, provider: str = "openai") -> None:
    services.note_first_use(user=user, provider=provider, resolved=resolve_target(user, provider))


def test_it_records_that_a_key_is_set_used_and_deleted(alice: User, bob: User) -> None:
    for user in (alice, bob):
        services.set_key(user=user, provider="openai", api_key=KEY)

    use(alice)
    use(alice)
    services.delete_key(user=alice, provider="openai")

    assert audit_entries(alice) == [("key_set", "openai"), ("key_first_used", "openai"), ("key_deleted", "openai")]
    assert audit_entries(bob) == [("key_set", "openai")]
    assert KEY[:-4] not in str(AuditEntry.objects.values())


def test_it_records_the_first_use_of_each_key(alice: User) -> None:
    for _ in range(2):
        services.set_key(user=alice, provider="openai", api_key=KEY)
        use(alice)

    assert audit_entries(alice) == [("key_set", "openai"), ("key_first_used", "openai")] * 2


def test_it_records_no_use_without_a_key_of_the_user(admin: User) -> None:
    use(admin, "demo")
    use(admin, "ollama")

    assert audit_entries(admin) == []


def test_a_key_test_counts_as_a_use(alice: User, vendors_everywhere: StandIn) -> None:
    services.set_key(user=alice, provider="openai", api_key=KEY)

    services.test_key(user=alice, provider="openai")
    services.refresh_models(user=alice, provider="openai")

    assert [action for action, _ in audit_entries(alice)] == ["key_set", "key_first_used"]


@pytest.mark.django_db(transaction=True)
def test_one_of_several_workers_records_the_first_use(alice: User) -> None:
    services.set_key(user=alice, provider="openai", api_key=KEY)
    start = Barrier(8)

    def claim(_: int) -> None:
        resolved = resolve_target(alice, "openai")
        start.wait(10)
        services.note_first_use(user=alice, provider="openai", resolved=resolved)
        connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(claim, range(8)))

    assert audit_entries(alice) == [("key_set", "openai"), ("key_first_used", "openai")]


def test_it_needs_no_query_after_the_first_use(alice: User, django_assert_num_queries: object) -> None:
    services.set_key(user=alice, provider="openai", api_key=KEY)
    use(alice)
    resolved = resolve_target(alice, "openai")

    with django_assert_num_queries(0):  # type: ignore[operator]
        services.note_first_use(user=alice, provider="openai", resolved=resolved)


def test_it_records_the_changes_of_administrators(client: Client, admin: User, alice: User) -> None:
    client.force_login(admin)
    AuditEntry.objects.all().delete()
    fields = {"name": "GPU", "slug": "gpu", "base_url": "http://gpu-1:8000/v1", "color": "#475569", "enabled": "on"}
    services.set_key(user=alice, provider="openai", api_key=KEY)
    key = ProviderKey.objects.get()

    client.post("/admin/providers/endpoint/add/", {**fields, "new_key": KEY})
    url = f"/admin/providers/endpoint/{Endpoint.objects.get().pk}"
    client.post(f"{url}/change/", {**fields, "name": "The GPU"})
    chosen = {"action": "delete_selected", "_selected_action": [Endpoint.objects.get().pk], "post": "yes"}
    client.post("/admin/providers/endpoint/", chosen)
    client.post(f"/admin/providers/providerkey/{key.pk}/delete/", {"post": "yes"})

    assert audit_entries(admin) == [("endpoint_changed", f"gpu {event}") for event in ("added", "changed", "deleted")]
    assert audit_entries(alice)[-1] == ("key_deleted", "openai, by an administrator")
    assert KEY[:-4] not in str(AuditEntry.objects.values())
