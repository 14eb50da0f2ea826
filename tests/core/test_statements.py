from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from conversations.models import Conversation, Message
from core.statements import PreparedQuery, insert
from generations.models import Generation, Run

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", "alice@example.org", "a long and quiet evening")


def generations_of(user: User, count: int) -> list[Generation]:
    run = Run(topic="a-topic", user=user, total=count, open=count)
    insert([run])
    return [
        Generation(
            user=user,
            run=run,
            current_run=run,
            index=index,
            provider="demo",
            model="demo-swift",
            parameters={"temperature": 0.5, "stop": ["é"]},
            timeline=[[0, 0.25]],
            cost=Decimal("0.00000123"),
        )
        for index in range(count)
    ]


def test_it_inserts_what_bulk_create_would_insert(alice: User) -> None:
    generations = generations_of(alice, 3)

    insert(generations)

    assert len({each.pk for each in generations}) == 3
    assert not any(each._state.adding for each in generations)
    for each in generations:
        saved = Generation.objects.get(pk=each.pk)
        for field in Generation._meta.concrete_fields:
            assert getattr(saved, field.attname) == getattr(each, field.attname), field.attname


def test_it_inserts_many_rows_in_one_statement(alice: User) -> None:
    generations = generations_of(alice, 8)

    with CaptureQueriesContext(connection) as queries:
        insert(generations)

    assert len(queries) == 1


def test_it_takes_the_key_of_an_object_that_was_saved_meanwhile(alice: User) -> None:
    run = Run(topic="a-topic", user=alice, total=1, open=1)
    generation = Generation(user=alice, run=run, current_run=run, index=0, provider="demo", model="demo-swift")
    insert([run])

    insert([generation])

    assert Generation.objects.get().run_id == run.pk


def new_chat(user: User) -> tuple[list[Conversation], list[Message]]:
    """Return two conversations with two messages each, none of which is saved."""
    chats = [
        Conversation(user=user, provider="demo", model=model, leaf_id=number) for number, model in ((2, "a"), (4, "b"))
    ]
    messages = []
    for number, chat in enumerate(chats):
        prompt = Message(pk=2 * number + 1, conversation=chat, role="user", text=f"Go {number}")
        messages += [prompt, Message(pk=2 * number + 2, conversation=chat, parent=prompt, role="assistant")]
    return chats, messages


def test_objects_of_several_models_may_refer_to_each_other(alice: User) -> None:
    chats, messages = new_chat(alice)

    with CaptureQueriesContext(connection) as queries:
        insert(chats, messages)

    assert len(queries) == (1 if connection.vendor == "postgresql" else 2)
    assert [each.conversation_id for each in messages] == [chats[0].pk, chats[0].pk, chats[1].pk, chats[1].pk]
    for each in (*chats, *messages):
        saved = type(each)._default_manager.get(pk=each.pk)
        for field in type(each)._meta.concrete_fields:
            assert getattr(saved, field.attname) == getattr(each, field.attname), field.attname


def test_nothing_is_inserted_that_refers_to_an_object_without_a_key(alice: User) -> None:
    chats, messages = new_chat(alice)
    stranger = Message(conversation=Conversation(user=alice, provider="demo", model="c"), pk=9, role="user")

    with pytest.raises((ValueError, IntegrityError)), transaction.atomic():
        insert(chats, [*messages, stranger])

    assert not Conversation.objects.exists()


def test_it_raises_what_the_database_refuses(alice: User) -> None:
    first, second = generations_of(alice, 2)
    second.index = first.index

    with pytest.raises(IntegrityError), transaction.atomic():
        insert([first, second])


def test_a_prepared_query_returns_what_its_query_would_return(alice: User) -> None:
    insert(generations_of(alice, 3))
    prepared: PreparedQuery[Generation] = PreparedQuery(
        lambda indexes, public_id: (
            Generation.objects.filter(index__in=indexes, user__public_id=public_id)
            .select_related("current_run", "user")
            .order_by("-index")
        ),
        None,
        User._meta.get_field("public_id"),
    )

    for indexes in ([0], [0, 2], [1, 2], [5]):
        expected = list(Generation.objects.filter(index__in=indexes).order_by("-index"))
        with CaptureQueriesContext(connection) as queries:
            found = prepared.rows(indexes, alice.public_id)
            users = [each.user for each in found]
            topics = [each.current_run.topic for each in found]

        assert len(queries) == 1
        assert [each.pk for each in found] == [each.pk for each in expected]
        for one, other in zip(found, expected, strict=True):
            for field in Generation._meta.concrete_fields:
                assert getattr(one, field.attname) == getattr(other, field.attname), field.attname
        assert users == [alice] * len(expected)
        assert set(topics) <= {"a-topic"}


def test_a_prepared_query_builds_its_sql_once_in_a_thread(alice: User) -> None:
    built: list[str] = []

    def build(name: object) -> QuerySet[User]:
        built.append("once")
        return User.objects.filter(username=name)

    prepared = PreparedQuery(build, None)

    assert prepared.row("alice") == alice
    assert prepared.row("bob") is None
    assert prepared.row("alice") == alice

    assert built == ["once"]


def test_a_parameter_is_never_part_of_the_sql(alice: User) -> None:
    prepared: PreparedQuery[User] = PreparedQuery(lambda name: User.objects.filter(username=name), None)

    assert prepared.rows("alice' OR '1'='1") == []
    assert prepared.rows("%s") == []


def test_an_empty_list_matches_no_row(alice: User) -> None:
    prepared: PreparedQuery[User] = PreparedQuery(lambda names: User.objects.filter(username__in=names), None)

    assert prepared.rows([]) == []
    assert prepared.rows(["alice"]) == [alice]


def test_it_inserts_nothing_if_there_is_nothing() -> None:
    with CaptureQueriesContext(connection) as queries:
        insert([])

    assert len(queries) == 0
