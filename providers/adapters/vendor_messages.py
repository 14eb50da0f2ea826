"""A vendor's own words about an error, as they may be shown to a user."""

from __future__ import annotations

import json
import re
from typing import Any

MAX_LENGTH = 1_000
"""In characters."""
HIDDEN = "[hidden]"
_FIELDS = ("message", "error", "detail", "details", "errors", "msg", "status_msg", "error_message", "error_msg")
_MAX_DEPTH = 6
_SECRETS = re.compile(
    r"""\b(?:sk|rk|gsk|csk|xai|pplx|hf|nvapi|tgp|gh[pousr]|glpat)[-_][\w*.-]{6,}
    |\b(?:pk|fw|r8|key|org|proj|project|user|ak|acct)[-_](?=[a-z*_-]{0,60}[\d*])[\w*.-]{6,}
    |\borg-\w{12,}
    |\bAIza[\w*-]{8,}
    |\bAKIA\w{12,}
    |\beyJ[\w-]{6,}(?:\.[\w-]+)*
    |\barn:[^\s"',]+
    |(?<=\bbearer\ )[^\s"',;]{6,}
    |(?<=\bproject[\ =:])\d{6,}
    |(?<=key=)[^\s"'&]{6,}
    |(?<=token=)[^\s"'&]{6,}
    |(?<=://)[^\s/@"']+(?=@)
    |(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+
    |(?<!\*)\*{3,}+\w+
    |\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b
    |\b\d{10,}\b
    |\b(?=\w*\d)(?=\w*[a-z])\w{32,}""",
    re.VERBOSE | re.IGNORECASE,
)


def vendor_message(text: str) -> str:
    """Return what a vendor says in the body of an error, or in an error frame, as plain text on one line.

    Keys, tokens, addresses of people and ids of accounts are left out: the key may be the server's. Returns an empty
    string for an HTML page and for a body that says nothing.
    """
    try:
        said = _said(json.loads(text))
    except (ValueError, RecursionError):
        said = "" if re.match(r"\s*[<{\[]", text) else text
    # The pattern looks ahead, so it would take long for a very long text.
    said = _SECRETS.sub(HIDDEN, " ".join(said.split())[: 2 * MAX_LENGTH])
    return said if len(said) <= MAX_LENGTH else f"{said[: MAX_LENGTH - 1]}…"


def _said(value: Any, depth: int = 0) -> str:
    if isinstance(value, str):
        return value if depth else ""
    if depth == _MAX_DEPTH:
        return ""
    if isinstance(value, list):
        return next(filter(None, (_said(each, depth + 1) for each in value)), "")
    if not isinstance(value, dict):
        return ""
    said = next(filter(None, (_said(value[name], depth + 1) for name in _FIELDS if name in value)), "")
    behind = _behind(value)
    return f"{said} ({behind})" if said and behind and behind not in said else said or behind


def _behind(error: dict[str, Any]) -> str:
    """Return what the provider behind a gateway said, which OpenRouter passes on as text of its own."""
    metadata = error.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    return vendor_message(raw) if isinstance(raw, str) else ""
