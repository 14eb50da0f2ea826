"""Conversion of everything that can go wrong at a provider into ProviderError.

    connection_failure: an exception of the HTTP client
    ├── the connection is refused, is reset, or the host is unknown     upstream_unavailable *
    ├── no connection in time                                           timeout *
    ├── the base URL is not usable                                      bad_request
    ├── a user's base URL leads to an IP address that is not public     permission_denied
    └── the body of a response breaks off                               stream_cut *
    response_failure: a response that is not a success
    ├── it is a redirect                                                upstream_error
    ├── its body has words that we know                                 the code in WORDS
    ├── its status is known                                             the code in STATUSES
    ├── any other status above 500                                      upstream_unavailable *
    └── any other status                                                bad_request
    frame_failure: an error inside the stream
    ├── it has words that we know                                       the code in WORDS
    ├── it has a status                                                 the code of that status, as above
    └── any other                                                       upstream_error *
    failure: anything else that an adapter notices
    ├── the vendor declines to answer                                   content_filtered
    └── the stream is not what the vendor documents                     upstream_error *

The codes marked *, and rate_limited, are retryable: the same call can succeed later. ``timeouts.py`` adds the errors of
a stream that is too slow or has no end.

A vendor's words decide the code and go to ``detail``, which is for the log; ``message`` is always one of our sentences.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import orjson

from providers.adapters.base import ErrorCode, ProviderError, Target
from providers.adapters.ssrf import AddressRefusedError

# In characters: enough for a vendor's error, not for a whole HTML page in the log.
MAX_DETAIL = 4000

SENTENCES: dict[ErrorCode, str] = {
    ErrorCode.NO_API_KEY: "No key for {label} is set. Add yours under Keys.",
    ErrorCode.INVALID_API_KEY: "The key for {label} was refused. Check it under Keys.",
    ErrorCode.PERMISSION_DENIED: "{label} does not allow this key to do that. Check what the key may use, or choose "
    "another model.",
    ErrorCode.RATE_LIMITED: "{label} accepts no more requests at the moment. Wait a little and try again.",
    ErrorCode.QUOTA_EXCEEDED: "The quota or credit at {label} is used up. Check the plan and billing there.",
    ErrorCode.CONTEXT_TOO_LONG: "The conversation is too long for this model of {label}. Shorten it, or choose a model "
    "with a larger context window.",
    ErrorCode.CONTENT_FILTERED: "{label} declined to answer because of its content rules. Rephrase the prompt, or "
    "choose another model.",
    ErrorCode.MODEL_NOT_FOUND: "{label} does not know this model, or the key may not use it. Choose another model.",
    ErrorCode.BAD_REQUEST: "{label} did not accept the request. Check the parameters, or choose another model.",
    ErrorCode.TIMEOUT: "{label} did not answer in time. Try again, or choose another model.",
    ErrorCode.UPSTREAM_UNAVAILABLE: "{label} cannot be reached right now. Try again in a moment.",
    ErrorCode.UPSTREAM_ERROR: "Something went wrong at {label}. Try again, or choose another model.",
    ErrorCode.STREAM_CUT: "The answer from {label} broke off before its end. Try again.",
}
RETRYABLE = frozenset(
    {
        ErrorCode.RATE_LIMITED,
        ErrorCode.TIMEOUT,
        ErrorCode.UPSTREAM_UNAVAILABLE,
        ErrorCode.UPSTREAM_ERROR,
        ErrorCode.STREAM_CUT,
    }
)

# The first matching row decides. A row without statuses matches any; an error inside a stream has none.
WORDS: tuple[tuple[frozenset[int], re.Pattern[str], ErrorCode], ...] = tuple(
    (frozenset(statuses), re.compile(words), code)
    for statuses, words, code in (
        # Google speaks of a quota in its rate limits too, so this row comes before the quotas.
        ((), r"retrydelay|perminute", ErrorCode.RATE_LIMITED),
        (
            (),
            r"insufficient[ _](quota|balance|credit|funds)|exceeded your current quota|credit balance is too low"
            r"|billing_(error|not_active|hard_limit)|payment required|out of credits|requires more credits",
            ErrorCode.QUOTA_EXCEEDED,
        ),
        (
            (400, 401, 403, 0),
            r"api[ _]key[ _](not valid|invalid)|(invalid|incorrect|missing|no)[ _](x-)?api[ _-]key|authentication_error"
            r"|unregistered callers|unauthorized",
            ErrorCode.INVALID_API_KEY,
        ),
        (
            (400, 413, 422, 500, 0),
            r"context[ _](length|window)|maximum context|prompt (is )?too long|too many (input |prompt )?tokens"
            r"|input token count|exceeds? the (maximum number of tokens|available context)|request_too_large"
            r"|reduce the length",
            ErrorCode.CONTEXT_TOO_LONG,
        ),
        (
            (400, 403, 422, 0),
            r"content[ _](filter|policy|management policy)|content_moderation|usage polic|flagged|requires moderation"
            r"|invalid_prompt|prohibited_content|(bio|misalignment)_policy",
            ErrorCode.CONTENT_FILTERED,
        ),
        (
            (400, 403, 404, 422, 0),
            r"model[ _]not[ _](found|exist|available)|not_found_error|(unknown|invalid|unsupported|no such) model"
            r"|not a valid model|no endpoints found|models?\b.{0,200}(does not exist|is not found|not found)"
            r"|invalid_model",
            ErrorCode.MODEL_NOT_FOUND,
        ),
        ((429, 0), r"rate[ _]?limit|too many requests|resource_exhausted", ErrorCode.RATE_LIMITED),
        ((0, 500), r"overloaded|unavailable|no instances|capacity", ErrorCode.UPSTREAM_UNAVAILABLE),
    )
)
STATUSES: dict[int, ErrorCode] = {
    401: ErrorCode.INVALID_API_KEY,
    402: ErrorCode.QUOTA_EXCEEDED,
    403: ErrorCode.PERMISSION_DENIED,
    404: ErrorCode.MODEL_NOT_FOUND,
    408: ErrorCode.TIMEOUT,
    410: ErrorCode.MODEL_NOT_FOUND,
    413: ErrorCode.CONTEXT_TOO_LONG,
    429: ErrorCode.RATE_LIMITED,
    500: ErrorCode.UPSTREAM_ERROR,
}


def failure(
    code: ErrorCode, target: Target, detail: str = "", *, message: str = "", retry_after: float | None = None
) -> ProviderError:
    """Return a ProviderError with our sentence for this code, or with ``message``; the key is removed from the
    detail."""
    return ProviderError(
        code,
        (message or SENTENCES[code]).format(label=target.label),
        retryable=code in RETRYABLE,
        retry_after=retry_after,
        detail=redacted(detail, target.api_key)[:MAX_DETAIL],
    )


def response_failure(target: Target, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """Return the error for an HTTP response that is not a success."""
    # The patterns in WORDS read all of it, so a huge page is cut first.
    text = body[:65536].decode(errors="replace")
    detail = f"HTTP {status}: {text}"
    if 300 <= status < 400:
        error = failure(ErrorCode.UPSTREAM_ERROR, target, detail, message=MOVED)
        error.retryable = False
        return error
    return failure(_code(status, text), target, detail, retry_after=_retry_after(headers, text))


def frame_failure(target: Target, error: Any) -> ProviderError:
    """Return the error for one that a vendor sends inside a stream; ``error`` is the vendor's object or text."""
    text = error if isinstance(error, str) else orjson.dumps(error).decode()
    status = error.get("code") if isinstance(error, dict) else None
    code = _code(status if isinstance(status, int) and 400 <= status < 600 else 0, text)
    return failure(code, target, f"error in the stream: {text}", retry_after=_retry_after({}, text))


