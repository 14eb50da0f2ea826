from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from account_data.services import import_archive
from comparisons.services import vote
from conversations.models import Message
from core.errors import InvalidInput
from tests.account_data.conftest import Json, Person
from tests.security.error_shape import is_sentence
from tests.security.row_counts import nothing_created

CHAT = "conversations[0]"
PROMPT, ANSWER = f"{CHAT}.messages[0]", f"{CHAT}.messages[1].answer"
IMAGE = "images[0]"
COMPARISON = "comparisons[0]"
TURN = f"{COMPARISON}.turns[0]"
VOTE = f"{TURN}.vote"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
NUL, LONG = "a\x00b", "x" * 1_000_001
BAD_TEXTS: tuple[Any, ...] = (..., None, 7, True, ["x"], {}, NUL, LONG)
BAD_IDS: tuple[Any, ...] = (..., 7, True, [], "", "x", UNKNOWN_ID[:-1], f"{{{UNKNOWN_ID[:-2]}}}", NUL)
BAD_TIMESTAMPS: tuple[Any, ...] = (
    *(..., 7, "", "now", "2026-11-21", "2026-11-21T08:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    *("2026-13-01T00:00:00Z", NUL, ["2026-11-21T08:00:00Z"]),
)
BAD_INTEGERS: tuple[Any, ...] = (..., -1, 2**31, 2**63, 1.5, 1.0, "1", True, [1])
BAD_SECONDS: tuple[Any, ...] = (..., -0.1, 10**9, "1", True, [1])
BAD_BOOLEANS: tuple[Any, ...] = (..., None, 0, "true")
BAD_LISTS: tuple[Any, ...] = (..., None, {}, "x", 7, [0] * 100_001)
BAD_OBJECTS: tuple[Any, ...] = ([None], ["x"], [7], [[]])
BAD_PARAMETERS: tuple[Any, ...] = (..., None, [], "hot", {"temperature": 3}, {"stop": ["a"] * 5}, {"max_tokens": "1"})
NO_SETTINGS: tuple[Any, ...] = (None, {}, [{}], [None], ["a"] * 11, "x" * 201, NUL)
ADJUSTMENT: dict[str, Any] = {"parameter": "stop", "asked": ["a"], "sent": None, "reason": ""}
BAD_ADJUSTMENTS: tuple[Any, ...] = (
    *({name: value for name, value in ADJUSTMENT.items() if name != left_out} for left_out in ADJUSTMENT),
    *({**ADJUSTMENT, "asked": value} for value in NO_SETTINGS),
    *({**ADJUSTMENT, "sent": value} for value in NO_SETTINGS[1:]),
    *({**ADJUSTMENT, "parameter": value} for value in ("", 7, "x" * 41)),
    {**ADJUSTMENT, "reason": "x" * 301},
)
BAD_VALUES: dict[str, tuple[Any, ...]] = {
    "format": (..., None, "chatgpt", 7, ["llmselect-archive"]),
    "version": (..., None, 0, -1, "1", 1.0, True, 2**40),
    "images": (*BAD_LISTS[1:], *BAD_OBJECTS),
    f"{IMAGE}.id": BAD_IDS,
    f"{IMAGE}.data": (*BAD_TEXTS[:-1], "", "QUJD", "QUJ", "Ä"),
    "conversations": (*BAD_LISTS[1:], *BAD_OBJECTS),
    "comparisons": (*BAD_LISTS[1:], *BAD_OBJECTS),
    f"{CHAT}.id": BAD_IDS,
    f"{CHAT}.title": (*BAD_TEXTS, "x" * 201),
    f"{CHAT}.provider": (*BAD_TEXTS, "", " ", "x" * 65),
    f"{CHAT}.model": (*BAD_TEXTS, "", "x" * 201),
    f"{CHAT}.system": (*BAD_TEXTS, "x" * 100_001),
    f"{CHAT}.parameters": BAD_PARAMETERS,
    f"{CHAT}.created_at": (*BAD_TIMESTAMPS, None),
    f"{CHAT}.updated_at": (*BAD_TIMESTAMPS, None),
    f"{CHAT}.leaf_id": (*BAD_IDS, None, UNKNOWN_ID),
    f"{CHAT}.messages": (*BAD_LISTS, *BAD_OBJECTS, [0] * 5_001),
    f"{PROMPT}.id": BAD_IDS,
    f"{PROMPT}.parent_id": (*BAD_IDS, UNKNOWN_ID),
    f"{PROMPT}.role": (..., None, "", "system", 7, ["user"], {}),
    f"{PROMPT}.text": (*BAD_TEXTS, "x" * 100_001),
    f"{PROMPT}.images": (*BAD_LISTS[1:], [UNKNOWN_ID], ["x"], [7], [None], ["a\x00b"]),
    f"{PROMPT}.created_at": (*BAD_TIMESTAMPS, None),
    f"{CHAT}.messages[1].parent_id": (None, UNKNOWN_ID, ...),
    f"{CHAT}.messages[1].omitted": BAD_INTEGERS,
    f"{CHAT}.messages[1].omitted_images": BAD_INTEGERS[1:],
    f"{CHAT}.messages[1].answer": (..., None, [], "x"),
    f"{ANSWER}.id": BAD_IDS,
    f"{ANSWER}.provider": (*BAD_TEXTS, "", "x" * 65),
    f"{ANSWER}.model": (*BAD_TEXTS, "", "x" * 201),
    f"{ANSWER}.parameters": BAD_PARAMETERS,
    f"{ANSWER}.status": (..., None, "", "queued", "streaming", "done", 7, ["completed"]),
    f"{ANSWER}.attempt": (*BAD_INTEGERS, None, 0, 1_001),
    f"{ANSWER}.past_attempts": (*BAD_LISTS, *BAD_OBJECTS, [0] * 1_001),
    f"{ANSWER}.text": BAD_TEXTS,
    f"{ANSWER}.reasoning": BAD_TEXTS,
    f"{ANSWER}.timeline": (*BAD_LISTS[:-1], *([bad] for bad in (7, [], [0], [0, 1, 2], [-1, 1], [0.5, 1], [0, "1"]))),
    f"{ANSWER}.error_code": (..., None, "oops", 7),
    f"{ANSWER}.error": (*BAD_TEXTS, "x" * 501),
    f"{ANSWER}.retryable": BAD_BOOLEANS,
    f"{ANSWER}.finish_reason": (*BAD_TEXTS, "x" * 21),
    f"{ANSWER}.adjustments": (*BAD_LISTS[1:], *BAD_OBJECTS, *([each] for each in BAD_ADJUSTMENTS)),
    f"{ANSWER}.time": BAD_SECONDS,
    f"{ANSWER}.ttft": BAD_SECONDS,
    f"{ANSWER}.input_tokens": BAD_INTEGERS,
    f"{ANSWER}.cached_input_tokens": BAD_INTEGERS,
    f"{ANSWER}.usage_source": (..., None, "guess", 7),
    f"{ANSWER}.cost": (..., 7, 0.1, "", "free", "-1", "1000000", "0.000000001", "1e99", "NaN", "Infinity", "1" * 21),
    f"{ANSWER}.created_at": (*BAD_TIMESTAMPS, None),
    f"{ANSWER}.queued_at": (*BAD_TIMESTAMPS, None),
    f"{ANSWER}.ended_at": BAD_TIMESTAMPS,
    f"{COMPARISON}.id": BAD_IDS,
    f"{COMPARISON}.title": (*BAD_TEXTS, "", "x" * 201),
    f"{COMPARISON}.updated_at": BAD_TIMESTAMPS,
    f"{COMPARISON}.candidates": (*BAD_LISTS, *BAD_OBJECTS, []),
    f"{COMPARISON}.candidates[1].system": BAD_TEXTS,
    f"{COMPARISON}.turns": (*BAD_LISTS, *BAD_OBJECTS, []),
    f"{TURN}.prompt": (*BAD_TEXTS, "x" * 100_001),
    f"{TURN}.accepted_at": (*BAD_TIMESTAMPS, None),
    f"{TURN}.ended_at": BAD_TIMESTAMPS,
    f"{TURN}.answers": (*BAD_LISTS, [], [UNKNOWN_ID] * 2, ["x"], [None, None]),
    f"{TURN}.images": (*BAD_LISTS[1:], [UNKNOWN_ID], ["x"], [7]),
    f"{TURN}.vote": (..., "tie", [], 7),
    f"{VOTE}.preferred_index": (*BAD_INTEGERS, 1, 2, 8),
    f"{VOTE}.verdict": (..., None, "best", 7),
}


@pytest.fixture
def archive(alice: Person) -> Json:
    image = alice.upload_image()
    alice.say("one", images=[image])
    compared = alice.compare("Which is best?", images=[image])
    vote(user=alice.user, turn=compared.turn, preferred_index=0)
    alice.compare_on(compared, "And why?")
    return alice.export()


def changed(archive: Json, path: str, value: Any) -> Json:
    """Return the archive with another value at a path; ``...`` removes it."""
    other: Any = copy.deepcopy(archive)
    *steps, last = path.replace("[", ".[").split(".")
    target = other
    for step in steps:
        target = target[int(step[1:-1]) if step.startswith("[") else step]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return other  # type: ignore[no-any-return]


def refused(person: Person, data: bytes) -> str:
    """Return the sentence with which an import is refused."""
    with pytest.raises(InvalidInput) as raised:
        import_archive(user=person.user, data=data)
    return raised.value.message


def test_it_names_the_position_of_an_error_and_imports_nothing(bob: Person, archive: Json) -> None:
    problems = []
    with nothing_created():
        for path, values in BAD_VALUES.items():
            for value in values:
                sentence = refused(bob, json.dumps(changed(archive, path, value)).encode())
                if path not in sentence or not is_sentence(sentence):
                    problems.append(f"{path} = {str(value)[:40]}: {sentence}")

    assert problems == []


def test_texts_may_be_as_long_as_this_installation_lets_them_get(
    bob: Person, archive: Json, settings: Settings
) -> None:
    settings.MAX_PROMPT_CHARACTERS, settings.MAX_ANSWER_CHARACTERS = 20, 30
    past = {"attempt": 1, "status": "failed", "error_code": "", "input_tokens": None, "output_tokens": None}
    past |= {"cost": None, "ended_at": None}
    longest = changed(archive, f"{PROMPT}.text", "x" * 20)
    for path, value in (
        (f"{ANSWER}.text", "x" * 30),
        (f"{ANSWER}.reasoning", "x" * 30),
        (f"{ANSWER}.past_attempts", [{**past, "text": "x" * 30}]),
        (f"{ANSWER}.attempt", 1000),
        (f"{TURN}.prompt", "x" * 20),
    ):
        longest = changed(longest, path, value)

    refusals = {
        path: refused(bob, json.dumps(changed(longest, path, "x" * 31)).encode())
        for path in (f"{PROMPT}.text", f"{ANSWER}.text", f"{ANSWER}.reasoning", f"{ANSWER}.past_attempts[0].text")
    }
    bob.import_json(longest)

    assert all(f"{path} is longer than" in sentence for path, sentence in refusals.items())
    assert Message.objects.filter(conversation__user=bob.user, text="x" * 20).exists()


def test_it_refuses_a_vote_with_neither_or_both(bob: Person, archive: Json) -> None:
    for vote_ in ({"preferred_index": None}, {"verdict": "tie"}):
        bad = changed(archive, VOTE, {**archive["comparisons"][0]["turns"][0]["vote"], **vote_})

        assert VOTE in refused(bob, json.dumps(bad).encode())


def _second_message_first(archive: Json) -> None:
    archive["conversations"][0]["messages"].reverse()


def _circle(archive: Json) -> None:
    first, second = archive["conversations"][0]["messages"]
    first["parent_id"] = second["id"]


def _parent_of_another_chat(archive: Json) -> None:
    archive["conversations"][0]["messages"][1]["parent_id"] = archive["comparisons"][0]["candidates"][0]["messages"][0][
        "id"
    ]


def _same_message_twice(archive: Json) -> None:
    messages = archive["conversations"][0]["messages"]
    messages.append(messages[0])


def _same_chat_twice(archive: Json) -> None:
    archive["conversations"].append(archive["conversations"][0])


def _answers_exchanged(archive: Json) -> None:
    archive["comparisons"][0]["turns"][0]["answers"].reverse()


def _prompt_as_answer(archive: Json) -> None:
    compared = archive["comparisons"][0]
    compared["turns"][0]["answers"] = [candidate["messages"][0]["id"] for candidate in compared["candidates"]]


def _same_answers_in_two_turns(archive: Json) -> None:
    first, second = archive["comparisons"][0]["turns"]
    second["answers"] = first["answers"]


def _nine_candidates(archive: Json) -> None:
    candidate = {**archive["comparisons"][0]["candidates"][0], "messages": [], "leaf_id": None}
    ids = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(9)]
    archive["comparisons"][0]["candidates"] = [{**candidate, "id": each} for each in ids]


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (_second_message_first, "conversations[0].messages[0].parent_id names no message"),
        (_circle, "conversations[0].messages[0].parent_id names no message"),
        (_parent_of_another_chat, "conversations[0].messages[1].parent_id names no message"),
        (_same_message_twice, "conversations[0].messages[2].id is in the archive twice"),
        (_same_chat_twice, "conversations[1].id is in the archive twice"),
        (_answers_exchanged, "comparisons[0].turns[0].answers has to name"),
        (_prompt_as_answer, "comparisons[0].turns[0].answers has to name"),
        (_same_answers_in_two_turns, "comparisons[0].turns[1].answers names an answer of another turn"),
        (_nine_candidates, "comparisons[0].candidates has to have 1 to 8"),
    ],
)
def test_it_refuses_inconsistent_entries(
    bob: Person, archive: Json, break_it: Callable[[Json], None], sentence: str
) -> None:
    break_it(archive)

    with nothing_created():
        assert sentence in refused(bob, json.dumps(archive).encode())


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b" ", b"{", b"x", b"\xff", b'{"format": "\xff"}', b'{"format": "\\ud800"}', b"[" * 100_000),
        *(b'{"format": "llmselect-archive", "version": 1, "x": NaN}', b"\x1f\x8b\x08"),
    ],
)
def test_it_refuses_anything_but_json(bob: Person, data: bytes) -> None:
    assert "the file is not JSON" in refused(bob, data)


@pytest.mark.parametrize("data", [b"[]", b"null", b"7", b'"x"', b"[{}]"])
def test_it_refuses_anything_but_an_object(bob: Person, data: bytes) -> None:
    assert "the file has to be an object" in refused(bob, data)


def test_it_refuses_a_truncated_archive(bob: Person, archive: Json) -> None:
    whole = json.dumps(archive).encode()

    with nothing_created():
        for share in (1, 2, 3):
            assert "cut off" in refused(bob, whole[: len(whole) * share // 4])


def test_it_refuses_an_archive_of_a_newer_version(bob: Person, archive: Json) -> None:
    assert "newer version" in refused(bob, json.dumps({**archive, "version": 2}).encode())


def test_it_imports_nothing_if_the_last_entry_is_bad(bob: Person, archive: Json) -> None:
    del archive["comparisons"][0]["turns"][1]["created_at"]

    with nothing_created():
        sentence = refused(bob, json.dumps(archive).encode())

    assert "comparisons[0].turns[1].created_at is missing" in sentence
