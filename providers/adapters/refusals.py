"""A second request after a vendor has refused a parameter of the first one.

New models often drop parameters that their predecessors had, or take other values. The refusal names the parameter, and
often what is accepted instead. It is remembered for this key and model at this address, so that it costs one round trip
only once.
"""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from providers.adapters.base import Adjustment, Target
from providers.adapters.efforts import LEVELS, nearest_effort

Body = dict[str, Any]

REFUSED_STATUSES = (400, 404, 422)
REFUSED = re.compile(
    r"unsupported|not supported|does ?n[o']t support|not support|deprecated|unrecognized|unknown (name|parameter|field)"
    r"|not permitted|not allowed|extra[_ ]forbidden|extra inputs|only the default|incompatible|cannot both"
    r"|must be verified|unexpected (keyword|field|role)|invalid (value|argument|parameter)|may only be"
    r"|not available for|must be one of|not enabled|input should be|only .{1,60} (is|are) (allowed|supported)"
    r"|must alternate|restricted to",
    re.IGNORECASE,
)
DEPENDS_ON_VALUE = re.compile(
    r"invalid (value|argument|parameter)|must be (between|less|greater|at|<|>)|out of range|(less|greater) than"
    r"|(above|over|below) (the )?(maximum|minimum)|at (most|least)|range (of|is)|valid range"
    r"|too (large|small|long|high|low)|can only afford",
    re.IGNORECASE,
)
"""Words of a refusal that says nothing about other values of the parameter."""
# The quotes may be escaped, since a refusal is read as JSON.
LEVEL = re.compile(rf"[\"'`]({'|'.join(LEVELS)})\\?[\"'`]")
ACCEPTED = re.compile(
    r"one of|should be|(supported|accepted|allowed|valid|possible) (values|levels|options)", re.IGNORECASE
)
"""Words between the value that is refused and those that are accepted."""
EFFORTS = ("reasoning_effort", "reasoning.effort", "output_config.effort")
EFFORT = re.compile(r"effort|thinking", re.IGNORECASE)
OTHER_NAMES = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
"""The two names of the limit of tokens in chat completions."""
LIMITS = {
    **{name: rf"\b{name}\b" for name in (*OTHER_NAMES, "max_output_tokens")},
    "generationConfig.maxOutputTokens": r"\bmax_?output_?tokens\b",
}
"""The fields with the limit of tokens, each with a pattern for its name in a refusal."""
OTHER_NAME = re.compile(r"\binstead\b", re.IGNORECASE)
ABOUT_SIZE = re.compile(r"max[_ ]?\w*[_ ]?tokens|token count|context[_ ](length|window|size)|\btokens\b", re.IGNORECASE)
LARGEST = re.compile(
    r"(?:at most|maximum|less than or equal to|<=|up to|> |range is from 1\b.{0,20}? to)\D{0,40}?(\d[\d,]{1,12})"
    r"(?P<less> \(exclusive\))?",
    re.IGNORECASE,
)
ABOUT_PROMPT = re.compile(
    r"(prompt|input|conversation|history) (is )?too (long|large)|input token count|maximum prompt length", re.IGNORECASE
)
"""Words about a prompt that is too long whatever the limit is."""
WITH_PROMPT = re.compile(r"prompt|input|messages|context", re.IGNORECASE)
"""Words of a refusal of the sum of prompt and limit, which says nothing about other prompts."""
WINDOW = re.compile(r"context[ _](?:length|window|size|limit)\D{0,40}?(\d[\d,]{1,12})", re.IGNORECASE)
PER_MINUTE = re.compile(r"request too large.{0,300}?limit (\d+), requested (\d+)", re.IGNORECASE | re.DOTALL)
AFFORDABLE = re.compile(r"can only afford (\d+)", re.IGNORECASE)
NO_SYSTEM_PROMPT = re.compile(
    r"system[ _](role|prompt|message|instruction)s?\b|developer instruction|roles? .{0,20}\bsystem\b|must alternate",
    re.IGNORECASE,
)
FIELDS: Mapping[str, tuple[str, ...]] = {
    "temperature": ("temperature", "generationConfig.temperature"),
    "top_p": ("top_p", "generationConfig.topP"),
    "max_tokens": tuple(LIMITS),
    "stop": ("stop", "stop_sequences", "generationConfig.stopSequences"),
    "seed": ("seed", "random_seed", "generationConfig.seed"),
    "reasoning_effort": (
        *("reasoning_effort", "reasoning.effort", "output_config.effort", "thinking.type", "enable_thinking"),
        "chat_template_kwargs",
        *("generationConfig.thinkingConfig.thinkingLevel", "generationConfig.thinkingConfig.thinkingBudget"),
    ),
}
"""The fields that a setting has in the bodies of all vendors; the first one that is there counts."""
REFUSED_IT = "{label} refused it for this model."
IN_FRONT_OF_FIRST = "in front of the first message"
REMEMBERED = 24 * 3600
"""Seconds for which a refusal is remembered."""
MAX_REMEMBERED = 1000
MAX_OF_MODEL = 8
MAX_TEXT = 2000


