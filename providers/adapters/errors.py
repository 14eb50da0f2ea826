"""Conversion of everything that can go wrong at a provider into ProviderError.

    connection_failure: an exception of the HTTP client
    ├── the connection is refused, is reset, or the host is unknown     upstream_unavailable *
    ├── no connection in time                                           timeout *
    ├── the base URL, or the environment's proxy for it, is not usable  bad_request
    ├── a user's base URL leads to an IP address that is not public     permission_denied
    └── the body of a response breaks off                               stream_cut *
    response_failure: a response that is not a success
    ├── it is a redirect                                                upstream_error
    ├── its body has words that we know                                 the code in error_words.py
    ├── nothing answers at the path                                     bad_request
    ├── its status is known                                             the code in STATUSES
    ├── any other status above 500                                      upstream_unavailable *
    └── any other status                                                bad_request
    frame_failure: an error inside the stream
    ├── it has words that we know                                       the code in error_words.py
    ├── it has a status                                                 the code of that status, as above
    └── any other                                                       upstream_error *
    failure: anything else that an adapter notices
    ├── the vendor declines to answer                                   content_filtered
    └── the stream is not what the vendor documents                     upstream_error

The codes marked *, and rate_limited, are retryable: the same call can succeed later. What cannot be read is not, since
the vendor charges for it each time. ``timeouts.py`` adds the errors of a stream that is too slow or has no end.

A vendor's words decide the code. All of them go to ``detail``, which is for the log, and what a user may see of them
to ``vendor_message``. ``message`` is always one of our sentences.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import aiohttp

from providers.adapters.base import ErrorCode, NothingThere, ProviderError, Target
from providers.adapters.error_words import ADDRESS, MAX_WORDS, OVERLOADED, RETRYABLE, SENTENCES, meaning_of
from providers.adapters.loose_json import Frame, dumped, mapping
from providers.adapters.proxies import UnusableProxyError
from providers.adapters.retry_after import retry_after
from providers.adapters.ssrf import AddressRefusedError
from providers.adapters.vendor_messages import vendor_message

# In characters: enough for a vendor's error, not for a whole HTML page in the log.
MAX_DETAIL = 4000
MAX_TEXT = 65_536
"""The most of an error that is read as JSON, in characters."""
SHORT = 8
"""Characters from which on a secret is recognized by its beginning."""
PUBLIC_HEADERS = frozenset({"http-referer", "referer", "user-agent", "x-title", "x-openrouter-title"})

PAYLOADS = frozenset({"choices", "candidates", "type", "usage", "usageMetadata", "promptFeedback", "delta", "object"})
"""Fields of events that are not errors."""
COMPLAINTS = frozenset({"message", "detail", "msg", "errors", "error_message", "error_msg"})
"""Fields of errors that are sent without being called one."""
STATUS_FIELDS = ("code", "status", "status_code", "http_status", "statusCode")


def failure(
    code: ErrorCode,
    target: Target,
    detail: str = "",
    *,
    message: str = "",
    vendor: str = "",
    retryable: bool = True,
    retry_after: float | None = None,
) -> ProviderError:
    """Return a ProviderError with our sentence for this code, or with ``message``; the key is removed from the detail.

    ``vendor`` is the body of the vendor's error, or its words. ``retryable`` is False if the same call would fail again
    although errors with this code usually pass.
    """
    return ProviderError(
        code,
        (message or SENTENCES[code]).format(label=target.label),
        retryable=retryable and code in RETRYABLE,
        retry_after=retry_after,
        # JSON may escape a key, so it is looked for before and after.
        vendor_message=_storable(redacted(vendor_message(redacted(vendor, target)), target)) if vendor else "",
        detail=_storable(redacted(detail, target)[:MAX_DETAIL]),
    )


def _storable(text: str) -> str:
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()


def response_failure(target: Target, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """Return the error for an HTTP response that is not a success."""
    text = body[:MAX_TEXT].decode(errors="replace")
    detail = f"HTTP {status}: {text}"
    if 300 <= status < 400:
        return failure(ErrorCode.UPSTREAM_ERROR, target, detail, message=MOVED, retryable=False)
    meaning, wait = meaning_of(status, text), retry_after(headers, text[:MAX_WORDS])
    error = failure(meaning.code, target, detail, message=meaning.sentence, vendor=text, retry_after=wait)
    if meaning.sentence is ADDRESS:
        return NothingThere(error.code, error.message, vendor_message=error.vendor_message, detail=error.detail)
    return error


def error_in(name: str, frame: Frame) -> Any:
    """Return the error that an event of a stream is or has, in any of the shapes in which vendors send them; a false
    value if it has none. ``name`` is the event's name."""
    error = frame.get("error")
    if error:
        return error
    if "choices" in frame:
        return None
    if name == "error" or frame.get("type") == "error" or frame.get("object") == "error" or frame.get("error_code"):
        return frame
    outcome = frame.get("base_resp")
    if outcome.__class__ is dict and outcome.get("status_code"):
        return outcome
    return frame if PAYLOADS.isdisjoint(frame) and not COMPLAINTS.isdisjoint(frame) else None


