from __future__ import annotations

import uuid

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from redis import Redis

from conversations import copies, services
from conversations.models import Conversation, Message
from conversations.selectors import shown_messages, user_conversation, user_conversations
from conversations.tasks import purge_discarded
from conversations.titles import clean_title, make_title, take_title, title_model
from core.errors import Conflict, InvalidInput, NotFound
from generations.log.event_log import Writer
from generations.models import Generation, Run
from generations.worker.types import Outcome
from providers.adapters.base import ErrorCode
from tests.conversations.conftest import Chatter, shown
from tests.generations.claims import end_queued
from tests.support.log_entries import append_entry


def saved(generation: Generation) -> Generation:
    """Return a generation as it is in the database, with its run."""
    return Generation.objects.select_related("current_run").get(pk=generation.pk)


def test_it_keeps_the_messages_in_order(alice: Chatter) -> None:
    first = alice.say("one")
    alice.say("two", first.conversation)

    assert shown(first.conversation) == ["one", "Re: one", "two", "Re: two"]
    assert first.conversation.title == "one"


def test_it_changes_the_model_in_mid_conversation(alice: Chatter) -> None:
    first = alice.say("one")
    alice.say("two", first.conversation, model="demo-scholar")

    answers = Generation.objects.order_by("pk").values_list("model", flat=True)
    assert list(answers) == ["demo-swift", "demo-scholar"]
    assert Conversation.objects.get().model == "demo-scholar"


def test_an_edited_message_becomes_a_branch(alice: Chatter) -> None:
    first = alice.say("one")
    second = alice.say("two", first.conversation)
    prompt = second.message.parent
    assert prompt is not None
    edited = alice.say("zwei", first.conversation, edit_of=str(prompt.public_id))

    assert shown(first.conversation) == ["one", "Re: one", "zwei", "Re: zwei"]
    fresh = Conversation.objects.get()
    branches = [len(each.branches) for each in shown_messages(fresh)]
    assert branches == [1, 1, 2, 1]
    services.show_branch(conversation=fresh, message=prompt)
    assert shown(fresh) == ["one", "Re: one", "two", "Re: two"]
    services.show_branch(conversation=fresh, message=edited.message)
    assert shown(fresh) == ["one", "Re: one", "zwei", "Re: zwei"]


def test_the_first_message_can_be_edited_too(alice: Chatter) -> None:
    first = alice.say("one")
    prompt = first.message.parent
    assert prompt is not None

    alice.say("eins", first.conversation, edit_of=str(prompt.public_id))

    assert shown(first.conversation) == ["eins", "Re: eins"]
    assert Message.objects.filter(parent=None).count() == 2


def test_a_regenerated_answer_becomes_a_branch(alice: Chatter) -> None:
    first = alice.say("one")
    alice.regenerate(first, "another")

    fresh = Conversation.objects.get()
    assert shown(fresh) == ["one", "another"]
    assert [len(each.branches) for each in shown_messages(fresh)] == [1, 2]
    assert shown_messages(fresh)[1].branches[0] == first.message.public_id


def test_it_refuses_a_second_answer_while_one_is_open(alice: Chatter) -> None:
    first = alice.begin("one")

    with pytest.raises(Conflict, match="still being written"):
        alice.begin("two", first.conversation)

    assert Message.objects.count() == 2
    assert Run.objects.count() == 1


def test_the_text_of_a_stopped_answer_is_sent_to_the_model(alice: Chatter) -> None:
    first = alice.end(alice.begin("one"), "Half of", Generation.Status.STOPPED)
    second = alice.begin("go on", first.conversation)

    request = second.state.generations[0].request
    assert request is not None
    assert [message["text"] for message in request["messages"]] == ["one", "Half of", "go on"]


def test_a_retry_replaces_the_failed_attempt(alice: Chatter) -> None:
    first = alice.end(alice.begin("one"), "Bro", Generation.Status.FAILED)
    message = first.message
    message.generation.refresh_from_db()  # type: ignore[union-attr]

    services.retry_message(conversation=first.conversation, message=message)

    generation = Generation.objects.get()
    assert (generation.status, generation.attempt) == (Generation.Status.QUEUED, 2)
    assert Message.objects.count() == 2


def test_deleting_an_exchange_keeps_the_later_messages(alice: Chatter) -> None:
    first = alice.say("one")
    second = alice.say("two", first.conversation)
    alice.regenerate(second, "again two")
    alice.say("three", first.conversation)

    services.delete_exchange(conversation=first.conversation, message=second.message)

    assert shown(first.conversation) == ["one", "Re: one", "three", "Re: three"]
    assert Generation.objects.count() == 2
    assert Run.objects.count() == 2


