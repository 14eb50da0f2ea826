from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from account_data.services import import_archive
from comparisons.services import vote
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
SOMEBODY = "00000000-0000-4000-8000-000000000000"
NUL, LONG = "a\x00b", "x" * 5_000_001
NO_TEXTS: tuple[Any, ...] = (..., None, 7, True, ["x"], {}, NUL, LONG)
NO_IDS: tuple[Any, ...] = (..., 7, True, [], "", "x", SOMEBODY[:-1], f"{{{SOMEBODY[:-2]}}}", NUL)
NO_MOMENTS: tuple[Any, ...] = (
    *(..., 7, "", "now", "2026-11-21", "2026-11-21T08:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    *("2026-13-01T00:00:00Z", NUL, ["2026-11-21T08:00:00Z"]),
)
NO_INTEGERS: tuple[Any, ...] = (..., -1, 2**31, 2**63, 1.5, 1.0, "1", True, [1])
NO_TIMES: tuple[Any, ...] = (..., -0.1, 10**9, "1", True, [1])
NO_FLAGS: tuple[Any, ...] = (..., None, 0, "true")
NO_LISTS: tuple[Any, ...] = (..., None, {}, "x", 7, [0] * 100_001)
NO_OBJECTS: tuple[Any, ...] = ([None], ["x"], [7], [[]])
NO_PARAMETERS: tuple[Any, ...] = (..., None, [], "hot", {"temperature": 3}, {"stop": ["a"] * 5}, {"max_tokens": "1"})
MISTAKES: dict[str, tuple[Any, ...]] = {
    "format": (..., None, "chatgpt", 7, ["llmselect-archive"]),
    "version": (..., None, 0, -1, "1", 1.0, True, 2**40),
    "images": (*NO_LISTS[1:], *NO_OBJECTS),
    f"{IMAGE}.id": NO_IDS,
    f"{IMAGE}.data": (*NO_TEXTS[:-1], "", "QUJD", "QUJ", "Ä"),
    "conversations": (*NO_LISTS[1:], *NO_OBJECTS),
    "comparisons": (*NO_LISTS[1:], *NO_OBJECTS),
    f"{CHAT}.id": NO_IDS,
    f"{CHAT}.title": (*NO_TEXTS, "x" * 201),
    f"{CHAT}.provider": (*NO_TEXTS, "", " ", "x" * 65),
    f"{CHAT}.model": (*NO_TEXTS, "", "x" * 201),
    f"{CHAT}.system": NO_TEXTS,
    f"{CHAT}.parameters": NO_PARAMETERS,
    f"{CHAT}.created_at": (*NO_MOMENTS, None),
    f"{CHAT}.updated_at": (*NO_MOMENTS, None),
    f"{CHAT}.leaf_id": (*NO_IDS, None, SOMEBODY),
    f"{CHAT}.messages": (*NO_LISTS, *NO_OBJECTS),
    f"{PROMPT}.id": NO_IDS,
    f"{PROMPT}.parent_id": (*NO_IDS, SOMEBODY),
    f"{PROMPT}.role": (..., None, "", "system", 7, ["user"], {}),
    f"{PROMPT}.text": NO_TEXTS,
    f"{PROMPT}.images": (*NO_LISTS[1:], [SOMEBODY], ["x"], [7], [None], ["a\x00b"]),
    f"{PROMPT}.created_at": (*NO_MOMENTS, None),
    f"{CHAT}.messages[1].parent_id": (None, SOMEBODY, ...),
    f"{CHAT}.messages[1].omitted": NO_INTEGERS,
    f"{CHAT}.messages[1].omitted_images": NO_INTEGERS[1:],
    f"{CHAT}.messages[1].answer": (..., None, [], "x"),
    f"{ANSWER}.id": NO_IDS,
    f"{ANSWER}.provider": (*NO_TEXTS, "", "x" * 65),
    f"{ANSWER}.model": (*NO_TEXTS, "", "x" * 201),
    f"{ANSWER}.parameters": NO_PARAMETERS,
    f"{ANSWER}.status": (..., None, "", "queued", "streaming", "done", 7, ["completed"]),
    f"{ANSWER}.attempt": (*NO_INTEGERS, None, 0, 32_768),
    f"{ANSWER}.past_attempts": (*NO_LISTS, *NO_OBJECTS),
    f"{ANSWER}.text": NO_TEXTS,
    f"{ANSWER}.reasoning": NO_TEXTS,
    f"{ANSWER}.timeline": (*NO_LISTS[:-1], *([bad] for bad in (7, [], [0], [0, 1, 2], [-1, 1], [0.5, 1], [0, "1"]))),
    f"{ANSWER}.error_code": (..., None, "oops", 7),
    f"{ANSWER}.error": (*NO_TEXTS, "x" * 501),
    f"{ANSWER}.retryable": NO_FLAGS,
    f"{ANSWER}.finish_reason": (*NO_TEXTS, "x" * 21),
    f"{ANSWER}.time": NO_TIMES,
    f"{ANSWER}.ttft": NO_TIMES,
    f"{ANSWER}.input_tokens": NO_INTEGERS,
    f"{ANSWER}.cached_input_tokens": NO_INTEGERS,
    f"{ANSWER}.usage_source": (..., None, "guess", 7),
    f"{ANSWER}.cost": (..., 7, 0.1, "", "free", "-1", "1000000", "0.000000001", "1e99", "NaN", "Infinity", "1" * 21),
    f"{ANSWER}.created_at": (*NO_MOMENTS, None),
    f"{ANSWER}.queued_at": (*NO_MOMENTS, None),
    f"{ANSWER}.ended_at": NO_MOMENTS,
    f"{COMPARISON}.id": NO_IDS,
    f"{COMPARISON}.title": (*NO_TEXTS, "", "x" * 201),
    f"{COMPARISON}.updated_at": NO_MOMENTS,
    f"{COMPARISON}.candidates": (*NO_LISTS, *NO_OBJECTS, []),
    f"{COMPARISON}.candidates[1].system": NO_TEXTS,
    f"{COMPARISON}.turns": (*NO_LISTS, *NO_OBJECTS, []),
    f"{TURN}.prompt": NO_TEXTS,
    f"{TURN}.accepted_at": (*NO_MOMENTS, None),
    f"{TURN}.ended_at": NO_MOMENTS,
    f"{TURN}.answers": (*NO_LISTS, [], [SOMEBODY] * 2, ["x"], [None, None]),
    f"{TURN}.images": (*NO_LISTS[1:], [SOMEBODY], ["x"], [7]),
    f"{TURN}.vote": (..., "tie", [], 7),
    f"{VOTE}.preferred_index": (*NO_INTEGERS, 1, 2, 8),
    f"{VOTE}.verdict": (..., None, "best", 7),
}


@pytest.fixture
def archive(alice: Person) -> Json:
    image = alice.show()
    alice.say("one", images=[image])
    compared = alice.compare("Which is best?", images=[image])
    vote(user=alice.user, turn=compared.turn, preferred_index=0)
    alice.compare_on(compared, "And why?")
    return alice.export()


def changed(archive: Json, place: str, value: Any) -> Json:
    """Return the archive with another value at a path; ``...`` removes it."""
    other: Any = copy.deepcopy(archive)
    *way, last = place.replace("[", ".[").split(".")
    spot = other
    for step in way:
        spot = spot[int(step[1:-1]) if step.startswith("[") else step]
    if value is ...:
        del spot[last]
    else:
        spot[last] = value
    return other  # type: ignore[no-any-return]


def refused(person: Person, data: bytes) -> str:
    with pytest.raises(InvalidInput) as raised:
        import_archive(user=person.user, data=data)
    return raised.value.message


def test_it_says_where_a_mistake_is_and_imports_nothing(bob: Person, archive: Json) -> None:
    problems = []
    with nothing_created():
        for place, values in MISTAKES.items():
            for value in values:
                said = refused(bob, json.dumps(changed(archive, place, value)).encode())
                if place not in said or not is_sentence(said):
                    problems.append(f"{place} = {str(value)[:40]}: {said}")

    assert problems == []


def test_it_says_so_where_a_vote_is_neither_or_both(bob: Person, archive: Json) -> None:
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
    ("break_it", "said"),
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
def test_it_refuses_what_does_not_fit_together(
    bob: Person, archive: Json, break_it: Callable[[Json], None], said: str
) -> None:
    break_it(archive)

    with nothing_created():
        assert said in refused(bob, json.dumps(archive).encode())


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b" ", b"{", b"x", b"\xff", b'{"format": "\xff"}', b'{"format": "\\ud800"}', b"[" * 100_000),
        *(b'{"format": "llmselect-archive", "version": 1, "x": NaN}', b"\x1f\x8b\x08"),
    ],
)
def test_it_refuses_what_is_no_json(bob: Person, data: bytes) -> None:
    assert "the file is not JSON" in refused(bob, data)


@pytest.mark.parametrize("data", [b"[]", b"null", b"7", b'"x"', b"[{}]"])
def test_it_refuses_what_is_no_object(bob: Person, data: bytes) -> None:
    assert "the file has to be an object" in refused(bob, data)


def test_it_refuses_half_an_archive(bob: Person, archive: Json) -> None:
    whole = json.dumps(archive).encode()

    with nothing_created():
        for share in (1, 2, 3):
            assert "cut off" in refused(bob, whole[: len(whole) * share // 4])


def test_it_refuses_an_archive_of_a_newer_version(bob: Person, archive: Json) -> None:
    assert "newer version" in refused(bob, json.dumps({**archive, "version": 2}).encode())


def test_it_imports_nothing_where_the_last_entry_is_bad(bob: Person, archive: Json) -> None:
    del archive["comparisons"][0]["turns"][1]["created_at"]

    with nothing_created():
        said = refused(bob, json.dumps(archive).encode())

    assert "comparisons[0].turns[1].created_at is missing" in said
