"""Texts, streams and archives that are as bad as they can be."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Sequence
from typing import Any

from tests.fuzz.code_patterns import PATTERNS
from tests.fuzz.test_worst_markdown import PIECES, of_size

Json = dict[str, Any]

MOMENT = "2026-01-01T00:00:00+00:00"
LANGUAGES = ("python", "js", "html", "css", "sql", "bash", "rust", "yaml", "lisp", "latex", "diff", "markdown", "c")
SLOW_ONES = (("easytrieve", "\t"), ("zeek", "1"), ("lilypond", "a"), ("csharp", "\n"), ("c", "\\\n"))
"""Languages whose lexers have taken minutes or hours for a repetition of a character."""
BLANKS = (" ", "\t", "\n", " \n", "\u00a0", "\u200b", "- " + " " * 200 + "\n", "> " * 30)
WORDS = "model " * 700_000
ERROR_FRAME = f'data: {{"error":{{"message":"{WORDS}"}}}}\n\n'
ERROR_BODY = f'{{"error":{{"message":"{WORDS}"}}}}'
ENDLESS = ("data:\n" * 10_000, "\n" * 65_536, ": \n" * 20_000, "data: a\n" * 10_000, "data: {}\n\n" * 5_000)
"""Parts of streams that never end and say nothing."""


def text_frame(text: str) -> str:
    """Return one event of a chat completion that carries this text."""
    chunk = {"id": "1", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}}]}
    return f"data: {json.dumps(chunk)}\n\n"


def worst_markdown(rng: random.Random, size: int) -> str:
    """Return a repetition of a few marks that mean something in Markdown."""
    return of_size("".join(rng.choices(PIECES, k=rng.randint(1, 5))), size)


def worst_code(rng: random.Random, size: int) -> str:
    """Return a block of code that repeats a few pieces that make lexers slow."""
    if rng.random() < 0.3:
        language, unit = rng.choice(SLOW_ONES)
    else:
        language, unit = rng.choice(LANGUAGES), "".join(rng.choices(PATTERNS, k=rng.randint(1, 4)))
    return f"~~~~{language}\n{of_size(unit, size)}\n~~~~\n"


def multiplying_html(elements: int) -> str:
    """Return HTML whose open elements a parser opens again in each paragraph: its square in length."""
    opened = "".join(f"<b title={number}>" for number in range(elements))
    return f"<p>{opened}</p>" + "<p>x</p>" * elements


def archive(*, conversations: Sequence[Json] = (), comparisons: Sequence[Json] = ()) -> bytes:
    whole = {"format": "llmselect-archive", "version": 1, "exported_at": MOMENT, "images": []}
    return json.dumps({**whole, "conversations": list(conversations), "comparisons": list(comparisons)}).encode()


def conversation(answers: Sequence[str]) -> Json:
    """Return a chat of an archive, with a prompt of one letter before each answer."""
    messages: list[Json] = []
    for text in answers:
        parent = messages[-1]["id"] if messages else None
        messages.append({**_message("user", parent), "text": "a", "images": []})
        messages.append({**_message("assistant", messages[-1]["id"]), "omitted": 0, "answer": _answer(text)})
    return {
        "id": str(uuid.uuid4()),
        "title": "a",
        "provider": "groq",
        "model": "quick",
        "system": "",
        "parameters": {},
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "messages": messages,
        "leaf_id": messages[-1]["id"],
    }


def comparison(answers: Sequence[str]) -> Json:
    """Return a comparison of an archive, with one turn."""
    candidates = [conversation([text]) for text in answers]
    ids = [candidate["leaf_id"] for candidate in candidates]
    turn = {"prompt": "a", "images": [], "created_at": MOMENT, "accepted_at": MOMENT, "ended_at": MOMENT}
    return {
        "id": str(uuid.uuid4()),
        "title": "a",
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "candidates": candidates,
        "turns": [{**turn, "answers": ids, "vote": None}],
    }


def _message(role: str, parent: str | None) -> Json:
    return {"id": str(uuid.uuid4()), "role": role, "parent_id": parent, "created_at": MOMENT}


def _answer(text: str) -> Json:
    nothing: Json = dict.fromkeys(
        ("input_tokens", "output_tokens", "reasoning_tokens", "cached_input_tokens", "cost", "time", "ttft")
    )
    return {
        **nothing,
        "id": str(uuid.uuid4()),
        "provider": "groq",
        "model": "quick",
        "parameters": {},
        "status": "completed",
        "attempt": 1,
        "past_attempts": [],
        "text": text,
        "reasoning": "",
        "timeline": [],
        "error_code": "",
        "error": "",
        "retryable": False,
        "finish_reason": "stop",
        "usage_source": "",
        "created_at": MOMENT,
        "queued_at": MOMENT,
        "ended_at": MOMENT,
    }