def test_deleting_the_last_exchange_shows_the_one_before(alice: Chatter) -> None:
    first = alice.say("one")
    second = alice.say("two", first.conversation)

    services.delete_exchange(conversation=first.conversation, message=second.message)
    assert shown(first.conversation) == ["one", "Re: one"]
    services.delete_exchange(conversation=first.conversation, message=first.message)

    assert shown(first.conversation) == []
    alice.say("anew", Conversation.objects.get())
    assert shown(first.conversation) == ["anew", "Re: anew"]


def test_a_fork_continues_and_leaves_its_source_as_it_was(alice: Chatter) -> None:
    first = alice.say("one", system="Be brief.")
    alice.say("two", first.conversation)

    fork = services.fork_conversation(source=Conversation.objects.get(), upto=first.message)
    alice.say("three", fork)

    assert shown(fork) == ["one", "Re: one", "three", "Re: three"]
    assert shown(first.conversation) == ["one", "Re: one", "two", "Re: two"]
    assert fork.system == "Be brief."
    assert Generation.objects.filter(message__conversation=fork).first().key_source == ""  # type: ignore[union-attr]
    services.delete_conversation(conversation=first.conversation)
    assert shown(fork) == ["one", "Re: one", "three", "Re: three"]


def test_nothing_is_saved_if_the_provider_cannot_be_called(alice: Chatter) -> None:
    for provider in ("mistral", "nobody"):
        with pytest.raises(InvalidInput):
            alice.begin("one", provider=provider, model="m")

    assert not Conversation.objects.exists()


def test_another_user_finds_nothing(alice: Chatter, bob: Chatter) -> None:
    first = alice.say("one")

    with pytest.raises(NotFound):
        bob.begin("two", first.conversation)
    with pytest.raises(NotFound):
        services.restore_conversation(user=bob.user, public_id=first.conversation.public_id)
    assert not user_conversations(bob.user).exists()


def test_search_finds_titles_prompts_and_answers(alice: Chatter) -> None:
    alice.say("apples")
    named = alice.say("pears")
    services.rename_conversation(conversation=named.conversation, title="quinces")

    words = ("APPLE", "quin", "re: pe")
    titles = {word: [each.title for each in user_conversations(alice.user, word)] for word in words}

    assert titles == {"APPLE": ["apples"], "quin": ["quinces"], "re: pe": ["quinces"]}


@pytest.mark.parametrize("word", ["äpfel", "привет", "NAÏVE", "ПРИВЕТ", "мир N", "100%", "a_b"])
def test_search_ignores_the_case_of_all_letters(alice: Chatter, word: str) -> None:
    alice.say("Frage ÄPFEL Привет мир naïve 100% a_b")
    alice.say("another 1000 acb")

    assert [each.title[:5] for each in user_conversations(alice.user, word)] == ["Frage"]


def test_a_discarded_conversation_can_be_restored_until_it_is_purged(alice: Chatter) -> None:
    first = alice.say("one").conversation

    services.discard_conversation(conversation=first)
    with pytest.raises(NotFound):
        user_conversation(alice.user, first.public_id)
    purge_discarded()
    services.restore_conversation(user=alice.user, public_id=first.public_id)
    assert shown(first) == ["one", "Re: one"]
    services.discard_conversation(conversation=first)
    Conversation.objects.update(discarded_at="2020-01-01T00:00:00Z")
    purge_discarded()

    assert not Conversation.objects.exists()
    assert not Run.objects.exists()
    with pytest.raises(NotFound):
        services.restore_conversation(user=alice.user, public_id=first.public_id)


def test_no_worker_appends_to_the_logs_of_a_deleted_conversation(alice: Chatter, redis: Redis) -> None:
    first = alice.say("What is a monad?")
    Conversation.objects.update(provider="ollama", model="small")
    make_title(saved(first.state.generations[0]))
    alice.begin("And a functor?", first.conversation)
    lease = uuid.uuid4()
    running = Generation.objects.exclude(status="completed").select_related("current_run")
    running.update(status="streaming", lease=lease)
    writers = {each.current_run.topic: Writer(each.pk, str(lease)) for each in running}
    for topic, writer in writers.items():
        append_entry(topic, {"kind": "text", "text": "Once"}, writer)

    services.delete_conversation(conversation=first.conversation)

    assert writers.keys() == {first.conversation.topic, services.title_topic(first.conversation)}
    for topic, writer in writers.items():
        assert append_entry(topic, {"kind": "text", "text": " upon"}, writer) is None
    assert list(redis.scan_iter(f"{settings.REDIS_PREFIX}:topic:*:log")) == []


