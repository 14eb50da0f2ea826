"""Streams as senders have really shaped them, each with what it says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from providers.adapters.base import Usage
from providers.adapters.http import HttpClients
from tests.fake_providers import Script, StandIn
from tests.providers.adapters.calls import read_stream, request_of, target_of

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    """A file in ``cases`` and what is read from it: by default a good end with ``stop``, and no usage."""

    name: str
    text: str
    slug: str = "vllm"
    reasoning: str = ""
    finish: str = "stop"
    error: str = ""
    retryable: bool = False
    usage: Usage | None = None


READ = [
    Case("a1-half-surrogates.sse", "Party time 🎉 now!"),
    Case("a1-bad-utf8.sse", "A caf\ufffd D"),
    Case("a1-nan.sse", "A B C"),
    Case("a2-gemini-stop-first.sse", "The whole answer.", "google", usage=Usage(3, 4)),
    Case("a2-gemini-stop-each.sse", "First second third.", "google", usage=Usage(3, 5)),
    Case("a2-gemini-stop-then-max.sse", "Some text cut", "google", finish="length"),
    Case("a3-both-fields.sse", "The answer is 4.", reasoning="Let me add. 2+2=4."),
    Case("a4-json-whole.json", "Whole answer.", usage=Usage(3, 2)),
    Case("a4-json-in-event-stream.sse", "Whole answer."),
    Case("a4-message-instead-of-delta.sse", "Whole answer."),
    Case("a5-single-newlines.sse", "One two three."),
    Case("a6-images-only.sse", "*(The model has sent a picture, which cannot be shown here.)*\n\n"),
    Case("b1-finish-insufficient_system_resource.sse", "Half an ans", error="upstream_error", retryable=True),
    Case("b1-finish-network_error.sse", "Half an ans", error="upstream_error", retryable=True),
    Case("b1-finish-SAFETY.sse", "Half an ans", error="content_filtered"),
    Case("b1-finish-MAX_TOKENS.sse", "Half an ans", finish="length"),
    Case("b1-finish-model_context_window_exceeded.sse", "Half an ans", finish="length"),
    Case(
        "b1-anthropic-pause-turn.sse", "Let me look", "anthropic", error="stream_cut", retryable=True, usage=Usage(5, 6)
    ),
    Case("b2-done-without-finish-reason.sse", "All of the answer."),
    Case("c1-mistral-thinking-string.sse", "Here is the answer.", "mistral", reasoning="Let me think"),
    Case("c1-content-null-part.sse", "Hi"),
    Case("c1-choice-null.sse", "Hi"),
    Case("c1-usage-strings.sse", "Hi", usage=Usage(7, 2, 1)),
    Case("c1-anthropic-no-delta.sse", "Hi", "anthropic", usage=Usage(5, 6)),
    Case("c1-anthropic-null-message.sse", "Hi", "anthropic"),
    Case("c1-anthropic-text-in-start.sse", "Hello world", "anthropic", usage=Usage(5, 6)),
    Case("c2-reasoning-parts.sse", "Answer.", reasoning="Think hard."),
    Case("c2-reasoning-details-only.sse", "Done.", reasoning="Thinking hard"),
    Case("d1-gemini-raw-error.sse", "Half ", "google", error="upstream_unavailable", retryable=True),
    Case("d1-gemini-raw-quota-first.sse", "", "google", error="rate_limited", retryable=True),
    Case("d1-unframed-context-error.sse", "", error="context_too_long"),
    Case("d1-llamacpp-error-field.sse", "Half ", "llamacpp", error="upstream_error", retryable=True),
    Case("d1-llamacpp-context.sse", "", "llamacpp", error="context_too_long"),
    Case("d1-vllm-object-error.sse", "Half ", error="upstream_error", retryable=True),
    Case("d1-fastchat-error-code.sse", "Half ", error="upstream_error", retryable=True),
    Case("d1-array-error.sse", "", "google", error="rate_limited", retryable=True),
    Case("e1-usage-input-output.sse", "Hello there, friend.", usage=Usage(11, 5)),
    Case("e1-usage-all-zero.sse", "Hello there, friend."),
    Case("e1-usage-in-choice.sse", "Hi", usage=Usage(7, 2)),
    Case("f1-think-tags.sse", "Hello!", reasoning="The user greets me."),
]


@pytest.mark.parametrize("split", [None, 1, 7])
@pytest.mark.parametrize("case", READ, ids=lambda case: case.name)
async def test_it_reads_what_senders_really_send(
    case: Case, split: int | None, vendors: StandIn, clients: HttpClients
) -> None:
    body = (CASES / case.name).read_bytes()
    media_type = "application/json" if case.name.endswith(".json") else "text/event-stream"
    vendors.default = Script(body=body, headers={"Content-Type": media_type}, split=split)

    result = await read_stream(clients, case.slug, target_of(vendors, case.slug), request_of())

    assert (result.text, result.reasoning, result.usage) == (case.text, case.reasoning, case.usage)
    assert [end.reason for end in result.finishes] == ([] if case.error else [case.finish])
    if case.error:
        assert (result.failed().code, result.failed().retryable) == (case.error, case.retryable)
    assert len(vendors.requests) == 1


def test_every_case_is_read() -> None:
    assert {case.name for case in READ} == {path.name for path in CASES.iterdir() if path.suffix != ".md"}
