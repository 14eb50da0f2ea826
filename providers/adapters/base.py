"""The types of adapters: their input, the events that they yield, and the error that they raise.

    Target + Request ──► Adapter.stream() ──► TextDelta | ReasoningDelta | Restart | Usage … Finished | FailedEnd
                                         └──► ProviderError, and nothing after it

This package knows no Django, no database and no channel layer.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from providers.adapters.capabilities import Capabilities

Role = Literal["user", "assistant"]
ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
FinishReason = Literal["stop", "length", "tool_calls"]


class ErrorCode(StrEnum):
    """The error codes that the API reports; clients rely on them."""

    NO_API_KEY = "no_api_key"
    INVALID_API_KEY = "invalid_api_key"
    PERMISSION_DENIED = "permission_denied"
    RATE_LIMITED = "rate_limited"
    QUOTA_EXCEEDED = "quota_exceeded"
    CONTEXT_TOO_LONG = "context_too_long"
    CONTENT_FILTERED = "content_filtered"
    MODEL_NOT_FOUND = "model_not_found"
    BAD_REQUEST = "bad_request"
    TIMEOUT = "timeout"
    UPSTREAM_UNAVAILABLE = "upstream_unavailable"
    UPSTREAM_ERROR = "upstream_error"
    STREAM_CUT = "stream_cut"
    CIRCUIT_OPEN = "circuit_open"
    OVER_BUDGET = "over_budget"
    INTERRUPTED = "interrupted"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Image:
    """An image beside a message's text, PNG, JPEG or WebP; sizes in pixels.

    Until just before it is sent only its ``id`` is known, and ``data`` is empty.
    """

    id: str
    media_type: str = ""
    width: int = 0
    height: int = 0
    data: bytes = field(default=b"", repr=False)

    @property
    def base64(self) -> str:
        return b64encode(self.data).decode()

    @property
    def data_url(self) -> str:
        return f"data:{self.media_type};base64,{self.base64}"


@dataclass(frozen=True, slots=True)
class Message:
    """A prompt or an answer in a conversation; a request has the oldest one first, and the system prompt apart."""

    role: Role
    text: str
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameters:
    """Sampling settings; None (or no stop sequence) leaves the choice to the provider.

    ``max_tokens`` counts all that a model writes, its thinking included, and ``text_tokens`` the text alone; if both
    are set, ``max_tokens`` counts.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    text_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    reasoning_effort: ReasoningEffort | None = None


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model as its provider lists it; what the provider does not state is empty or None.

    Prices are in dollars per million tokens.
    """

    id: str
    label: str = ""
    context_window: int | None = None
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    capabilities: Capabilities = field(default_factory=Capabilities)


UNLISTED = ListedModel("")
"""A model about which its provider's list states nothing."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A setting of a request that was changed because the model or the provider does not take it.

    ``parameter`` is a field of ``Parameters``, or "system"; ``sent`` is the vendor's value, None if it was left out.
    """

    parameter: str
    sent: Any
    reason: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request to one model; ``listed`` is what its provider's own list states about it."""

    model: str
    messages: tuple[Message, ...]
    system: str = ""
    parameters: Parameters = field(default_factory=Parameters)
    listed: ListedModel = UNLISTED


@dataclass(frozen=True, slots=True)
class Target:
    """The URL that a request goes to, and its key.

    ``label`` names the provider in sentences for people. ``base_url`` means what the vendor's own SDK means by it.
    ``headers`` are sent besides those of the adapter, or instead of them if they have the same name. ``guarded`` marks
    a URL that an ordinary user set: only public IP addresses may be connected to, which is checked at the moment of
    connecting.
    """

    label: str
    base_url: str
    api_key: str = field(default="", repr=False)
    guarded: bool = False
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def with_own_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return headers of an adapter with those of the target."""
        own = {name.lower() for name, _ in self.headers}
        return {name: value for name, value in headers.items() if name.lower() not in own} | dict(self.headers)


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the answer; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of the reasoning (or its summary); never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens counted by the provider; of several in a stream the last one counts.

    ``output_tokens`` includes ``reasoning_tokens``, and ``input_tokens`` includes ``cached_input_tokens`` and
    ``cache_write_tokens``, for every vendor alike. ``cost`` is in dollars, if the provider states it.
    """

    input_tokens: int
    output_tokens: int
    reasoning_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The provider's statement that it has finished, which is the last event of every good stream."""

    reason: FinishReason = "stop"


@dataclass(frozen=True, slots=True)
class Restart:
    """A correction: all text so far, without its last ``excess`` characters, was reasoning; the text begins now.

    Some models mark the end of their reasoning, but not its beginning.
    """

    excess: int


StreamEvent = TextDelta | ReasoningDelta | Restart | Usage | Finished


class ProviderError(Exception):
    """The error of every failed call to a provider.

    ``message`` is a sentence for the user: it names the provider, says what to do, and contains no vendor text, key or
    URL. ``vendor_message`` is what the vendor said, for the user too: plain text without secrets. ``retryable`` says if
    the same call can succeed later; ``retry_after`` is in seconds if the provider gave a time. ``detail`` is for the
    log only (never the key).
    """

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        *,
        retryable: bool = False,
        retry_after: float | None = None,
        vendor_message: str = "",
        detail: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable
        self.retry_after = retry_after
        self.vendor_message = vendor_message
        self.detail = detail

    # The base class would pass only the message to the constructor when an error is unpickled.
    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild_error, (self.code, self.message, self.__dict__)


class NothingThere(ProviderError):
    """The error of a call to a path that the server does not have."""


@dataclass(frozen=True, slots=True)
class FailedEnd:
    """The provider's statement that the answer has ended badly; usage may still follow it."""

    error: ProviderError


AdapterEvent = StreamEvent | FailedEnd
"""The events of an adapter. Any number of ends may come: the last one counts, unless one of them is a failure."""


def _rebuild_error(code: ErrorCode, message: str, state: dict[str, Any]) -> ProviderError:
    error = ProviderError(code, message)
    error.__dict__.update(state)
    return error
