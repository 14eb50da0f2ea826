"""Exports of a comparison: JSON with everything, Markdown for reading, CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from comparisons.json import answer_json, comparison_json
from comparisons.models import Comparison
from comparisons.selectors import TurnState
from generations.models import Generation
from generations.output.export import Export, file_name, one_line
from images.json import image_lines
from providers.selectors import model_label, provider_info

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""The byte order mark, without which Excel does not read a CSV file as UTF-8."""
FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r]")
"""The beginning of a cell that is a formula, as OWASP's "CSV Injection" lists them."""
INNER_FORMULA = re.compile(r"([;\n\r]\s*)(?=[=@\uff1d\uff20]|[+\-\uff0b\uff0d][^\n\r;]{0,200}(?:\w\(|\|))")
"""The end of a cell for a program that splits at semicolons or lines, before a formula. An item of a list is none as
long as it calls no function."""
FIGURES = (
    *("time", "ttft", "input_tokens", "output_tokens", "reasoning_tokens", "cached_input_tokens"),
    *("tokens_per_second", "cost", "usage_source", "finish_reason"),
)
"""The figures of an answer that become columns, in their order."""
HEADINGS = (
    *("turn", "prompt", "index", "provider", "model", "status", "preferred", "verdict", "response", "reasoning"),
    *("error_code", "error", *FIGURES, "answered_by"),
)


def export(comparison: Comparison, states: Sequence[TurnState], kind: str) -> Export:
    """Return the comparison as a file of one of ``KINDS``."""
    suffix, content_type, write = KINDS[kind]
    name = file_name(comparison.title, comparison.created_at, suffix, default="comparison")
    return Export(name, content_type, write(comparison, states))


def _json(comparison: Comparison, _states: Sequence[TurnState]) -> bytes:
    return orjson.dumps(comparison_json(comparison), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _csv(_comparison: Comparison, states: Sequence[TurnState]) -> bytes:
    """Return CSV by RFC 4180 with a row for each slot of each turn; a quote makes formulas plain text."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(HEADINGS)
    writer.writerows([_cell(value) for value in _row(state, slot)] for state in states for slot in state.slots)
    return (BOM + file.getvalue()).encode()


def _row(state: TurnState, slot: Generation) -> list[Any]:
    vote, figures = state.vote, answer_json(slot)
    return [
        *(state.turn.number + 1, state.turn.prompt, slot.index + 1, slot.provider, slot.model, slot.status),
        "yes" if vote is not None and vote.preferred_index == slot.index else "",
        "" if vote is None else vote.verdict,
        *(slot.text, slot.reasoning, slot.error_code, slot.error),
        *(figures[name] for name in FIGURES),
        slot.answered_by,
    ]


def _cell(value: Any) -> Any:
    """Return a value with an apostrophe before each formula in it, which makes that plain text."""
    if not isinstance(value, str):
        return value
    match = FORMULA.match(value)
    beginning = match[0] if match else ""
    rest = INNER_FORMULA.sub(r"\1'", value[len(beginning) :])
    return f"'{beginning}{rest}" if beginning else rest


def _markdown(comparison: Comparison, states: Sequence[TurnState]) -> bytes:
    parts = [f"# {one_line(comparison.title)}", f"{comparison.created_at:%d %B %Y, %H:%M} UTC"]
    for state in states:
        parts += [f"## Turn {state.turn.number + 1}", _quoted(_prompt(state)), *_vote(state)]
        for slot in state.slots:
            parts += [_heading(slot), f"*{_figures(slot)}*", *_answer(slot)]
    return ("\n\n".join(parts) + "\n").encode()


def _prompt(state: TurnState) -> str:
    return "\n\n".join((state.turn.prompt, *image_lines(state.images)))


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _heading(slot: Generation) -> str:
    label = model_label(slot.provider, slot.model)
    return f"### {slot.index + 1}. {one_line(label)} ({provider_info(slot.provider).label})"


def _vote(state: TurnState) -> list[str]:
    if state.vote is None:
        return []
    if state.vote.preferred_index is None:
        return ["**Vote:** " + ("a tie" if state.vote.verdict == "tie" else "all bad")]
    chosen = next((slot for slot in state.slots if slot.index == state.vote.preferred_index), None)
    return [] if chosen is None else [f"**Vote:** {chosen.index + 1}. {model_label(chosen.provider, chosen.model)}"]


def _figures(slot: Generation) -> str:
    approximately = "≈ " if slot.usage_source == "estimate" else ""
    figures = [
        str(slot.status),
        f"answered by {one_line(slot.answered_by)} in its place" if slot.answered_by else "",
        "" if slot.time is None else f"{slot.time:.1f} s",
        "" if slot.ttft is None else f"first token after {slot.ttft:.2f} s",
        "" if slot.output_tokens is None else f"{approximately}{slot.output_tokens} tokens",
        "" if slot.cost is None else f"{approximately}${slot.cost.normalize():f}",
    ]
    return " · ".join(filter(None, figures))


def _answer(slot: Generation) -> list[str]:
    return [part for part in (slot.text, f"**{slot.error}**" if slot.error else "") if part]


Writer = Callable[[Comparison, Sequence[TurnState]], bytes]
KINDS: dict[str, tuple[str, str, Writer]] = {
    "json": ("json", "application/json", _json),
    "markdown": ("md", "text/markdown; charset=utf-8", _markdown),
    "csv": ("csv", "text/csv; charset=utf-8", _csv),
}