def test_the_same_model_generates_the_title(alice: Chatter, settings: object) -> None:
    first = alice.say("What is a monad?")
    Conversation.objects.update(provider="ollama", model="small")
    make_title(saved(first.state.generations[0]))
    generation = Generation.objects.get(current_run__topic=services.title_topic(first.conversation))
    end_queued(generation.pk, Outcome(Generation.Status.COMPLETED, '"**Monads explained**".\n'))

    take_title(saved(generation))

    assert generation.request is not None
    assert "What is a monad?" in generation.request["messages"][0]["text"]
    assert Conversation.objects.get().title == "Monads explained"


@pytest.mark.parametrize(
    ("provider", "model", "expected"),
    [
        ("openai", "gpt-5.4-nano", "gpt-5.4-nano"),
        ("openai", "gpt-5.5-pro", "gpt-6-luna"),
        ("perplexity", "sonar-deep-research", "sonar"),
        ("deepseek", "deepseek-v4-pro", "deepseek-flash"),
        ("ollama", "llama3.2", "llama3.2"),
        ("an-endpoint", "some-model", "some-model"),
        ("an-endpoint", "some-pro", None),
    ],
)
def test_a_cheap_model_generates_the_title(provider: str, model: str, expected: str | None) -> None:
    assert title_model(provider, model) == expected


def test_a_refused_prompt_is_not_sent_again(alice: Chatter) -> None:
    first = alice.say("one")
    refused = alice.say("bad", first.conversation)
    Generation.objects.filter(pk=refused.state.generations[0].pk).update(
        status=Generation.Status.FAILED, error_code=ErrorCode.CONTENT_FILTERED, text="I cannot"
    )

    third = alice.say("three", first.conversation)

    request = third.state.generations[0].request
    assert request is not None
    assert [each["text"] for each in request["messages"]] == ["one", "Re: one", "three"]


def test_a_title_that_the_user_wrote_stays(alice: Chatter) -> None:
    first = alice.say("What is a monad?")
    Conversation.objects.update(provider="ollama", title="Mine")
    make_title(saved(first.state.generations[0]))
    generation = Generation.objects.get(current_run__topic=services.title_topic(first.conversation))
    end_queued(generation.pk, Outcome(Generation.Status.COMPLETED, "Theirs"))

    take_title(saved(generation))

    assert Conversation.objects.get().title == "Mine"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("\n\n# Monads\nand more", "Monads"),
        ("", ""),
        ("«Über Brüche»", "Über Brüche"),
        ("long " * 40, ""),
        ('**Title:** "Greeting *friends*"', "Greeting friends"),
        ("Titel: `snake_case` in Python", "snake_case in Python"),
    ],
)
def test_it_cleans_a_title(text: str, title: str) -> None:
    assert clean_title(text) == title


def test_a_page_of_a_long_conversation_takes_few_queries(alice: Chatter) -> None:
    first = alice.say("one").conversation
    for number in range(5):
        alice.say(str(number), first)

    with CaptureQueriesContext(connection) as queries:
        messages = shown_messages(Conversation.objects.get(), last=4)

    assert [each.message.role for each in messages] == ["user", "assistant"] * 2
    assert len(queries) == 5
    older = shown_messages(Conversation.objects.get(), last=2, before=messages[0].message.public_id)
    assert older[-1].message.pk < messages[0].message.pk


@pytest.mark.parametrize("limit", ["MAX_COPIED_MESSAGES", "MAX_COPIED_CHARACTERS"])
def test_it_copies_no_more_than_others_can_wait_for(
    alice: Chatter, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    alice.say("two", alice.say("one").conversation)
    source = Conversation.objects.get()
    size = {"MAX_COPIED_MESSAGES": 4, "MAX_COPIED_CHARACTERS": len("oneRe: onetwoRe: two")}[limit]

    monkeypatch.setattr(copies, limit, size)
    fork = services.fork_conversation(source=source)
    monkeypatch.setattr(copies, limit, size - 1)
    with pytest.raises(InvalidInput, match="too long to be copied"):
        services.fork_conversation(source=source)

    assert shown(fork) == ["one", "Re: one", "two", "Re: two"]
    assert Conversation.objects.count() == 2
