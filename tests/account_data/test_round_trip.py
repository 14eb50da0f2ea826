from __future__ import annotations

import json
import logging

import pytest

from account_data.deletion import delete_account
from account_data.export import chat_json, chat_keys, comparison_keys
from account_data.export import comparison_json as comparison_json_of
from account_data.services import Counts
from comparisons.json import comparison_json
from comparisons.models import Comparison, Vote
from comparisons.services import delete_comparison, vote
from conversations.models import Conversation, Message
from conversations.services import (
    delete_conversation,
    delete_exchange,
    discard_conversation,
    fork_conversation,
    retry_message,
    show_branch,
)
from generations.models import Generation, Run
from generations.selectors import latest_run_state
from providers.services import set_key
from tests.account_data.conftest import FAILED, PASSWORD, Person, without_ids
from tests.conversations.conftest import shown


def chat_with_branches(person: Person) -> Conversation:
    """Create a chat with an edited prompt, two answers to one prompt, a retry, a deleted exchange, and an older branch
    shown."""
    first = person.say("one", system="Be brief.", parameters={"temperature": 0, "stop": ["END"]})
    second = person.say("two", first.conversation, model="demo-scholar")
    prompt = second.message.parent
    assert prompt is not None
    person.say("zwei", first.conversation, edit_of=str(prompt.public_id))
    person.regenerate(first, "another one")
    failed = person.end(person.begin("three", first.conversation), "Bro", FAILED)
    failed.message.generation.refresh_from_db()  # type: ignore[union-attr]
    retried = retry_message(conversation=first.conversation, message=failed.message)
    person.end(failed._replace(state=retried), "whole now")
    deleted = person.say("four", first.conversation)
    person.say("five", first.conversation)
    delete_exchange(conversation=first.conversation, message=deleted.message)
    show_branch(conversation=first.conversation, message=prompt)
    return Conversation.objects.get(pk=first.conversation.pk)


def comparison_with_votes(person: Person) -> Comparison:
    started = person.compare("Which is best?", system="Be honest.", tier="brief")
    Generation.objects.filter(run=started.turn.run).update(
        adjustments=[{"parameter": "stop", "asked": ["a", "b"], "sent": ["a"], "reason": "It takes one."}]
    )
    vote(user=person.user, turn=started.turn, preferred_index=0)
    more = person.compare_on(started, "And why?")
    vote(user=person.user, turn=more.turn, verdict="all_bad")
    person.compare_on(started, "Nothing to vote for.")
    return started.comparison


def test_a_chat_and_a_comparison_survive_a_move_to_an_empty_installation(alice: Person) -> None:
    chat, comparison = chat_with_branches(alice), comparison_with_votes(alice)
    archive = alice.export()
    seen, compared = shown(chat), comparison_json(comparison)
    delete_account(user=alice.user, password=PASSWORD)
    assert not Conversation.objects.exists()
    alice.user.pk = None
    alice.user.save()

    alice.import_json(archive)

    assert alice.export() == archive
    assert shown(Conversation.objects.get(kind="chat")) == seen == ["one", "Re: one", "two", "Re: two"]
    assert comparison_json(Comparison.objects.get()) == compared
    assert sorted(Vote.objects.values_list("preferred_index", "verdict"), key=str) == [(0, ""), (None, "all_bad")]


def test_imported_chats_and_comparisons_can_be_continued(alice: Person, bob: Person) -> None:
    chat_with_branches(alice)
    compared = alice.compare("Which is best?")

    bob.import_json(alice.export())
    chat = Conversation.objects.get(user=bob.user, kind="chat")
    bob.say("six", chat)
    comparison = Comparison.objects.get(user=bob.user)
    more = bob.compare_on(compared._replace(comparison=comparison), "Go on")

    assert shown(chat)[-2:] == ["six", "Re: six"]
    assert more.turn.number == 1
    state = latest_run_state(comparison.topic)
    assert state is not None
    assert state.run == more.state.run


def test_imported_answers_cost_nothing_and_have_ended(alice: Person, bob: Person) -> None:
    chat_with_branches(alice)
    comparison_with_votes(alice)
    Generation.objects.update(key_source="server", cost="0.5")

    bob.import_json(alice.export())

    imported = Generation.objects.filter(user=bob.user)
    assert set(imported.values_list("key_source", "request", "lease")) == {("", None, None)}
    assert not imported.filter(status__in=Generation.OPEN).exists()
    assert not Run.objects.filter(user=bob.user).exclude(open=0, ended_at__isnull=False).exists()


def test_a_comparison_keeps_the_chat_that_it_continues(alice: Person, bob: Person) -> None:
    first = alice.say("one")
    alice.compare("And you?", conversation_id=str(first.conversation.public_id))

    bob.import_json(alice.export())

    assert without_ids(bob.export()) == without_ids(alice.export())
    imported = comparison_json(Comparison.objects.get(user=bob.user))
    assert [message["text"] for message in imported["history"]] == ["one", "Re: one"]


