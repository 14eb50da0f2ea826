"""The API's one shape of a refusal."""

from __future__ import annotations

import json
from typing import Any

from tests.security.client import Answer


def refusal(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """Return the error of a response in the API's one shape, with a sentence for people."""
    assert (answer.status, answer.headers["content-type"]) == (status, "application/json"), answer.body[:500]
    whole = json.loads(answer.body)
    error: dict[str, Any] = whole["error"]
    assert set(whole) == {"error"}
    assert set(error) <= {"code", "message", "fields"}
    assert error["code"] == code
    assert is_sentence(error["message"]), error["message"]
    assert all(is_sentence(sentence) for sentences in error.get("fields", {}).values() for sentence in sentences)
    return error


def is_sentence(text: str) -> bool:
    """Return True for words with a capital and a full stop, in a readable length."""
    return text[:1].isupper() and text.endswith(".") and len(text) < 300 and not set(text) & set("{}<>\x00")