def changed_body(body: Body, optional: Mapping[str, str], refusal: str) -> Body | None:
    """Return the body with one change that the refusal asks for; None if it asks for none.

    ``optional`` maps the dotted path of each field that may be left out to a pattern that matches its name in a
    refusal. A level of effort becomes the nearest one that is accepted, a limit of tokens gets its other name or its
    largest value, and a system prompt goes in front of the first prompt.
    """
    limit = _with_other_limit(body, refusal)
    if limit is not None:
        return limit
    if not REFUSED.search(refusal):
        return None
    if NO_SYSTEM_PROMPT.search(refusal):
        folded = _without_system_prompt(body)
        if folded is not None:
            return folded
    accepted = _accepted_levels(refusal)
    for path in EFFORTS:
        value = _get(body, path)
        if isinstance(value, str) and accepted:
            return None if value in accepted else _with(body, path, nearest_effort(value, accepted))
    for path, pattern in optional.items():
        if _get(body, path) is not None and re.search(pattern, refusal, re.IGNORECASE):
            return _without(body, path)
    return None


def change_for(body: Body, optional: Mapping[str, str], text_limit: int | None, refusal: str) -> Change | None:
    """Return the change that a refusal asks for, None if it asks for none.

    A limit of tokens becomes the largest one that the refusal names, else ``text_limit`` if that is smaller, which has
    no room for thinking.
    """
    limit = _with_other_limit(body, refusal)
    if _is_about_limit(refusal) and (limit is None or WINDOW.search(refusal)):
        narrow = _without_room(body, text_limit)
        if narrow is not None:
            return Change(narrow, refusal, without_room=_first(body, FIELDS["max_tokens"]))
    changed = limit or changed_body(body, optional, refusal)
    return None if changed is None else Change(changed, refusal)


def _depends_on_prompt(change: Change) -> bool:
    """Return False if the limit alone was too large, also for a context window that the refusal names."""
    window = WINDOW.search(change.refusal)
    if window:
        return int(window[1].replace(",", "")) > change.without_room
    return bool(WITH_PROMPT.search(change.refusal))


def _is_about_limit(refusal: str) -> bool:
    return bool(ABOUT_SIZE.search(refusal)) and not OTHER_NAME.search(refusal) and not ABOUT_PROMPT.search(refusal)


def refused_settings(
    target: Target, adjustments: Sequence[Adjustment], before: Body, after: Body
) -> Sequence[Adjustment]:
    """Return these adjustments, with those settings that the accepted body does not have as the first one had them."""
    if after is before:
        return adjustments
    told = {each.parameter: each for each in adjustments}
    for setting, paths in FIELDS.items():
        sent = _first(after, paths)
        if sent != _first(before, paths):
            told[setting] = Adjustment(setting, sent, REFUSED_IT.format(label=target.label))
    if _has_system_prompt(before) and not _has_system_prompt(after):
        told["system"] = Adjustment("system", IN_FRONT_OF_FIRST, REFUSED_IT.format(label=target.label))
    return [*told.values()]


def _first(body: Body, paths: Sequence[str]) -> Any:
    return next((value for path in paths if (value := _get(body, path)) is not None), None)


def _has_system_prompt(body: Body) -> bool:
    messages = body.get("messages")
    return bool(body.get("systemInstruction") or (messages and messages[0].get("role") == "system"))


def _without_room(body: Body, text_limit: int | None) -> Body | None:
    """Return the body with the length of the text as its limit of tokens; None if it has no room for thinking."""
    path = next((path for path in FIELDS["max_tokens"] if _get(body, path) is not None), None)
    if text_limit is None or path is None or _get(body, path) <= text_limit:
        return None
    return _with(body, path, text_limit)