def test_nothing_is_imported_twice(alice: Person, bob: Person) -> None:
    chat_with_branches(alice)
    comparison_with_votes(alice)
    archive = alice.export()

    into_the_same = alice.import_json(archive)
    first, second = bob.import_json(archive), bob.import_json(archive)

    both = ("conversations", "comparisons")
    assert [into_the_same.counts[name] for name in both] == [Counts(0, 1)] * 2
    assert [first.counts[name] for name in both] == [Counts(1, 0)] * 2
    assert second.counts == into_the_same.counts
    assert alice.export() == archive
    assert without_ids(bob.export()) == without_ids(archive)
    ids = set(Message.objects.values_list("public_id", flat=True))
    assert len(ids) == Message.objects.count()


def test_chats_deleted_after_an_import_can_be_imported_again(alice: Person, bob: Person) -> None:
    chat_with_branches(alice)
    archive = alice.export()
    bob.import_json(archive)
    delete_conversation(conversation=Conversation.objects.get(user=bob.user))
    discard_conversation(conversation=Conversation.objects.get(user=alice.user))

    assert bob.import_json(archive).counts["conversations"] == Counts(1, 0)
    assert alice.import_json(archive).counts["conversations"] == Counts(1, 0)


def test_it_keeps_existing_chats(alice: Person, bob: Person) -> None:
    alice.say("from alice")
    bob.say("from bob")

    bob.import_json(alice.export())

    titles = Conversation.objects.filter(user=bob.user).values_list("title", flat=True)
    assert sorted(titles) == ["from alice", "from bob"]


def test_a_running_answer_is_exported_as_interrupted(alice: Person, bob: Person) -> None:
    started = alice.begin("one")
    Generation.objects.filter(pk=started.state.generations[0].pk).update(status="streaming", text="Once upon")

    archive = alice.export()
    bob.import_json(archive)

    answer = archive["conversations"][0]["messages"][1]["answer"]
    assert (answer["status"], answer["text"], answer["retryable"]) == ("interrupted", "Once upon", True)
    assert Generation.objects.get(user=bob.user).status == "interrupted"


def test_a_running_comparison_is_exported_as_interrupted(alice: Person, bob: Person) -> None:
    running = alice.begin_comparison("Which is best?")

    bob.import_json(alice.export())
    more = bob.compare_on(running._replace(comparison=Comparison.objects.get(user=bob.user)), "And now?")

    assert set(Generation.objects.filter(user=bob.user, run__turn__number=0).values_list("status", flat=True)) == {
        "interrupted"
    }
    assert more.turn.number == 1


def test_objects_deleted_during_the_export_are_left_out(alice: Person) -> None:
    chat, comparison = alice.say("one").conversation, alice.compare("Which is best?").comparison
    keys = chat_keys(alice.user), comparison_keys(alice.user)

    discard_conversation(conversation=chat)
    delete_comparison(comparison=comparison)

    assert [len(each) for each in keys] == [1, 1]
    assert chat_json(chat.pk, set()) is None
    assert comparison_json_of(keys[1][0], set()) is None


def test_it_exports_only_the_users_own_chats_that_are_not_discarded(alice: Person, bob: Person) -> None:
    alice.say("mine")
    discarded = alice.say("discarded").conversation
    discard_conversation(conversation=discarded)
    chat_with_branches(bob)
    comparison_with_votes(bob)

    archive = alice.export()

    assert [chat["title"] for chat in archive["conversations"]] == ["mine"]
    assert archive["comparisons"] == []


def test_no_key_is_in_an_archive(alice: Person) -> None:
    set_key(user=alice.user, provider="openai", api_key="sk-nightjar-0123456789")
    chat_with_branches(alice)

    text = json.dumps(alice.export())

    assert "nightjar" not in text
    assert alice.user.password not in text
    assert alice.user.email not in text


def test_a_fork_is_a_chat_of_its_own(alice: Person, bob: Person) -> None:
    fork_conversation(source=chat_with_branches(alice))

    bob.import_json(alice.export())

    assert without_ids(bob.export()) == without_ids(alice.export())


def test_sections_of_later_versions_are_named_and_left_out(alice: Person) -> None:
    archive = {**alice.export(), "playlists": [{"name": "x"}]}

    assert alice.import_json(archive).unknown == ["playlists"]


def test_the_log_names_the_user_but_no_content(alice: Person, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    alice.say("nightjar")

    alice.import_json(alice.export())
    delete_account(user=alice.user, password=PASSWORD)

    lines = [record.getMessage() for record in caplog.records if record.name.startswith("account_data.")]
    assert [line.split(" ")[2] for line in lines] == ["exported", "imported", "deleted"]
    assert all(str(alice.user.public_id) in line for line in lines)
    assert "nightjar" not in caplog.text
