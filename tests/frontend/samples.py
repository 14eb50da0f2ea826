"""Contexts of templates, in every state that a page can show."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.safestring import SafeString, mark_safe

from generations.output.answer_view import AnswerView

MOMENT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
COMPARISON_ID = UUID(int=1)
ANSWER = mark_safe(
    "<p>A <strong>monad</strong> is a way to chain steps whose results carry something extra.</p>"
    "<h3>An example</h3><p>In Haskell, <code>Maybe</code> chains steps that may fail:</p>"
    '<div class="code-block"><div class="code-head"><span class="code-language">haskell</span>'
    '<button type="button" class="copy" data-copy>Copy</button></div>'
    '<pre tabindex="0"><code class="language-haskell">half :: Int -&gt; Maybe Int\n'
    "half n = if even n then Just (n `div` 2) else Nothing\n"
    "</code></pre></div>"
    "<ul><li>Every step sees the result of the one before.</li><li>A failure ends the chain.</li></ul>"
    "<table><thead><tr><th>Law</th><th>Meaning</th></tr></thead><tbody><tr><td>Left identity</td><td>wrapping and then "
    "binding is just calling</td></tr><tr><td>Associativity</td><td>nesting does not matter</td></tr></tbody></table>"
)


@dataclass
class Slot:
    index: int = 0
    status: str = "completed"
    provider: str = "openai"
    model: str = "gpt-5"
    label: str = "GPT-5"
    color: str = "#10a37f"
    html: SafeString = ANSWER
    reasoning: str = ""
    error: str = ""
    retryable: bool = False
    ttft: float | None = None
    time: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    tokens_per_second: float | None = None
    cost: Decimal | None = None
    usage_source: str = ""
    finish_reason: str = ""
    phase: str = ""
    position: str = ""
    limit: int | None = None
    first_to_answer: bool = False
    first_to_end: bool = False

    is_open = AnswerView.is_open
    badge = AnswerView.badge

    def __post_init__(self) -> None:
        self.phase = self.phase or {"streaming": "writing", "queued": "waiting"}.get(self.status, self.status)

    @property
    def result_id(self) -> UUID:
        return UUID(int=100 + self.index)


@dataclass
class Turn:
    slots: list[Slot]
    number: int = 0
    prompt: str = "Explain monads to someone who knows Python."
    running: bool = False
    vote: dict[str, Any] | None = None
    can_vote: bool = False
    created_at: datetime = MOMENT


CHOSEN = ["demo/demo-swift", "openai/gpt-5", "openai/gpt-5", "", "", "", "", ""]


@dataclass
class CatalogueModel:
    provider: str
    model: str
    label: str
    color: str
    available: bool = True
    reason: str = ""
    context_window: int | None = None
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    reasoning: bool = False
    vision: bool = False

    @property
    def key(self) -> str:
        return f"{self.provider}/{self.model}"


@dataclass
class Comparison:
    title: str = "Explain monads to someone who knows Python."
    prompt: str = "Explain monads to someone who knows Python."
    models: list[str] = field(default_factory=lambda: ["GPT-5", "Claude Opus 4.5", "Demo Swift"])
    vote: dict[str, Any] | None = None
    public_id: UUID = COMPARISON_ID
    created_at: datetime = MOMENT


def completed(index: int = 0, **changes: Any) -> Slot:
    values: dict[str, Any] = {
        "ttft": 0.41,
        "time": 3.2,
        "input_tokens": 12,
        "output_tokens": 120,
        "tokens_per_second": 43.0,
        "cost": Decimal("0.001230"),
        "usage_source": "provider",
        "finish_reason": "stop",
    }
    return Slot(index=index, **(values | changes))


def running_slots() -> list[Slot]:
    open_block = mark_safe('<div id="text-open" class="open-block"></div>')
    return [
        Slot(0, "streaming", ttft=0.41, time=1.2, phase="writing", limit=500, output_tokens=40),
        Slot(
            1,
            "streaming",
            "anthropic",
            "opus",
            "Claude Opus 4.5",
            "#d97757",
            open_block,
            reasoning="Start simple …",
            phase="thinking",
        ),
        Slot(
            2,
            "queued",
            "demo",
            "demo-swift",
            "Demo Swift",
            "#6b7280",
            mark_safe(""),
            time=0.0,
            phase="waiting",
            position="2nd in the queue",
        ),
    ]


def ended_slots() -> list[Slot]:
    nothing = mark_safe("")
    return [
        completed(0, reasoning="They know Python, so Optional is a good bridge."),
        completed(1, provider="demo", label="Demo Scholar", color="#7c3aed", cost=Decimal(0), usage_source="estimate"),
        Slot(2, "stopped", "google", "gemini", "Gemini 3 Pro with a very long name", "#4285f4", time=1.1),
        Slot(
            3,
            "failed",
            "mistral",
            "mistral-large",
            "Mistral Large",
            "#fa520f",
            nothing,
            error="The key for Mistral was refused. Check it under Keys.",
            time=0.2,
        ),
        Slot(4, "interrupted", "xai", "grok", "Grok 4", "#111111", time=5.0, retryable=True),
    ]


def compare_context(**changes: Any) -> dict[str, Any]:
    demo = [CatalogueModel("demo", f"demo-{name}", f"Demo {name.title()}", "#6b7280") for name in ("swift", "scholar")]
    openai = [CatalogueModel("openai", "gpt-5", "GPT-5", "#10a37f"), CatalogueModel("openai", "o4", "o4", "#10a37f")]
    openai[0].context_window, openai[0].reasoning, openai[0].vision = 400_000, True, True
    openai[0].input_price, openai[0].output_price = Decimal("1.25"), Decimal(10)
    no_key = "No key for Mistral is set. Add yours under Keys."
    mistral = [CatalogueModel("mistral", "mistral-large", "Mistral Large", "#fa520f", False, no_key)]
    groups = [
        {"label": "Demo", "provider": "demo", "color": "#6b7280", "models": demo, "reason": ""},
        {
            "label": "OpenAI",
            "provider": "openai",
            "color": "#10a37f",
            "models": openai,
            "reason": "",
            "can_refresh": True,
        },
        {"label": "Mistral", "provider": "mistral", "color": "#fa520f", "models": mistral, "reason": no_key},
        {"label": "Ollama", "provider": "ollama", "models": [], "reason": "Press Refresh.", "can_refresh": True},
    ]
    context: dict[str, Any] = {
        "groups": groups,
        "slots": [{"position": position, "value": value} for position, value in enumerate(CHOSEN, start=1)],
        "others": [],
        "tiers": {"brief": 400, "standard": 1500, "extended": 6000},
        "form": {"prompt": "", "system": "", "tier": "", "temperature": None, "reasoning_effort": ""},
        "errors": {},
        "error": "",
        "limits": {"max_prompt": 100_000, "max_models": 8, "min_models": 2},
    }
    return context | changes


def detail_context(*turns: Turn, **changes: Any) -> dict[str, Any]:
    return {"comparison": Comparison(), "turns": list(turns), "live": True, "poll": False} | changes


def history_context(**changes: Any) -> dict[str, Any]:
    prompt = "Write a long story about a lighthouse keeper. " * 12
    long = Comparison("A lighthouse", prompt, vote={"verdict": "tie"}, public_id=UUID(int=2))
    context: dict[str, Any] = {"comparisons": [Comparison(), long], "search": "", "next": None, "previous": None}
    return context | changes