def frame_failure(target: Target, error: Any) -> ProviderError:
    """Return the error for one that a vendor sends inside a stream; ``error`` is the vendor's object or text."""
    text = (error if isinstance(error, str) else dumped(error))[:MAX_TEXT]
    words = text[:MAX_WORDS]
    meaning, detail = meaning_of(_status(error), words), f"error in the stream: {words}"
    # The vendor was reached, so the usual sentence would be wrong.
    sentence = OVERLOADED if meaning == (ErrorCode.UPSTREAM_UNAVAILABLE, "") else meaning.sentence
    return failure(meaning.code, target, detail, message=sentence, vendor=text, retry_after=retry_after({}, words))


def _status(error: Any) -> int:
    """Return the HTTP status that an error in a stream names, or 0."""
    values = (mapping(error).get(name) for name in STATUS_FIELDS)
    digits = (str(value) for value in values if isinstance(value, int | str))
    return next((int(each) for each in digits if re.fullmatch(r"[45]\d\d", each)), 0)


def connection_failure(target: Target, exc: BaseException) -> ProviderError:
    """Return the error for an exception of the HTTP client."""
    detail = f"{type(exc).__name__}: {exc}"
    if isinstance(exc, aiohttp.ClientConnectorError) and isinstance(exc.os_error, AddressRefusedError):
        return failure(ErrorCode.PERMISSION_DENIED, target, detail, message=NOT_PUBLIC)
    if isinstance(exc, aiohttp.ConnectionTimeoutError):
        return failure(ErrorCode.TIMEOUT, target, detail, message=NO_CONNECTION)
    if isinstance(exc, asyncio.TimeoutError):
        return failure(ErrorCode.TIMEOUT, target, detail)
    if isinstance(exc, UnusableProxyError):
        return failure(ErrorCode.BAD_REQUEST, target, detail, message=PROXY.replace("{variable}", str(exc)))
    if isinstance(exc, aiohttp.InvalidURL):
        return failure(ErrorCode.BAD_REQUEST, target, detail, message=BAD_URL)
    if isinstance(exc, aiohttp.ClientPayloadError):
        return failure(ErrorCode.STREAM_CUT, target, detail)
    return failure(ErrorCode.UPSTREAM_UNAVAILABLE, target, detail)


MOVED = "{label} redirects to another URL, and redirects are not followed. Check the base URL."
NOT_PUBLIC = "The base URL of {label} is not public. Only an administrator can add an endpoint on a private network."
NO_CONNECTION = "{label} could not be reached in time. Try again in a moment."
PROXY = (
    "{label} cannot be reached because this server's proxy cannot be used: its {variable} has to begin with http://. "
    "Tell an administrator."
)
BAD_URL = "The base URL of {label} is not usable. Check its spelling."


def redacted(text: str, target: Target) -> str:
    """Return the text without the key, also if a vendor quotes only its beginning ("sk-abc*****wxyz") or escapes it,
    and without what looks like a secret in the values of the target's headers."""
    key = target.api_key
    for form in sorted(_forms(key), key=len, reverse=True) if key else ():
        text = text.replace(form, "[key]")
    # The beginning of a short key could occur in any text.
    if len(key) >= SHORT:
        text = re.sub(re.escape(key[:6]) + r"[^\s\"'<>]*", "[key]", text)
    for name, value in target.headers:
        if name.lower() not in PUBLIC_HEADERS:
            for word in filter(_is_secret, re.split(r"[\s,;=\"']+", value)):
                text = text.replace(word, "[key]")
    return text


def _forms(key: str) -> set[str]:
    """Return a key as it is, and as vendors write it into JSON."""
    escaped = (
        "".join(f"\\u{ord(each):{form}}" if each in "&<>+'=" else each for each in key) for form in ("04x", "04X")
    )
    return {key, dumped(key)[1:-1], key.replace("/", "\\/"), *escaped}


def _is_secret(word: str) -> bool:
    """Return True for a word of a header that is no plain word and no URL."""
    return len(word) >= SHORT and "://" not in word and (not word.isalpha() or len(word) >= 16)
