"""Django's backend for SQLite, except that a search ignores the case of all letters, as PostgreSQL does.

SQLite's own LIKE ignores that of ASCII letters alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3 import base

WILDCARDS = {"%": ".*", "_": "."}


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        for arguments in (2, 3):
            connection.create_function("like", arguments, like, deterministic=True)
        return connection


def like(pattern: object, value: object, escape: str = "") -> bool | None:
    """Return the value of ``value LIKE pattern ESCAPE escape``, whatever the case of the letters."""
    if pattern is None or value is None:
        return None
    return _matcher(str(pattern), escape)(str(value).casefold())


@lru_cache(maxsize=256)
def _matcher(pattern: str, escape: str) -> Callable[[str], bool]:
    """Return a test of a value in lower case; most patterns look for a text anywhere, which needs no expression."""
    parts = _parts(pattern.casefold(), escape)
    inner = parts[1:-1]
    if len(parts) > 1 and parts[0] == parts[-1] == ("%", True) and not any(wild for _, wild in inner):
        literal = "".join(text for text, _ in inner)
        return lambda value: literal in value
    expression = re.compile("".join(WILDCARDS[text] if wild else re.escape(text) for text, wild in parts), re.DOTALL)
    return lambda value: expression.fullmatch(value) is not None


def _parts(pattern: str, escape: str) -> list[tuple[str, bool]]:
    """Return the characters of a pattern, and if each is a wildcard."""
    parts: list[tuple[str, bool]] = []
    characters = iter(pattern)
    for character in characters:
        if escape and character == escape:
            parts.append((next(characters, ""), False))
        else:
            parts.append((character, character in WILDCARDS))
    return parts
