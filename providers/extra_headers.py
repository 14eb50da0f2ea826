"""Extra headers that an administrator adds to the requests of an endpoint, as text with one header a line."""

from __future__ import annotations

import re

from core.errors import InvalidInput

MAX_HEADERS = 20
MAX_LENGTH = 4_000
"""In characters, of all lines."""
# Headers of the connection and of the body, which only the HTTP client can know.
RESERVED = frozenset(
    (
        *("accept", "accept-encoding", "connection", "content-length", "content-type", "expect", "host", "keep-alive"),
        *("te", "trailer", "transfer-encoding", "upgrade"),
    )
)
_LINE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:[ \t]*([\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)")
NOT_A_HEADER = "Write one header a line, like “X-Team: research”. “{line}” is not one."
NOT_ALLOWED = "The header “{name}” is set by LLMSelect."
TOO_MANY = f"Write at most {MAX_HEADERS} headers with {MAX_LENGTH} characters in all."


def parse_headers(text: str) -> tuple[tuple[str, str], ...]:
    """Return the headers in a text; raises InvalidInput. The sentence contains nothing that
    follows a colon."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MAX_HEADERS or len(text) > MAX_LENGTH:
        raise InvalidInput(TOO_MANY)
    return tuple(map(_header, lines))


def _header(line: str) -> tuple[str, str]:
    match = _LINE.fullmatch(line)
    if not match:
        raise InvalidInput(NOT_A_HEADER.format(line=line.partition(":")[0][:40]))
    if match[1].lower() in RESERVED:
        raise InvalidInput(NOT_ALLOWED.format(name=match[1]))
    return match[1], match[2]
