"""Checks of the one shape in which the API refuses requests."""

from __future__ import annotations

import json
from typing import Any

from tests.security.client import Response


def refusal(response: Response, status: int, code: str) -> dict[str, Any]:
    """Check that a response is a refusal with this status and code, and return its error."""
    assert (response.status, response.headers["content-type"]) == (status, "application/json"), response.body[:500]
    body = json.loads(response.body)
    error: dict[str, Any] = body["error"]
    assert set(body) == {"error"}
    assert set(error) <= {"code", "message", "fields"}
    assert error["code"] == code
    assert is_sentence(error["message"]), error["message"]
    assert all(is_sentence(sentence) for sentences in error.get("fields", {}).values() for sentence in sentences)
    return error


def is_sentence(text: str) -> bool:
    """Return True if the text begins with a capital letter, ends with a period, and is short and without markup."""
    return text[:1].isupper() and text.endswith(".") and len(text) < 300 and not set(text) & set("{}<>\x00")
