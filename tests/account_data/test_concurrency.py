from __future__ import annotations

from conversations.models import Conversation
from conversations.services import delete_conversation
from core.errors import Conflict
from tests.account_data.conftest import Person
from tests.accounts.test_concurrency import before_the_first_is_committed


def test_concurrent_imports_of_one_user_import_once(alice: Person, bob: Person) -> None:
    alice.say("one")
    archive = alice.export()

    second = before_the_first_is_committed(lambda: bob.import_json(archive), lambda: bob.import_json(archive))

    second.result()
    assert Conversation.objects.filter(user=bob.user).count() == 1


def test_concurrent_imports_of_two_users_both_succeed_in_the_end(alice: Person, bob: Person) -> None:
    chat = alice.say("one").conversation
    archive = alice.export()
    delete_conversation(conversation=chat)

    second = before_the_first_is_committed(lambda: alice.import_json(archive), lambda: bob.import_json(archive))

    if isinstance(second.exception(), Conflict):
        assert not Conversation.objects.filter(user=bob.user).exists()
        bob.import_json(archive)
    owners = Conversation.objects.values_list("user", flat=True)
    assert sorted(owners) == sorted([alice.user.pk, bob.user.pk])
