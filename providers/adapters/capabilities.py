"""Capabilities of models, and the settings that they take, by their names.

Each row of ``FAMILIES`` states something about the models whose names match its pattern; of several rows that state the
same thing, the first one counts. Nothing is stated about an unknown model: then what was asked for is tried, and the
provider decides. Checked in November 2026 against the types of the vendors' SDKs and their documentation, which
docs/providers.md names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from enum import Enum
from functools import lru_cache
from typing import TypeVar

from providers.adapters.efforts import LEVELS


class Thinking(Enum):
    """When a model thinks before it answers."""

    NEVER = "never"
    ON_REQUEST = "on request"
    BY_DEFAULT = "unless it is switched off"
    ALWAYS = "always"


class Sampling(Enum):
    """When a model takes a temperature and top_p."""

    ALWAYS = "always"
    UNLESS_THINKING = "unless it thinks"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The capabilities of a model; None if unknown.

    ``efforts`` are the levels of reasoning effort that its API takes, "none" among them if thinking can be switched
    off; empty if it takes none. ``max_output`` counts tokens, those of its thinking included. ``either_sampling`` is
    True if it refuses temperature and top_p together; ``lacks`` names other parameters that it does not take.
    """

    thinking: Thinking | None = None
    efforts: tuple[str, ...] | None = None
    images: bool | None = None
    sampling: Sampling | None = None
    max_temperature: float | None = None
    either_sampling: bool | None = None
    max_output: int | None = None
    lacks: frozenset[str] | None = None

    @property
    def reasons(self) -> bool:
        """True if the model is known to think, or to do so on request."""
        return self.thinking not in (None, Thinking.NEVER)

    def thinks(self, effort: str | None) -> bool:
        """Return True if the model is known to think at this level of effort, None for its default."""
        match self.thinking:
            case Thinking.ALWAYS:
                return True
            case Thinking.BY_DEFAULT:
                return effort != "none"
            case Thinking.NEVER:
                return False
        return effort not in (None, "none")

    def or_else(self, other: Capabilities) -> Capabilities:
        """Return these capabilities; what is unknown is taken from ``other``."""
        return Capabilities(*(_known(getattr(self, name), getattr(other, name)) for name in FIELDS))


T = TypeVar("T")


def _known(value: T | None, other: T | None) -> T | None:
    return other if value is None else value


PREFIX = re.compile(r"^(ft:|(\w+\.)?(anthropic|meta|mistral|openai|google)\.)")
"""The mark of a fine-tuned model before its name, or a region and a lab, as clouds write them."""
FIELDS = tuple(field.name for field in fields(Capabilities))


class Families:
    """Rows of a pattern, which is searched in a model's name in lower case, and the capabilities of the models that it
    matches."""

    def __init__(self, *rows: tuple[str, Capabilities]) -> None:
        self._rows = rows

    def of(self, model: str) -> Capabilities:
        """Return what the rows state about a model by its id, which may begin with its lab ("openai/gpt-5")."""
        return _stated(self, model)

    def find(self, name: str) -> Capabilities:
        """Return what the rows state about a name; ``of`` remembers it."""
        known = Capabilities()
        for pattern, capabilities in self._rows:
            if re.search(pattern, name):
                known = known.or_else(capabilities)
        return known


def model_name(model: str) -> str:
    """Return the name in a model's id, in lower case, without the lab, cloud or region before it."""
    return PREFIX.sub("", model.lower().rpartition("/")[2])


@lru_cache(maxsize=8192)
def _stated(families: Families, model: str) -> Capabilities:
    return families.find(model_name(model))


NO_FAMILIES = Families()
ALL_EFFORTS = tuple(each for each in LEVELS if each != "default")
TO_HIGH = ("low", "medium", "high")
TO_XHIGH = (*TO_HIGH, "xhigh")
TO_MAX = (*TO_XHIGH, "max")


def _openai(thinking: Thinking, *efforts: str) -> Capabilities:
    return Capabilities(thinking, efforts, sampling=Sampling.UNLESS_THINKING)


def _claude(thinking: Thinking, efforts: tuple[str, ...], sampling: Sampling, max_output: int) -> Capabilities:
    return Capabilities(
        thinking, efforts, sampling=sampling, max_temperature=1.0, either_sampling=True, max_output=max_output
    )


NEWEST_CLAUDE = _claude(Thinking.BY_DEFAULT, ("none", *TO_MAX), Sampling.NEVER, 128_000)

