"""The parameters of a request as its model takes them.

Each setting that is left out or changed is reported as an ``Adjustment``, so that nobody compares answers under
settings that they do not know of.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from providers.adapters.base import Adjustment, Parameters, Request
from providers.adapters.capabilities import Capabilities, Sampling, Thinking
from providers.adapters.efforts import nearest_effort

USUAL_ROOM, MOST_ROOM = 16_000, 64_000
THINKING_ROOM = {
    **dict.fromkeys((None, "none", "default", "medium"), USUAL_ROOM),
    "minimal": 2000,
    "low": 8000,
    "high": 32_000,
    "xhigh": MOST_ROOM,
    "max": MOST_ROOM,
}
"""Tokens for thinking beside the text, by level of effort; some models think at all levels."""
CHARACTERS_A_TOKEN = 2
"""Fewer than in most texts, so that the room is not overestimated."""
IMAGE_TOKENS = 2000
SPARE_TOKENS = 200
ALWAYS_THINKS = "This model always thinks; its lowest level is {sent}."
TAKES = "This model takes {accepted}."
NO_LEVELS = "This model has no levels of reasoning effort."
DOES_NOT_THINK = "This model does not think before it answers."
NOT_TAKEN = "This model does not take it."
NOT_WHILE_THINKING = "This model does not take it while it thinks."
NOT_BOTH = "This model takes either a temperature or top p."
NO_SUCH_PARAMETER = "This provider has no such parameter."
AT_MOST = "The most that this model takes is {most:,g}."
AT_LEAST = "The least that this provider takes is {least:,}."
NOT_BLANK = "This provider takes no stop sequence of white space alone."
NOT_NEGATIVE = "This provider takes no negative seed."


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a provider, whatever the model: the parameters that it ``lacks``, and the values that it takes of
    the others."""

    lacks: frozenset[str] = frozenset()
    least_tokens: int = 1
    max_temperature: float | None = None
    blank_stop: bool = True
    negative_seed: bool = True


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class FittedParameters:
    """Parameters that a model takes; ``max_tokens`` has room for its thinking if only the length of the text was asked
    for, which is ``text_limit`` then. ``thinks`` is True if the model is known to think with them."""

    parameters: Parameters
    thinks: bool
    adjustments: tuple[Adjustment, ...]

    @property
    def text_limit(self) -> int | None:
        most, text = self.parameters.max_tokens, self.parameters.text_tokens
        return text if most is not None and text is not None and most > text else None


def fit(request: Request, model: Capabilities, limits: Limits = NO_LIMITS) -> FittedParameters:
    """Return the parameters of a request as its model takes them, from a provider with these limits."""
    fitting = _Fitting(request.parameters)
    for name in sorted(limits.lacks):
        fitting.drop(name, NO_SUCH_PARAMETER)
    for name in sorted(model.lacks or ()):
        fitting.drop(name, NOT_TAKEN)
    _fit_effort(fitting, model)
    thinks = model.thinks(fitting.parameters.reasoning_effort)
    _fit_sampling(fitting, model, limits, thinks)
    _fit_length(fitting, request, model, limits, thinks)
    _fit_others(fitting, limits)
    return FittedParameters(fitting.parameters, thinks, tuple(fitting.adjustments))


class _Fitting:
    """Parameters that are being changed, and the adjustments so far."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.adjustments: list[Adjustment] = []

    def set(self, name: str, value: Any, reason: str) -> None:
        if value != getattr(self.parameters, name):
            self.adjustments.append(Adjustment(name, None if value == () else value, reason))
            self.replace(name, value)

    def replace(self, name: str, value: Any) -> None:
        """Set a parameter without a word, since nobody has asked for another value."""
        self.parameters = replace(self.parameters, **{name: value})

    def drop(self, name: str, reason: str) -> None:
        if getattr(self.parameters, name) not in (None, ()):
            self.set(name, () if name == "stop" else None, reason)


def _fit_effort(fitting: _Fitting, model: Capabilities) -> None:
    effort = fitting.parameters.reasoning_effort
    if effort is None:
        return
    if model.thinking is Thinking.NEVER:
        if effort == "none":
            fitting.replace("reasoning_effort", None)
        else:
            fitting.drop("reasoning_effort", DOES_NOT_THINK)
    elif model.efforts is not None and not model.efforts:
        fitting.drop("reasoning_effort", NO_LEVELS)
    elif model.efforts is not None and effort not in model.efforts:
        sent = nearest_effort(effort, model.efforts)
        reason = ALWAYS_THINKS if effort == "none" else TAKES
        fitting.set("reasoning_effort", sent, reason.format(sent=sent, accepted=_listed(model.efforts)))


def _fit_sampling(fitting: _Fitting, model: Capabilities, limits: Limits, thinks: bool) -> None:
    for name in ("temperature", "top_p"):
        if model.sampling is Sampling.NEVER:
            fitting.drop(name, NOT_TAKEN)
        elif model.sampling is Sampling.UNLESS_THINKING and thinks:
            fitting.drop(name, NOT_TAKEN if model.thinking is Thinking.ALWAYS else NOT_WHILE_THINKING)
    temperature = fitting.parameters.temperature
    if temperature is None:
        return
    most = min(each for each in (model.max_temperature, limits.max_temperature, temperature) if each is not None)
    fitting.set("temperature", most, AT_MOST.format(most=most))
    if model.either_sampling:
        fitting.drop("top_p", NOT_BOTH)


def _fit_length(fitting: _Fitting, request: Request, model: Capabilities, limits: Limits, thinks: bool) -> None:
    parameters, most = fitting.parameters, model.max_output
    if parameters.max_tokens is not None:
        if most is not None and parameters.max_tokens > most:
            fitting.set("max_tokens", most, AT_MOST.format(most=most))
        elif parameters.max_tokens < limits.least_tokens:
            fitting.set("max_tokens", limits.least_tokens, AT_LEAST.format(least=limits.least_tokens))
    elif parameters.text_tokens is not None:
        length = parameters.text_tokens + (_thinking_room(request, fitting.parameters) if thinks else 0)
        fitting.replace("max_tokens", length if most is None else min(length, most))


def _thinking_room(request: Request, parameters: Parameters) -> int:
    """Return the tokens for thinking beside the text, as far as the context window has room for them."""
    room, window = THINKING_ROOM[parameters.reasoning_effort], request.listed.context_window
    if window is None:
        return room
    characters = len(request.system) + sum(len(message.text) for message in request.messages)
    images = sum(len(message.images) for message in request.messages)
    prompt = characters // CHARACTERS_A_TOKEN + images * IMAGE_TOKENS + SPARE_TOKENS
    return max(0, min(room, window - prompt - (parameters.text_tokens or 0)))


def _fit_others(fitting: _Fitting, limits: Limits) -> None:
    stop, seed = fitting.parameters.stop, fitting.parameters.seed
    if not limits.blank_stop:
        fitting.set("stop", tuple(each for each in stop if each.strip()), NOT_BLANK)
    if seed is not None and seed < 0 and not limits.negative_seed:
        fitting.set("seed", -seed, NOT_NEGATIVE)


def _listed(words: Collection[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else f"{last} only"
