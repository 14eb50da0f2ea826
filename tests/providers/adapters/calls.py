"""Calls to a stand-in vendor, and their results."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from providers.adapters.base import (
    AdapterEvent,
    Adjustment,
    Finished,
    Message,
    Parameters,
    ProviderError,
    ReasoningDelta,
    Request,
    Restart,
    Target,
    TextDelta,
    Usage,
)
from providers.adapters.http import HttpClients
from providers.adapters.timeouts import Timeouts, open_stream
from providers.kinds import KINDS
from tests.fake_providers import StandIn

KEY = "sk-test-0123456789abcdef"
LONG_TIMEOUTS = Timeouts(first_token=20, idle=20, total=60)
WIRE_KINDS = [slug for slug in KINDS if slug != "demo"]
FORMATS = ["openai", "anthropic", "google", "mistral", "openrouter"]


@dataclass
class StreamResult:
    """The events of one stream, and the error with which it ended, if any."""

    events: list[AdapterEvent] = field(default_factory=list)
    error: ProviderError | None = None
    adjustments: list[Adjustment] = field(default_factory=list)

    @property
    def adjusted(self) -> dict[str, Any]:
        """The values of settings that were not sent as they were asked for."""
        return {each.parameter: each.sent for each in self.adjustments}

    @property
    def text(self) -> str:
        return self._texts()[0]

    @property
    def reasoning(self) -> str:
        return self._texts()[1]

    def _texts(self) -> tuple[str, str]:
        text = reasoning = ""
        for event in self.events:
            match event:
                case TextDelta(more):
                    text += more
                case ReasoningDelta(more):
                    reasoning += more
                case Restart(excess):
                    text, reasoning = "", reasoning + text[: len(text) - excess].strip()
        return text, reasoning

    @property
    def usage(self) -> Usage | None:
        return next((event for event in reversed(self.events) if isinstance(event, Usage)), None)

    @property
    def finishes(self) -> list[Finished]:
        return [event for event in self.events if isinstance(event, Finished)]

    def failed(self) -> ProviderError:
        """Return the error; fail the test if there is none."""
        assert self.error is not None, self.events
        return self.error


def target_of(vendors: StandIn, slug: str, key: str = KEY, *, guarded: bool = False) -> Target:
    return Target(KINDS[slug].label, vendors.base_url(slug), key, guarded)


def request_of(model: str = "model-a", *, system: str = "", **parameters: Any) -> Request:
    return Request(model, (Message("user", "Say hello"),), system, Parameters(**parameters))


async def read_stream(
    clients: HttpClients, slug: str, target: Target, request: Request, timeouts: Timeouts = LONG_TIMEOUTS
) -> StreamResult:
    result = StreamResult()
    clients = clients.calling(on_accepted=result.adjustments.extend)
    try:
        async with aclosing(open_stream(KINDS[slug].adapter, clients, target, request, timeouts)) as events:
            async for event in events:
                result.events.append(event)
    except ProviderError as error:
        result.error = error
    return result
