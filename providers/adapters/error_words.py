"""The meanings of vendors' errors, by their words and their status."""

from __future__ import annotations

import re
from typing import NamedTuple

from providers.adapters.base import ErrorCode

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
"""The sentence of each code if nothing more is known."""
MAX_WORDS = 4096
"""Characters of an error, from its beginning, that are searched for words."""
RETRYABLE = frozenset(
    {
        ErrorCode.RATE_LIMITED,
        ErrorCode.TIMEOUT,
        ErrorCode.UPSTREAM_UNAVAILABLE,
        ErrorCode.UPSTREAM_ERROR,
        ErrorCode.STREAM_CUT,
    }
)

FREE_TIER = "The free tier of {label} does not include this model. Choose another one, or set up billing there."
DAY = "Today's quota at {label} is used up. Try again tomorrow, or choose another model."
SPENDING = "A spending limit at {label} is reached. Raise it in the settings there, or choose another provider's model."
LEAKED = (
    "{label} has blocked this key because it was published somewhere. Create a new one there and store it under Keys."
)
RESTRICTED = "This key for {label} is restricted and may not do that. Give it more rights there, or use another key."
PER_MINUTE = (
    "This request needs more tokens than the plan at {label} allows in a minute. Ask for a shorter answer, shorten the "
    "conversation, or choose another model."
)
OVERLOADED = "{label} is overloaded, or lost its connection to the model. Try again in a moment."
REGION = "{label} does not serve the country that this server is in. Choose another provider's model."
ACCOUNT_POLICY = (
    "The privacy settings of your account at {label} exclude all servers of this model. Change them there, or choose "
    "another model."
)
UNVERIFIED = (
    "{label} requires that the organization of this key is verified before it may use this model. Verify it in the "
    "settings there, or choose another model."
)
IMAGE = "{label} did not accept an image. Send a smaller one as PNG or JPEG, or choose a model that reads images."
MEMORY = "The machine of {label} has too little memory for this model. Choose a smaller one."
ADDRESS = "Nothing answers at this address of {label}. Check the base URL, which often ends in /v1."


class Meaning(NamedTuple):
    """A code, and the sentence if it is not the usual one of the code."""

    code: ErrorCode
    sentence: str = ""


class _Row(NamedTuple):
    """Words, with the statuses at which they mean this; none stands for any status, 0 for an error inside a stream."""

    statuses: tuple[int, ...]
    words: str
    meaning: Meaning