def connection_failure(target: Target, exc: BaseException) -> ProviderError:
    """Return the error for an exception of the HTTP client."""
    detail = f"{type(exc).__name__}: {exc}"
    if isinstance(exc, aiohttp.ClientConnectorError) and isinstance(exc.os_error, AddressRefusedError):
        return failure(ErrorCode.PERMISSION_DENIED, target, detail, message=NOT_PUBLIC)
    if isinstance(exc, aiohttp.ConnectionTimeoutError):
        return failure(ErrorCode.TIMEOUT, target, detail, message=NO_CONNECTION)
    if isinstance(exc, asyncio.TimeoutError):
        return failure(ErrorCode.TIMEOUT, target, detail)
    if isinstance(exc, aiohttp.InvalidURL):
        return failure(ErrorCode.BAD_REQUEST, target, detail, message=BAD_URL)
    if isinstance(exc, aiohttp.ClientPayloadError):
        return failure(ErrorCode.STREAM_CUT, target, detail)
    return failure(ErrorCode.UPSTREAM_UNAVAILABLE, target, detail)


MOVED = "{label} redirects to another URL, and redirects are not followed. Check the base URL."
NOT_PUBLIC = "The base URL of {label} is not public. Only an administrator can add an endpoint on a private network."
NO_CONNECTION = "{label} could not be reached in time. Try again in a moment."
BAD_URL = "The base URL of {label} is not usable. Check its spelling."


def redacted(text: str, key: str) -> str:
    """Return the text without the key, also if a vendor quotes only its beginning ("sk-abc*****wxyz")."""
    # The beginning of a short key could occur in any text.
    if len(key) < 8:
        return text.replace(key, "[key]") if key else text
    return re.sub(re.escape(key[:6]) + r"[^\s\"'<>]*", "[key]", text.replace(key, "[key]"))


def _code(status: int, text: str) -> ErrorCode:
    lowered = text.lower()
    for statuses, words, code in WORDS:
        if (not statuses or status in statuses) and words.search(lowered):
            return code
    if status in STATUSES:
        return STATUSES[status]
    if status > 500:
        return ErrorCode.UPSTREAM_UNAVAILABLE
    return ErrorCode.BAD_REQUEST if status else ErrorCode.UPSTREAM_ERROR


def _retry_after(headers: Mapping[str, str], text: str) -> float | None:
    value = headers.get("Retry-After", "").strip()
    if value:
        return _seconds(value)
    delay = re.search(r'"retryDelay":\s*"([\d.]+)s"', text)
    return _seconds(delay[1]) if delay else None


def _seconds(value: str) -> float | None:
    """Return Retry-After as seconds from now; its value is a number or an HTTP date (RFC 9110, section 10.2.3)."""
    try:
        seconds = float(value)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
