"""Capabilities of models, judged by their names, because neither genai-prices nor the vendors' lists state them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The capabilities of a model. ``reasoning``: it thinks before it answers, or can do so on request. ``vision``: it
    accepts images."""

    reasoning: bool
    vision: bool


NOT_REASONING = r"non-reasoning|gpt-[5-9][\w.]*-chat|-instruct\b"
REASONING = (
    r"(^|/)o[1-9]\b|gpt-[5-9]|gpt-oss|claude-3[-.]7|claude-(fable|mythos)|claude-(opus|sonnet|haiku)-[4-9]"
    r"|gemini-(2\.5|[3-9])|gemma-[4-9]|magistral|mistral-(small|medium|large)-([4-9]|3-5|2603)|grok-3-mini|grok-[4-9]"
    r"|deepseek-(r\d|reasoner|flash)|deepseek-v(3\.[1-9]|3p[1-9]|[4-9])|qwen-?3|qwq|glm-[4-9]|kimi-k[2-9]|minimax-m"
    r"|nemotron-[3-9]|think|reason|deep-research"
)
VISION = (
    r"gpt-4o|gpt-4\.|gpt-4-turbo|gpt-[5-9]|(^|/)o[134]\b(?!-mini|-preview)|o4-mini|claude-(3|fable|mythos)"
    r"|claude-(opus|sonnet|haiku)-[4-9]|gemini-|gemma-?[3-9]|pixtral|ministral-\w+-2512"
    r"|mistral-(small|medium|large)-([3-9]|25|26)|llama-4|grok-[4-9]|deepseek-flash|deepseek-v4\.1|qwen3\.[5-9]|kimi-k3"
    r"|minimax-m3|vision|[-.]vl\b|-vl-|llava|^demo-"
)
TEXT_ONLY = (
    r"gpt-3\.5|gpt-4(-32k|-0\d{3}|$)|gpt-oss|(^|/)o1-(mini|preview)|(^|/)o3-mini|claude-(v1|2|instant)|gemma-?[12]\b"
    r"|codestral|mixtral|mistral-(7b|nemo|tiny|saba)|deepseek-(chat|coder|reasoner|r\d|v[123])|command-r|grok-3"
    r"|(^|/|meta-)llama-?[23]\b|qwq|qwen-?2(\.5)?-(\d|coder)|qwen3-(\d|coder|max|next)|kimi-k2(?!\.\d)"
    r"|minimax-m[12]|glm-4(\.[5-7])?(-air|-flash|-32b|$)"
)
"""Models that are known to be text-only; any other model may accept images."""


@lru_cache(maxsize=8192)
def capabilities_of(model: str) -> Capabilities:
    """Return the capabilities of a model by its id, which may begin with its lab ("openai/gpt-5")."""
    name = model.lower()
    reasoning = re.search(REASONING, name) is not None and re.search(NOT_REASONING, name) is None
    return Capabilities(reasoning, re.search(VISION, name) is not None)


@lru_cache(maxsize=8192)
def is_text_only(model: str) -> bool:
    """Return True for a model that is known to accept no images; an unknown model is worth a try."""
    return not capabilities_of(model).vision and re.search(TEXT_ONLY, model.lower()) is not None