# The first matching row decides. The words are matched in lower case.
_ROWS = (
    _Row((), r"free_tier[^\"]{0,100}limit: 0\b", Meaning(ErrorCode.QUOTA_EXCEEDED, FREE_TIER)),
    _Row((), r"perday|models-per-day", Meaning(ErrorCode.QUOTA_EXCEEDED, DAY)),
    _Row(
        (),
        r"used all available credits|credits? (is|are|has been|have been) (depleted|exhausted|used up)"
        r"|any credits or licenses|trial key|account[^.\"]{0,60}suspended",
        Meaning(ErrorCode.QUOTA_EXCEEDED),
    ),
    _Row(
        (),
        r"spend(ing)?[ _](limit|cap)|enforced_spend|(specified|workspace|organization)[^.\"]{0,40} usage limits",
        Meaning(ErrorCode.QUOTA_EXCEEDED, SPENDING),
    ),
    _Row(
        (413, 429, 0), r"request too large.{0,300}limit \d+, requested", Meaning(ErrorCode.QUOTA_EXCEEDED, PER_MINUTE)
    ),
    # Google speaks of a quota in its rate limits too, so this row comes before the other quotas.
    _Row((), r"retrydelay|perminute", Meaning(ErrorCode.RATE_LIMITED)),
    _Row(
        (),
        r"insufficient[ _](quota|balance|credit|funds)|exceeded your current quota|credit balance is too low"
        r"|billing_(error|not_active|hard_limit)|payment required|out of credits|requires more credits",
        Meaning(ErrorCode.QUOTA_EXCEEDED),
    ),
    _Row((400, 401, 403, 0), r"reported as leaked", Meaning(ErrorCode.INVALID_API_KEY, LEAKED)),
    _Row(
        (401, 403, 0),
        r"missing scopes|insufficient (permissions|scope)|restricted (api )?key",
        Meaning(ErrorCode.PERMISSION_DENIED, RESTRICTED),
    ),
    _Row(
        (400, 403, 0),
        r"user location is not supported|not available in your (country|region)|unsupported_country"
        r"|(country|region|territory)[^.\"]{0,20} not supported",
        Meaning(ErrorCode.PERMISSION_DENIED, REGION),
    ),
    _Row(
        (400, 403, 404, 0),
        r"(matching|by) your (data|guardrail|privacy)[^.\"]{0,40}(polic|restriction|setting)|settings/privacy",
        Meaning(ErrorCode.PERMISSION_DENIED, ACCOUNT_POLICY),
    ),
    _Row((400, 403, 404, 0), r"organization must be verified", Meaning(ErrorCode.PERMISSION_DENIED, UNVERIFIED)),
    _Row(
        (400, 401, 403, 0),
        r"api[ _]key[ _](not valid|invalid)|(invalid|incorrect|missing|no)[ _](x-)?api[ _-]key|authentication_error"
        r"|unregistered callers|unauthorized|login fail",
        Meaning(ErrorCode.INVALID_API_KEY),
    ),
    _Row(
        (400, 413, 422, 500, 0),
        r"(image|image_url|image input)s?\b[^.\"]{0,120}(exceed|too (large|big)|at most|maximum|unsupported|invalid"
        r"|not support|could not|cannot be|failed)"
        r"|image_too_|empty_image|image_file_|failed_to_download_image|invalid_image|unsupported_image|image_parse|image_content"
        r"|(unsupported|invalid|too many|does not support)[^.\"]{0,40}\bimages?\b",
        Meaning(ErrorCode.BAD_REQUEST, IMAGE),
    ),
    _Row((400, 500, 0), r"requires more (system )?memory", Meaning(ErrorCode.BAD_REQUEST, MEMORY)),
    _Row(
        (400, 413, 422, 429, 500, 0),
        r"context[ _](length|window|size|limit)|maximum context|prompt (is )?too long|too many (input |prompt )?tokens"
        r"|input token count|exceeds? the (maximum number of tokens|available context)|request[ _]too[ _]large"
        r"|reduce the length|maximum prompt length|inputs. tokens \+ .max_new_tokens|current length is \d+ while limit",
        Meaning(ErrorCode.CONTEXT_TOO_LONG),
    ),
    _Row(
        (400, 403, 422, 0),
        r"content[ _](filter|policy|management policy)|content_moderation|new_sensitive|usage (polic|guideline)|flagged"
        r"|requires moderation|invalid_prompt|prohibited_content|(bio|misalignment)_policy|content exists risk",
        Meaning(ErrorCode.CONTENT_FILTERED),
    ),
    _Row(
        (400, 403, 404, 410, 422, 0),
        r"model[ _]not[ _](found|exist|available)|deployment ?not ?found|api deployment for this resource"
        r"|not_found_error|(unknown|invalid|unsupported|no such) model"
        r"|not a valid model|no endpoints found|models?\b.{0,200}(does not exist|is not found|not found)"
        r"|invalid_model|decommissioned|supported api model names"
        r"|models?\b.{0,100}(no longer (available|supported)|retired)",
        Meaning(ErrorCode.MODEL_NOT_FOUND),
    ),
    _Row((429, 0), r"rate[ _]?limit|too many requests|resource_exhausted", Meaning(ErrorCode.RATE_LIMITED)),
    _Row((0,), r"timeout_error", Meaning(ErrorCode.TIMEOUT)),
    _Row((0, 500), r"overloaded|unavailable|no instances|capacity", Meaning(ErrorCode.UPSTREAM_UNAVAILABLE)),
)
_PATTERNS = [(frozenset(row.statuses), re.compile(row.words), row.meaning) for row in _ROWS]
STATUSES: dict[int, ErrorCode] = {
    401: ErrorCode.INVALID_API_KEY,
    402: ErrorCode.QUOTA_EXCEEDED,
    403: ErrorCode.PERMISSION_DENIED,
    404: ErrorCode.MODEL_NOT_FOUND,
    408: ErrorCode.TIMEOUT,
    410: ErrorCode.MODEL_NOT_FOUND,
    413: ErrorCode.CONTEXT_TOO_LONG,
    429: ErrorCode.RATE_LIMITED,
    # Cohere's own status for an answer that its filter has stopped.
    498: ErrorCode.CONTENT_FILTERED,
    500: ErrorCode.UPSTREAM_ERROR,
}


def meaning_of(status: int, text: str) -> Meaning:
    """Return what an error means; ``status`` is 0 for one inside a stream that names none."""
    lowered = text[:MAX_WORDS].lower()
    for statuses, words, meaning in _PATTERNS:
        if (not statuses or status in statuses) and words.search(lowered):
            return meaning
    if status in (404, 405) and "model" not in lowered:
        return Meaning(ErrorCode.BAD_REQUEST, ADDRESS)
    if status in STATUSES:
        return Meaning(STATUSES[status])
    if status > 500:
        return Meaning(ErrorCode.UPSTREAM_UNAVAILABLE)
    return Meaning(ErrorCode.BAD_REQUEST if status else ErrorCode.UPSTREAM_ERROR)
