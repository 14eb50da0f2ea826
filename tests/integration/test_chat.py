"""Chats over the public API, with a real web process and worker."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import NamedTuple

import pytest
import requests
from redis import Redis

from tests.fake_providers import Script, StandIn
from tests.integration.api_client import Program
from tests.integration.event_reader import Json
from tests.integration.worker_faults import frozen_worker
from tests.support import wait
from tests.support.live import Live

TEXT = "one two three four five six seven eight nine ten, ça va, 世界 🌍!"
MODELS = ("openai/m", "anthropic/m", "google/m", "mistral/m", "openrouter/m", "xai/m")


class Frame(NamedTuple):
    """One event of a chat's stream."""

    id: str
    data: Json


def frames(response: requests.Response) -> Iterator[Frame]:
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "text/event-stream"
    id_ = ""
    for line in response.iter_lines(chunk_size=None):
        name, _, value = line.partition(b": ")
        if name == b"id":
            id_ = value.decode()
        elif name == b"data":
            yield Frame(id_, json.loads(value))


def until(events: Iterator[Frame], text: str) -> list[Frame]:
    """Read until all of this text has arrived."""
    received: list[Frame] = []
    while text_of(received) != text:
        received.append(next(events))
        assert text.startswith(text_of(received))
    return received


def text_of(events: list[Frame]) -> str:
    text = ""
    for event in events:
        text = event.data["reset"] if "reset" in event.data else text + event.data.get("content", "")
    return text


