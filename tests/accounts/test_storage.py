from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from django.core.files.base import ContentFile
from pytest_django import DjangoAssertNumQueries, Settings
from redis import Redis

from account_data.services import import_archive
from accounts import storage
from accounts.models import User
from accounts.storage import MB, check_storage, check_storage_of_start, forget_counts, stored_bytes
from comparisons.models import Comparison, Turn
from conversations.models import Conversation, Message
from core.errors import StorageFull
from generations.limits.admission import check_start
from generations.models import Generation, Run
from images.models import Image
from images.services import store_image
from presets.models import PromptTemplate
from tests.images import samples
from tests.security.client import in_program
from tests.security.error_shape import refusal

Clock = Callable[[float], None]


@pytest.fixture(autouse=True)
def _limit(settings: Settings, redis: Redis, uploads: object) -> Iterator[None]:
    """A limit of 1 MB, and nothing counted yet."""
    settings.STORAGE_PER_USER_MB = 1
    forget_counts()
    yield
    forget_counts()


@pytest.fixture
def alice(transactional_db: None) -> User:
    return User.objects.create_user("alice", "alice@example.org", None)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A function that moves the clock of the counts."""
    now = [time.monotonic()]

    class Clock:
        monotonic = staticmethod(lambda: now[0])

    def pass_time(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(storage, "time", Clock)
    return pass_time


def keep_text(user: User, size: int) -> Conversation:
    conversation = Conversation.objects.create(user=user, provider="demo", model="demo-swift")
    Message.objects.create(pk=size + 1, conversation=conversation, role=Message.Role.USER, text="x" * size)
    return conversation


def test_it_counts_the_bytes_of_texts_and_images(alice: User) -> None:
    run = Run.objects.create(topic="x", user=alice, total=1, open=0)
    before = stored_bytes(alice)
    Generation.objects.create(
        user=alice, run=run, current_run=run, provider="demo", model="demo-swift", text="ä" * 1000, reasoning="x" * 100
    )
    answers = stored_bytes(alice)
    conversation = keep_text(alice, 10_000)
    Conversation.objects.filter(pk=conversation.pk).update(system="世" * 1000)
    Turn.objects.create(
        comparison=Comparison.objects.create(user=alice, title="x"), number=0, prompt="y" * 500, run=run
    )
    PromptTemplate.objects.create(user=alice, name="x", text="z" * 50)
    texts = stored_bytes(alice)
    image = store_image(user=alice, file=ContentFile(samples.encoded("PNG")))

    assert before == 0
    assert 2100 <= answers < 2200
    assert texts - answers == 10_000 + 3000 + 500 + 50
    assert stored_bytes(alice) - texts == image.size


def test_it_counts_nothing_of_others(alice: User) -> None:
    keep_text(User.objects.create_user("bob", "bob@example.org", None), 2 * MB)

    check_storage(alice, MB)


def test_it_lets_in_what_fits_and_refuses_one_byte_more(alice: User) -> None:
    keep_text(alice, 1000)

    check_storage(alice, MB - 1000)
    with pytest.raises(StorageFull, match=r"take 1 MB of the 1 MB that you may keep\. Delete some"):
        check_storage(alice, 1)


def test_it_counts_once_a_minute(alice: User, later: Clock, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(len(storage._sources)):
        check_storage(alice, 1)
    later(59)
    with django_assert_num_queries(0):
        check_storage(alice, 1)
    later(2)
    with django_assert_num_queries(len(storage._sources)):
        check_storage(alice, 1)


def test_it_counts_again_before_it_refuses(alice: User, later: Clock) -> None:
    conversation = keep_text(alice, 2 * MB)
    with pytest.raises(StorageFull):
        check_storage(alice, 1)

    conversation.delete()
    with pytest.raises(StorageFull):
        check_storage(alice, 1)
    later(6)

    check_storage(alice, 1)
    check_start(alice)


def test_a_start_costs_no_query_and_is_refused_once_all_is_used(
    alice: User, later: Clock, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    keep_text(alice, 2 * MB)

    with django_assert_num_queries(0):
        check_storage_of_start(alice)
    for coming in list(storage._coming.values()):
        coming.result(10)
    with django_assert_num_queries(0), pytest.raises(StorageFull):
        check_storage_of_start(alice)


def test_a_limit_of_0_is_none(alice: User, settings: Settings) -> None:
    settings.STORAGE_PER_USER_MB = 0
    keep_text(alice, 2 * MB)

    check_storage(alice, MB)
    check_storage_of_start(alice)


def test_uploads_imports_and_answers_are_refused_and_the_rest_stays(alice: User) -> None:
    chat = keep_text(alice, 2 * MB)
    with pytest.raises(StorageFull):
        check_storage(alice, 1)
    caller = in_program(alice)

    refused = [
        caller.upload(samples.encoded("PNG")),
        caller.ask("POST", f"/api/v1/conversations/{chat.public_id}/fork"),
        caller.ask("POST", "/api/v1/archive", {"format": "llmselect"}),
        caller.ask("POST", "/api/v1/chat", {"message": "x", "provider": "demo", "model": "demo-swift"}),
        caller.ask(
            "POST", "/api/v1/compare", {"prompt": "x", "providers": [{"provider": "demo", "model": "demo-swift"}]}
        ),
    ]

    assert all(refusal(response, 409, "storage_full") for response in refused)
    assert Conversation.objects.count() == Message.objects.count() == 1
    assert not Image.objects.exists()
    with pytest.raises(StorageFull):
        import_archive(user=alice, data=b"{}")