FAMILIES = Families(
    (r"^gpt-5-chat", Capabilities(Thinking.NEVER)),
    (r"^gpt-[5-9](\.\d+)?-chat", _openai(Thinking.ALWAYS, "medium")),
    (r"^gpt-5-pro", _openai(Thinking.ALWAYS, "high")),
    (r"^gpt-[5-9](\.\d+)?-pro", _openai(Thinking.ALWAYS, "medium", "high", "xhigh")),
    (r"^gpt-5\.1-codex-max", _openai(Thinking.ALWAYS, *TO_XHIGH)),
    (r"^gpt-5(\.1)?-codex|^codex|^o\d+-deep-research", _openai(Thinking.ALWAYS, *TO_HIGH)),
    (r"^gpt-5\.1\b", _openai(Thinking.ON_REQUEST, "none", *TO_HIGH)),
    (r"^gpt-5\.[2-4]\b", _openai(Thinking.ON_REQUEST, "none", *TO_XHIGH)),
    (r"^gpt-5\.5\b", _openai(Thinking.BY_DEFAULT, "none", *TO_XHIGH)),
    (r"^gpt-(6-astra|6\.1-sol|6\.[2-9])", _openai(Thinking.ALWAYS, *TO_MAX)),
    (r"^gpt-(5\.[6-9]|[6-9]|\d\d)", _openai(Thinking.BY_DEFAULT, "none", *TO_MAX)),
    (r"^gpt-5\b", _openai(Thinking.ALWAYS, "minimal", *TO_HIGH)),
    (r"^o1-(mini|preview)", _openai(Thinking.ALWAYS)),
    (r"^o\d", _openai(Thinking.ALWAYS, *TO_HIGH)),
    (r"^gpt-oss", Capabilities(Thinking.ALWAYS, TO_HIGH)),
    (r"^(chat)?gpt-(3|4)", Capabilities(Thinking.NEVER)),
    (r"^claude-(v?[12]\b|instant)", _claude(Thinking.NEVER, (), Sampling.ALWAYS, 4096)),
    (r"^claude-3[.-]5", _claude(Thinking.NEVER, (), Sampling.ALWAYS, 8192)),
    (r"^claude-3(?![.-]7)", _claude(Thinking.NEVER, (), Sampling.ALWAYS, 4096)),
    (
        r"^claude-opus-4(?![.-][2-9]\b)",
        _claude(Thinking.ON_REQUEST, ("none", "minimal", *TO_XHIGH), Sampling.UNLESS_THINKING, 32_000),
    ),
    (
        r"^claude-(3[.-]7|\w+-4(?![.-][6-9]))",
        _claude(Thinking.ON_REQUEST, ("none", "minimal", *TO_XHIGH), Sampling.UNLESS_THINKING, 64_000),
    ),
    (
        r"^claude-\w+-4[.-]6",
        _claude(Thinking.ON_REQUEST, ("none", *TO_HIGH, "max"), Sampling.UNLESS_THINKING, 128_000),
    ),
    (r"^claude-\w+-4[.-][7-9]", _claude(Thinking.ON_REQUEST, ("none", *TO_MAX), Sampling.NEVER, 128_000)),
    (
        r"^claude-(fable|mythos|opus-5[.-]5)",
        _claude(Thinking.ALWAYS, TO_MAX, Sampling.NEVER, 128_000),
    ),
    (r"^claude-", NEWEST_CLAUDE),
    (r"^gemini-.*(image|tts)", Capabilities(Thinking.NEVER)),
    (r"^gemini-2\.5-pro", Capabilities(Thinking.ALWAYS, ("minimal", *TO_HIGH), max_output=65_536)),
    (r"^gemini-2\.5-flash-lite", Capabilities(Thinking.ON_REQUEST, ("none", "minimal", *TO_HIGH), max_output=65_536)),
    (r"^gemini-2\.5", Capabilities(Thinking.BY_DEFAULT, ("none", "minimal", *TO_HIGH), max_output=65_536)),
    (r"^gemini-([1-2]\b|(pro|ultra)(-vision)?$)", Capabilities(Thinking.NEVER, max_output=8192)),
    (r"^gemini-3-pro", Capabilities(Thinking.ALWAYS, ("low", "high"), max_output=65_536)),
    (
        r"^gemini-3(\.\d+)?-flash-lite|^gemini-3(\.5)?-flash",
        Capabilities(Thinking.ALWAYS, ("minimal", *TO_HIGH), max_output=65_536),
    ),
    (r"^gemini-", Capabilities(Thinking.ALWAYS, TO_HIGH, max_output=65_536)),
    (r"^gemma-?[1-3]", Capabilities(Thinking.NEVER)),
    (r"^magistral", Capabilities(Thinking.ALWAYS, ("high",))),
    (
        r"^mistral-(small|medium|large)-([4-9]\b|3[.-]5|2603|latest)",
        Capabilities(Thinking.ON_REQUEST, ("none", "high")),
    ),
    (r"^(mistral|ministral|mixtral|codestral|devstral|pixtral|open-mi)", Capabilities(Thinking.NEVER)),
    (r"^grok-.*non-reasoning|^grok-(2|3(?!-mini))", Capabilities(Thinking.NEVER)),
    (r"^grok-3-mini", Capabilities(Thinking.ALWAYS, ("low", "high"))),
    (r"^grok-4\.3", Capabilities(Thinking.BY_DEFAULT, ("none", *TO_HIGH))),
    (r"^grok-4\.[56]", Capabilities(Thinking.ALWAYS, TO_HIGH)),
    (r"^grok-(4\.[7-9]|[5-9])", Capabilities(Thinking.ALWAYS, TO_XHIGH)),
    (r"^grok-", Capabilities(Thinking.ALWAYS, ())),
    (r"^deepseek-(r\d|reasoner)", Capabilities(Thinking.ALWAYS, ())),
    (r"^deepseek-(chat|coder)", Capabilities(Thinking.NEVER)),
    (r"^muse-", Capabilities(Thinking.ALWAYS, ("minimal", *TO_XHIGH), images=True)),
    (r"^sonar-deep-research", Capabilities(Thinking.ALWAYS, TO_HIGH)),
    (r"^sonar-reasoning", Capabilities(Thinking.ALWAYS)),
    (r"^sonar", Capabilities(Thinking.NEVER)),
    (r"^command-a-(reasoning|plus)", Capabilities(Thinking.BY_DEFAULT, ("none", "high"))),
    (r"^command", Capabilities(Thinking.NEVER)),
    (r"^(meta-)?llama-?[1-4]|^codellama|^phi-?[1-4](?!.*reason)|^qwen-?[12]\b", Capabilities(Thinking.NEVER)),
    (r"-instruct\b|qwen-?3-coder|kimi-k2-(0|turbo)", Capabilities(Thinking.NEVER)),
    (
        r"deepseek-flash|deepseek-v(3\.[1-9]|3p[1-9]|[4-9])|qwen-?[3-9]|qwq|glm-(4[.p][5-9]|[5-9])|kimi-k[2-9]|minimax-m"
        r"|nemotron-[3-9]|gemma-?[4-9]|think|reason|deep-research",
        Capabilities(Thinking.BY_DEFAULT),
    ),
    (
        r"gpt-4o|gpt-4\.|gpt-4-turbo|gpt-[5-9]|^o[134]\b(?!-mini|-preview)|^o4-mini|claude-(3|fable|mythos)"
        r"|claude-\w+-[4-9]|gemini-|gemma-?[3-9]|pixtral|ministral-\w+-2512|mistral-(small|medium|large)-([3-9]|25|26)"
        r"|llama-4|grok-[4-9]|deepseek-flash|deepseek-v4\.1|qwen3\.[5-9]|kimi-k3|minimax-m3|vision|[-.]vl\b|-vl-|llava"
        r"|^demo-",
        Capabilities(images=True),
    ),
    (
        r"gpt-3\.5|gpt-4(-32k|-0\d{3}|$)|gpt-oss|^o1-(mini|preview)|^o3-mini|claude-(v1|2|instant)|gemma-?[12]\b"
        r"|codestral|mixtral|mistral-(7b|nemo|tiny|saba)|deepseek-(chat|coder|reasoner|r\d|v[123])|command-r|grok-3"
        r"|^(meta-)?llama-?[23]\b|qwq|qwen-?2(\.5)?-(\d|coder)|qwen3-(\d|coder|max|next)|kimi-k2(?!\.\d)"
        r"|minimax-m[12]|glm-4(\.[5-7])?(-air|-flash|-32b|$)",
        Capabilities(images=False),
    ),
    (r"^demo-thinker", Capabilities(Thinking.ALWAYS)),
    (r"^demo-", Capabilities(Thinking.NEVER)),
)


def capabilities_of(model: str, listed: Capabilities | None = None) -> Capabilities:
    """Return what is known of a model: what its provider's list states, and the rest by its id."""
    known = FAMILIES.of(model)
    return known if listed is None else listed.or_else(known)
