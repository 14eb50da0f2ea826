"""The meanings of finish reasons: one table for all vendors, because gateways pass on each other's words."""

from __future__ import annotations

from providers.adapters.base import ErrorCode, FailedEnd, Finished, FinishReason, Target
from providers.adapters.errors import failure

UNKNOWN = (
    "{label} ended the answer for a reason that is not known here, so it may be incomplete. "
    "Try again, or choose another model."
)
_WORDS: dict[FinishReason | ErrorCode, str] = {
    "stop": "stop end_turn end eos eos_token stop_sequence complete completed done finish finished normal",
    "length": "length max_tokens max_length max_output_tokens max_completion_tokens max_tokens_reached model_length "
    "model_context_window_exceeded context_window_exceeded context_length_exceeded continuation",
    "tool_calls": "tool_calls tool_call tool_use function_call",
    ErrorCode.CONTENT_FILTERED: "content_filter content_filtered safety sensitive unsafe refusal moderation blocked "
    "recitation blocklist prohibited_content spii language model_armor escalation guardrail_intervened error_toxic "
    "image_safety image_prohibited_content image_recitation pup_limited_disabled",
    ErrorCode.STREAM_CUT: "pause_turn pause abort aborted cancelled canceled incomplete",
    ErrorCode.UPSTREAM_ERROR: "error failed network_error server_error engine_error insufficient_system_resource "
    "overloaded timeout other malformed_function_call malformed_response unexpected_tool_call too_many_tool_calls "
    "no_image image_other finish_reason_unspecified",
}
MEANINGS: dict[str, FinishReason | ErrorCode] = {
    word: meaning for meaning, words in _WORDS.items() for word in words.split()
}


def end_of(target: Target, reason: str, explanation: object = "", *, vendor: object = "") -> Finished | FailedEnd:
    """Return the end that a vendor's reason stands for; one that nobody knows is not a good end.

    ``explanation`` goes to the log, ``vendor`` is what the vendor says about it to the user.
    """
    meaning = MEANINGS.get(reason.strip().rpartition(".")[2].lower())
    if meaning is not None and not isinstance(meaning, ErrorCode):
        return Finished(meaning)
    # The explanation may be a whole answer, which is written out only here.
    detail = f"finish reason {reason}: {explanation}"
    said = vendor if isinstance(vendor, str) else ""
    if meaning is None:
        said = said or f"Finish reason: {reason}"
        return FailedEnd(
            failure(ErrorCode.UPSTREAM_ERROR, target, detail, message=UNKNOWN, vendor=said, retryable=False)
        )
    return FailedEnd(failure(meaning, target, detail, vendor=said))