class Chat:
    """A program that chats. Models are written ``provider/model``."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.api = program.api

    def send(
        self, message: str, model: str = "openai/m", path: str = "chat/stream", **more: object
    ) -> requests.Response:
        provider, _, name = model.partition("/")
        body = {"message": message, "provider": provider, "model": name, **more}
        return self.api.post(f"/api/v1/{path}", json=body, stream=True)

    def join(self, conversation_id: str, *, last_event_id: str = "", after: str = "") -> requests.Response:
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        path = f"/api/v1/conversations/{conversation_id}/stream"
        return self.api.get(path, headers=headers, params={"after": after} if after else {}, stream=True)

    def texts(self, conversation_id: str) -> list[str]:
        return [message["text"] for message in self.program.get(f"conversations/{conversation_id}")["messages"]]


@pytest.fixture
def chat(alice: Program) -> Chat:
    return Chat(alice)


@pytest.mark.parametrize("model", MODELS)
def test_it_streams_tokens_and_saves_both_messages(chat: Chat, vendors: StandIn, model: str) -> None:
    vendors.default = Script(text=TEXT, total=0.2)

    events = list(frames(chat.send("Count.", model)))

    first, *chunks, last = [event.data for event in events]
    assert first == {"start": True, "conversation_id": first["conversation_id"], "message_id": first["message_id"]}
    assert len(chunks) > 1
    assert text_of(events) == TEXT
    assert last["done"] is True
    assert (last["conversation_id"], last["message_id"]) == (first["conversation_id"], first["message_id"])
    assert last["usage"]["usage_source"] == "provider"
    assert last["usage"]["input_tokens"] == 12
    stored = chat.program.get(f"conversations/{first['conversation_id']}")
    assert [(each["role"], each["text"]) for each in stored["messages"]] == [("user", "Count."), ("assistant", TEXT)]
    answer = stored["messages"][1]
    assert f"{answer['provider']}/{answer['model']}" == model
    assert answer["id"] == first["message_id"]
    assert answer["usage"] == last["usage"]


def test_it_returns_the_whole_answer_without_a_stream(chat: Chat, vendors: StandIn) -> None:
    vendors.default = Script(text=TEXT, reasoning="Hm.")

    body = chat.send("Count.", path="chat").json()

    assert body["response"] == TEXT
    assert body["reasoning"] == "Hm."
    assert body["status"] == "completed"
    assert chat.texts(body["conversation_id"]) == ["Count.", TEXT]


def test_the_model_receives_the_earlier_messages(chat: Chat, vendors: StandIn) -> None:
    vendors.default = Script(text="Yes.")
    first = chat.send("Really?", "openai/first", path="chat", system="Be brief.").json()

    chat.send("And now?", "openai/second", path="chat", conversation_id=first["conversation_id"]).json()

    body = vendors.wait_for_request(model="second").body
    assert [message["content"] for message in body["input"]] == ["Really?", "Yes.", "And now?"]
    assert body["instructions"] == "Be brief."


def test_the_model_does_not_receive_what_an_earlier_answer_thought(chat: Chat, vendors: StandIn) -> None:
    vendors.scripts["thinker"] = Script(text="<think>\nThe user greets me.\n</think>\n\nHello!")
    first = chat.send("Hi.", "mistral/thinker", path="chat").json()

    chat.send("And now?", "openai/second", path="chat", conversation_id=first["conversation_id"]).json()

    body = vendors.wait_for_request(model="second").body
    assert [message["content"] for message in body["input"]] == ["Hi.", "Hello!", "And now?"]
    assert first["reasoning"] == "The user greets me."


def test_a_chat_continues_from_the_partial_text_of_a_stopped_answer(chat: Chat, vendors: StandIn) -> None:
    vendors.scripts["halted"] = Script(text=TEXT, end="stall", at=2)
    response = chat.send("Count.", "openai/halted")
    events = frames(response)
    start = next(events).data
    received = until(events, TEXT[:8])

    counted = chat.program.post(f"conversations/{start['conversation_id']}/cancel")
    vendors.wait_for_request(model="halted").wait_until_disconnected()
    last = list(events)[-1].data

    assert counted == {"stopped": 1}
    assert (last["code"], last["retryable"]) == ("stopped", True)
    assert text_of(received) == TEXT[:8]
    stored = chat.program.get(f"conversations/{start['conversation_id']}")["messages"]
    assert (stored[1]["status"], stored[1]["text"]) == ("stopped", TEXT[:8])
    chat.send("Go on.", "openai/goes-on", path="chat", conversation_id=start["conversation_id"])
    messages = vendors.wait_for_request(model="goes-on").body["input"]
    assert [message["content"] for message in messages] == ["Count.", TEXT[:8], "Go on."]


def test_stopping_before_the_first_token_closes_the_upstream_connection(chat: Chat, vendors: StandIn) -> None:
    vendors.scripts["mute"] = Script(first_delay=60)
    events = frames(chat.send("Count.", "openai/mute"))
    start = next(events).data
    upstream = vendors.wait_for_request(model="mute")

    chat.program.post(f"conversations/{start['conversation_id']}/cancel")
    upstream.wait_until_disconnected()

    assert list(events)[-1].data["code"] == "stopped"


def test_a_reader_who_disconnects_loses_nothing(chat: Chat, vendors: StandIn) -> None:
    vendors.default = script = Script(text=TEXT, hold=2)
    response = chat.send("Count.")
    events = frames(response)
    start = next(events).data
    received = until(events, TEXT[:8])
    response.close()
    script.release.set()

    rest = list(frames(chat.join(start["conversation_id"], last_event_id=received[-1].id)))

    assert text_of(rest) == TEXT[8:]
    assert rest[-1].data["done"] is True
    assert chat.texts(start["conversation_id"]) == ["Count.", TEXT]


def test_a_late_reader_receives_everything_and_one_who_has_it_gets_204(chat: Chat, vendors: StandIn) -> None:
    vendors.default = Script(text=TEXT)
    events = list(frames(chat.send("Count.")))
    conversation_id = events[0].data["conversation_id"]

    joined = list(frames(chat.join(conversation_id)))

    assert text_of(joined) == TEXT
    assert joined[-1].data == events[-1].data
    assert chat.join(conversation_id, after=events[-1].id).status_code == 204
    assert chat.join(conversation_id, last_event_id=joined[-1].id).status_code == 204


def test_a_lost_log_costs_no_text(chat: Chat, vendors: StandIn, live_redis: Redis) -> None:
    vendors.default = script = Script(text=TEXT, hold=4)
    events = frames(chat.send("Count."))
    start = next(events)
    received = [start, *until(events, TEXT[:16])]

    topic = f"conversation.{uuid.UUID(start.data['conversation_id']).hex}"
    live_redis.delete(f"live:topic:{topic}", f"live:topic:{topic}:log")
    script.release.set()
    received += list(events)

    assert text_of(received) == TEXT
    assert received[-1].data["done"] is True


def test_a_failure_has_a_sentence_and_a_retry_replaces_it(chat: Chat, vendors: StandIn) -> None:
    vendors.scripts["fragile"] = Script(text=TEXT, end="cut", at=2)
    refused = chat.send("Count.", "openai/fragile", path="chat")
    failed = refused.json()
    vendors.scripts["fragile"] = Script(text="This time.")

    path = f"conversations/{failed['conversation_id']}/messages/{failed['message_id']}/retry"
    chat.program.post(path, status=202)
    events = list(frames(chat.join(failed["conversation_id"])))

    assert refused.status_code == 502
    assert failed["error"]["code"] == "stream_cut"
    assert "OpenAI" in failed["error"]["message"]
    assert failed["response"] == TEXT[:8]
    assert text_of(events) == "This time."
    assert events[-1].data["message_id"] == failed["message_id"]
    assert chat.texts(failed["conversation_id"]) == ["Count.", "This time."]


def test_edits_and_second_answers_become_branches(chat: Chat, vendors: StandIn) -> None:
    vendors.default = Script(text="first")
    first = chat.send("Which?", path="chat").json()
    ids = {"conversation_id": first["conversation_id"]}
    vendors.default = Script(text="second")
    second = chat.program.post("chat", {**ids, "regenerate": first["message_id"]})
    prompt = chat.program.get(f"conversations/{first['conversation_id']}")["messages"][0]["id"]

    assert chat.texts(first["conversation_id"]) == ["Which?", "second"]
    answer = chat.program.get(f"conversations/{first['conversation_id']}")["messages"][1]
    assert answer["branches"] == [first["message_id"], second["message_id"]]
    chat.program.post("chat", {**ids, "message": "Which one?", "edit_of": prompt})
    assert chat.texts(first["conversation_id"]) == ["Which one?", "second"]
    shown = chat.program.post(f"conversations/{first['conversation_id']}/messages/{first['message_id']}/show")
    assert [message["text"] for message in shown["messages"]] == ["Which?", "first"]
    deleted = chat.api.delete(f"/api/v1/conversations/{first['conversation_id']}/messages/{prompt}")
    assert deleted.status_code == 204
    assert chat.texts(first["conversation_id"]) == ["Which one?", "second"]


def test_a_conversation_can_be_listed_found_renamed_forked_and_deleted(chat: Chat, vendors: StandIn) -> None:
    vendors.default = Script(text="Yes.")
    word = uuid.uuid4().hex
    conversation_id = chat.send(f"Is it {word}?", path="chat").json()["conversation_id"]
    path = f"conversations/{conversation_id}"

    assert [row["id"] for row in chat.program.get(f"conversations?search={word}")["results"]] == [conversation_id]
    changed = chat.api.patch(f"/api/v1/{path}", json={"title": "Mine", "provider": "google", "model": "g"}).json()
    assert (changed["title"], changed["provider"], changed["model"]) == ("Mine", "google", "g")
    fork = chat.program.post(f"{path}/fork", status=201)
    assert [message["text"] for message in fork["messages"]] == [f"Is it {word}?", "Yes."]
    assert chat.api.delete(f"/api/v1/{path}").status_code == 204
    assert chat.api.get(f"/api/v1/{path}").status_code == 404
    assert chat.texts(fork["id"]) == [f"Is it {word}?", "Yes."]


def test_a_title_is_made_by_the_same_model(chat: Chat, vendors: StandIn) -> None:
    vendors.scripts["titles"] = script = Script(text="An answer.", hold=1)
    events = frames(chat.send("What is a monad?", "openai/titles"))
    start = next(events).data
    until(events, "An a")
    vendors.scripts["titles"] = Script(text='"Monads explained"')
    script.release.set()
    list(events)

    def has_title() -> bool:
        current = chat.program.get(f"conversations/{start['conversation_id']}")["title"]
        return bool(current == "Monads explained")

    wait.until(has_title, "the chat gets no title", seconds=20)


def test_a_second_message_is_refused_until_the_first_answer_has_ended(live: Live, chat: Chat, vendors: StandIn) -> None:
    with frozen_worker(live):
        start = next(frames(chat.send("One."))).data

        refused = chat.send("Two.", conversation_id=start["conversation_id"])
        deleted = chat.api.delete(f"/api/v1/conversations/{start['conversation_id']}/messages/{start['message_id']}")

    assert refused.status_code == deleted.status_code == 409
    assert "still being written" in refused.json()["error"]["message"]
    list(frames(chat.join(start["conversation_id"])))
    assert len(chat.texts(start["conversation_id"])) == 2


BAD: list[tuple[Json, str]] = [
    ({"message": " \n"}, "message"),
    ({"message": "x" * 100_001}, "message"),
    ({"message": "Hi", "provider": "openai"}, "non_field_errors"),
    ({"message": "Hi", "provider": None, "model": None}, "model"),
    ({"message": "Hi", "provider": "nobody"}, "provider"),
    ({"message": "Hi", "parameters": {"temperature": 3}}, "parameters.temperature"),
    ({"message": "Hi", "conversation_id": "x"}, "conversation_id"),
    ({"message": "Hi", "edit_of": str(uuid.uuid4())}, "conversation_id"),
]


@pytest.mark.parametrize(("body", "field"), BAD)
def test_a_bad_message_gets_a_sentence_and_saves_nothing(chat: Chat, body: Json, field: str) -> None:
    before = chat.program.get("conversations?count=1")["count"]
    full_body = {"provider": "openai", "model": "m", **body}
    if field == "non_field_errors":
        del full_body["model"]

    for path in ("chat", "chat/stream"):
        response = chat.api.post(f"/api/v1/{path}", json=full_body)
        assert response.status_code == 400, response.text
        assert response.json()["error"]["code"] == "validation_error"
        assert field in response.json()["error"]["fields"]
    assert chat.program.get("conversations?count=1")["count"] == before


def test_a_stranger_and_a_missing_conversation_are_not_found(chat: Chat, bob: Program, vendors: StandIn) -> None:
    start = chat.send("Mine.", path="chat").json()
    path = f"conversations/{start['conversation_id']}"

    missing = Chat(bob).send("Hi", conversation_id=str(uuid.uuid4()))
    foreign = Chat(bob).send("Hi", conversation_id=start["conversation_id"])
    others = [bob.api.get(f"/api/v1/{path}{part}") for part in ("", "/stream")]
    others += [bob.api.post(f"/api/v1/{path}{part}") for part in ("/cancel", "/fork")]
    others += [bob.api.post(f"/api/v1/{path}/messages/{start['message_id']}/{part}") for part in ("show", "retry")]
    others += [bob.api.delete(f"/api/v1/{path}"), bob.api.delete(f"/api/v1/{path}/messages/{start['message_id']}")]

    assert {response.status_code for response in (missing, foreign, *others)} == {404}
    column = bob.begin("openai/m", "google/m")["comparison_id"]
    assert bob.api.get(f"/api/v1/conversations/{column}").status_code == 404


def test_an_ended_answer_continues_as_a_chat_and_the_comparison_stays(chat: Chat, vendors: StandIn) -> None:
    vendors.default = Script(text="Compared.")
    started = chat.program.begin("openai/m", "google/winner")
    list(chat.program.join(started["comparison_id"]))
    before = chat.program.get(f"comparisons/{started['comparison_id']}")
    vendors.default = Script(text="Alone.")

    path = f"results/{started['results'][1]['result_id']}/fork"
    conversation_id = chat.program.post(path, status=201)["conversation_id"]
    chat.program.post("chat", {"conversation_id": conversation_id, "message": "And then?"})

    assert chat.texts(conversation_id) == ["Hello?", "Compared.", "And then?", "Alone."]
    stored = chat.program.get(f"conversations/{conversation_id}")
    assert (stored["provider"], stored["model"]) == ("google", "winner")
    assert chat.program.get(f"comparisons/{started['comparison_id']}") == before


def test_a_comparison_begins_with_the_messages_of_a_chat(chat: Chat, vendors: StandIn) -> None:
    vendors.default = Script(text="Yes.")
    first = chat.send("Really?", path="chat", system="Be brief.").json()

    body = chat.program.body("openai/col-a", "openai/col-b", conversation_id=first["conversation_id"])
    comparison = chat.program.post("compare", body)
    bodies = [vendors.wait_for_request(model=model).body for model in ("col-a", "col-b")]

    contents = [[message["content"] for message in body["input"]] for body in bodies]
    assert contents == [["Really?", "Yes.", "Hello?"]] * 2
    assert [body["instructions"] for body in bodies] == ["Be brief."] * 2
    assert [message["text"] for message in comparison["history"]] == ["Really?", "Yes."]
    assert [turn["prompt"] for turn in comparison["turns"]] == ["Hello?"]
    assert chat.texts(first["conversation_id"]) == ["Really?", "Yes."]
    later = chat.program.turn(comparison["id"], "And now?")
    list(later)
    last = vendors.wait_for_request(model="col-a", number=2).body["input"]
    assert [message["content"] for message in last] == ["Really?", "Yes.", "Hello?", "Yes.", "And now?"]


def test_a_comparison_of_a_strangers_chat_is_not_found(chat: Chat, bob: Program, vendors: StandIn) -> None:
    first = chat.send("Mine.", path="chat").json()

    response = bob.api.post(
        "/api/v1/comparisons", json=bob.body("openai/m", "openai/n", conversation_id=first["conversation_id"])
    )

    assert response.status_code == 404