class _Day:
    """Facts that are remembered for a day."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, ...], float] = {}

    def add(self, fact: tuple[str, ...]) -> None:
        if len(self._until) >= MAX_REMEMBERED:
            self._until.clear()
        self._until[fact] = time.monotonic() + REMEMBERED

    def __contains__(self, fact: tuple[str, ...]) -> bool:
        return time.monotonic() < self._until.get(fact, 0.0)


def may_be_corrected(status: int, text: str) -> bool:
    """Return True if a response may be a refusal of one parameter, and not of the request as such."""
    if status in (402, 413, 429):
        return bool(PER_MINUTE.search(text) or AFFORDABLE.search(text))
    return status in REFUSED_STATUSES


@dataclass(frozen=True, slots=True)
class Change:
    """A body with one change that a refusal asks for; ``without_room`` is the limit of tokens that was refused if the
    change is to leave out the room for thinking."""

    body: Body
    refusal: str
    without_room: int = 0


class KnownRefusals:
    """The refusals that one process has seen, so that it does not ask for them again."""

    def __init__(self) -> None:
        self._refusals: dict[tuple[str, str, str], tuple[float, list[str]]] = {}
        self._missing = _Day()
        self._without_room = _Day()

    def note_accepted(self, target: Target, model: str, changes: Iterable[Change]) -> None:
        """Remember the refusals that led to an accepted request, unless they depend on its values or its prompt."""
        for change in changes:
            if change.without_room:
                if not _depends_on_prompt(change):
                    self._without_room.add(_name(target, model))
            elif not DEPENDS_ON_VALUE.search(change.refusal):
                self._remember(target, model, change.refusal)

    def _remember(self, target: Target, model: str, refusal: str) -> None:
        if len(self._refusals) >= MAX_REMEMBERED:
            self._refusals.clear()
        name = _name(target, model)
        _, refusals = self._refusals.get(name, (0.0, []))
        self._refusals[name] = time.monotonic() + REMEMBERED, [*refusals, refusal[:MAX_TEXT]][-MAX_OF_MODEL:]

    def change(
        self, body: Body, optional: Mapping[str, str], text_limit: int | None, target: Target, model: str
    ) -> Body:
        """Return the body with the changes that the remembered refusals ask for."""
        if text_limit is not None and _name(target, model) in self._without_room:
            body = _without_room(body, text_limit) or body
        if not self._refusals:
            return body
        until, refusals = self._refusals.get(_name(target, model), (0.0, []))
        for refusal in refusals if time.monotonic() < until else ():
            body = changed_body(body, optional, refusal) or body
        return body

    def note_missing(self, target: Target, path: str) -> None:
        """Remember that the server does not have a path."""
        self._missing.add((target.base_url, path))

    def lacks(self, target: Target, path: str) -> bool:
        """Return True if the server has said that it does not have the path."""
        return (target.base_url, path) in self._missing


def _name(target: Target, model: str) -> tuple[str, str, str]:
    """Return the name of what may refuse: what a vendor accepts may depend on the key as well, which is not kept."""
    return target.base_url, model, sha256(target.api_key.encode()).hexdigest()


def _with_other_limit(body: Body, refusal: str) -> Body | None:
    for path, pattern in LIMITS.items():
        limit = _get(body, path)
        if limit is None:
            continue
        other = OTHER_NAMES.get(path)
        if other and re.search(pattern, refusal) and re.search(rf"\b{other}\b.{{0,20}}\binstead\b", refusal):
            return _without(body, path) | {other: limit}
        largest = _largest(limit, refusal, is_named=bool(re.search(pattern, refusal, re.IGNORECASE)))
        if 0 < largest < limit:
            return _with(body, path, largest)
    return None


def _largest(limit: int, refusal: str, *, is_named: bool) -> int:
    """Return the largest limit of tokens that a refusal allows, 0 if it names none."""
    if match := PER_MINUTE.search(refusal):
        return int(match[1]) - (int(match[2]) - limit)
    if match := AFFORDABLE.search(refusal):
        return int(match[1])
    match = LARGEST.search(refusal) if is_named else None
    return int(match[1].replace(",", "")) - bool(match["less"]) if match else 0


def _without_system_prompt(body: Body) -> Body | None:
    messages, instruction = body.get("messages"), body.get("systemInstruction")
    if messages and messages[0].get("role") == "system":
        first, *rest = messages[1:]
        return body | {"messages": [first | {"content": _in_front(messages[0]["content"], first["content"])}, *rest]}
    if instruction:
        first, *rest = body["contents"]
        body = _without(body, "systemInstruction")
        return body | {"contents": [first | {"parts": [*instruction["parts"], *first["parts"]]}, *rest]}
    return None


def _in_front(system: str, content: str | list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    if isinstance(content, str):
        return f"{system}\n\n{content}"
    return [{"type": "text", "text": system}, *content]


def _accepted_levels(refusal: str) -> list[str]:
    """Return the levels of effort that a refusal names as accepted."""
    _, _, accepted = ACCEPTED.sub("\0", refusal, count=1).partition("\0")
    return LEVEL.findall(accepted) if EFFORT.search(refusal) else []


def _get(body: Any, path: str) -> Any:
    for name in path.split("."):
        body = body.get(name) if isinstance(body, dict) else None
    return body


def _with(body: Body, path: str, value: Any) -> Body:
    name, _, rest = path.partition(".")
    return body | {name: _with(body[name], rest, value) if rest else value}


def _without(body: Body, path: str) -> Body:
    """Return a copy without the field, and without objects that this leaves empty."""
    body = copy.copy(body)
    name, _, rest = path.partition(".")
    if rest:
        inner = _without(body[name], rest)
        body[name] = inner
        if inner:
            return body
    del body[name]
    return body
