"""The wire formats of real vendors, frame by frame."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tests.fake_providers.scripts import Script

FINISHES: dict[str, dict[str, str]] = {
    "chat": {"stop": "stop", "length": "length", "tool_calls": "tool_calls", "filtered": "content_filter"},
    "anthropic": {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "filtered": "refusal"},
    "google": {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP", "filtered": "SAFETY"},
}


def dumped(value: Any) -> str:
    """Return JSON as vendors write it: compact, without escapes for other alphabets."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def data(value: Any, *, event: str = "", end: str = "\n\n") -> bytes:
    """Return one server-sent event with this JSON as its data."""
    name = f"event: {event}\n" if event else ""
    return f"{name}data: {dumped(value)}{end}".encode()


class Format:
    """One vendor's stream for one request: ``head``, then reasoning and text piece by piece, then ``tail``.

    Each piece of text counts as one token.
    """

    def __init__(self, model: str, script: Script) -> None:
        self.model = model
        self.script = script
        self.text_count = 0

    @property
    def output_tokens(self) -> int:
        return max(1, self.text_count) + self.script.reasoning_tokens

    def head(self) -> Iterable[bytes]:
        return ()

    def reasoning(self, piece: str) -> bytes:
        raise NotImplementedError

    def begin_text(self) -> Iterable[bytes]:
        """Return the frames between the reasoning and the text."""
        return ()

    def text(self, piece: str) -> bytes:
        raise NotImplementedError

    def tail(self) -> Iterable[bytes]:
        raise NotImplementedError

    def ping(self) -> bytes:
        return b": keep-alive\n\n"

    def unknown(self) -> bytes:
        return data({"type": "vendor.news", "object": "vendor.news", "choices": []}, event="vendor.news")

    def error_frame(self) -> bytes:
        return data({"error": {"message": "The server had an error", "type": "server_error", "code": None}})


class ChatFormat(Format):
    """Chat completions, as OpenAI and most other vendors send them."""

    def chunk(self, delta: dict[str, Any], finish: str | None = None, **extra: Any) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1794000000,
            "model": self.model,
            "choices": [choice],
            **extra,
        }

    def usage(self) -> dict[str, Any]:
        return {
            "prompt_tokens": self.script.input_tokens,
            "completion_tokens": self.output_tokens,
            "total_tokens": self.script.input_tokens + self.output_tokens,
            "prompt_tokens_details": {"cached_tokens": self.script.cached_tokens},
            "completion_tokens_details": {"reasoning_tokens": self.script.reasoning_tokens},
        }

    def head(self) -> Iterable[bytes]:
        yield data(self.chunk({"role": "assistant", "content": ""}))

    def reasoning(self, piece: str) -> bytes:
        return data(self.chunk({"content": None, "reasoning_content": piece}))

    def text(self, piece: str) -> bytes:
        self.text_count += 1
        return data(self.chunk({"content": piece}))

    def tail(self) -> Iterable[bytes]:
        yield data(self.chunk({}, FINISHES["chat"][self.script.finish]))
        yield data({**self.chunk({}), "choices": [], "usage": self.usage()})
        yield b"data: [DONE]\n\n"


class MistralFormat(ChatFormat):
    """Mistral's chat completions: reasoning as parts of the content, usage with the finish."""

    def reasoning(self, piece: str) -> bytes:
        part = {"type": "thinking", "thinking": [{"type": "text", "text": piece}]}
        return data(self.chunk({"content": [part]}))

    def tail(self) -> Iterable[bytes]:
        finish = "error" if self.script.finish == "filtered" else self.script.finish
        yield data(self.chunk({"content": ""}, finish, usage=self.usage()))
        yield b"data: [DONE]\n\n"


class ResponsesFormat(Format):
    """OpenAI's Responses API."""

    def __init__(self, model: str, script: Script) -> None:
        super().__init__(model, script)
        self.number = -1
        self.written = ""
        self.thought = ""

    def event(self, kind: str, **fields: Any) -> bytes:
        self.number += 1
        return data({"type": kind, "sequence_number": self.number, **fields}, event=kind)

    def response(self, status: str, **extra: Any) -> dict[str, Any]:
        return {
            "id": "resp_1",
            "object": "response",
            "created_at": 1794000000,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "model": self.model,
            "output": [],
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "usage": None,
            **extra,
        }

    def head(self) -> Iterable[bytes]:
        yield self.event("response.created", response=self.response("in_progress"))
        yield self.event("response.in_progress", response=self.response("in_progress"))
        if self.script.reasoning:
            item = {"id": "rs_1", "type": "reasoning", "summary": []}
            yield self.event("response.output_item.added", output_index=0, item=item)
            part = {"type": "summary_text", "text": ""}
            yield self.event(
                "response.reasoning_summary_part.added", item_id="rs_1", output_index=0, summary_index=0, part=part
            )
        else:
            yield from self.begin_text()

    def reasoning(self, piece: str) -> bytes:
        self.thought += piece
        return self.event(
            "response.reasoning_summary_text.delta",
            item_id="rs_1",
            output_index=0,
            summary_index=0,
            delta=piece,
            obfuscation="Xy3",
        )

    def begin_text(self) -> Iterable[bytes]:
        if self.thought:
            yield self.event(
                "response.reasoning_summary_text.done",
                item_id="rs_1",
                output_index=0,
                summary_index=0,
                text=self.thought,
            )
        item = {"id": "msg_1", "type": "message", "status": "in_progress", "content": [], "role": "assistant"}
        yield self.event("response.output_item.added", output_index=1, item=item)
        part = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
        yield self.event("response.content_part.added", item_id="msg_1", output_index=1, content_index=0, part=part)

    def text(self, piece: str) -> bytes:
        self.text_count += 1
        self.written += piece
        return self.event(
            "response.output_text.delta",
            item_id="msg_1",
            output_index=1,
            content_index=0,
            delta=piece,
            logprobs=[],
            obfuscation="b4",
        )

    def tail(self) -> Iterable[bytes]:
        yield self.event(
            "response.output_text.done",
            item_id="msg_1",
            output_index=1,
            content_index=0,
            text=self.written,
            logprobs=[],
        )
        reasons = {"length": "max_output_tokens", "filtered": "content_filter"}
        status = "incomplete" if self.script.finish in reasons else "completed"
        details = {"reason": reasons[self.script.finish]} if status == "incomplete" else None
        response = self.response(status, usage=self.usage(), incomplete_details=details)
        yield self.event(f"response.{status}", response=response)

    def usage(self) -> dict[str, Any]:
        return {
            "input_tokens": self.script.input_tokens,
            "input_tokens_details": {"cached_tokens": self.script.cached_tokens, "cache_write_tokens": 0},
            "output_tokens": self.output_tokens,
            "output_tokens_details": {"reasoning_tokens": self.script.reasoning_tokens},
            "total_tokens": self.script.input_tokens + self.output_tokens,
        }

    def unknown(self) -> bytes:
        return self.event("response.vendor_news", news=True)

    def error_frame(self) -> bytes:
        error = {"code": "server_error", "message": "The server had an error"}
        return self.event("response.failed", response=self.response("failed", error=error))


class AnthropicFormat(Format):
    """Anthropic's Messages API."""

    def event(self, kind: str, **fields: Any) -> bytes:
        return data({"type": kind, **fields}, event=kind)

    @property
    def index(self) -> int:
        return 1 if self.script.reasoning else 0

    def head(self) -> Iterable[bytes]:
        message: dict[str, Any] = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {
                "input_tokens": self.script.input_tokens - self.script.cached_tokens,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": self.script.cached_tokens,
                "output_tokens": 1,
            },
        }
        yield self.event("message_start", message=message)
        if self.script.reasoning:
            block = {"type": "thinking", "thinking": "", "signature": ""}
            yield self.event("content_block_start", index=0, content_block=block)
        else:
            yield from self.begin_text()
        yield self.ping()

    def reasoning(self, piece: str) -> bytes:
        return self.event("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": piece})

    def begin_text(self) -> Iterable[bytes]:
        if self.script.reasoning:
            signature = {"type": "signature_delta", "signature": "EqQBCg=="}
            yield self.event("content_block_delta", index=0, delta=signature)
            yield self.event("content_block_stop", index=0)
        yield self.event("content_block_start", index=self.index, content_block={"type": "text", "text": ""})

    def text(self, piece: str) -> bytes:
        self.text_count += 1
        return self.event("content_block_delta", index=self.index, delta={"type": "text_delta", "text": piece})

    def tail(self) -> Iterable[bytes]:
        yield self.event("content_block_stop", index=self.index)
        usage: dict[str, Any] = {"output_tokens": self.output_tokens}
        if self.script.reasoning_tokens:
            usage["output_tokens_details"] = {"thinking_tokens": self.script.reasoning_tokens}
        delta = {"stop_reason": FINISHES["anthropic"][self.script.finish], "stop_sequence": None}
        yield self.event("message_delta", delta=delta, usage=usage)
        yield self.event("message_stop")

    def ping(self) -> bytes:
        return self.event("ping")

    def unknown(self) -> bytes:
        return self.event("vendor_news", news=True)

    def error_frame(self) -> bytes:
        return self.event("error", error={"type": "overloaded_error", "message": "Overloaded"})


class GoogleFormat(Format):
    """Google's streamGenerateContent with ``alt=sse``; its lines end in CRLF."""

    def chunk(self, parts: list[dict[str, Any]], **candidate: Any) -> bytes:
        value = {
            "candidates": [{"content": {"parts": parts, "role": "model"}, "index": 0, **candidate}],
            "usageMetadata": self.usage(),
            "modelVersion": self.model,
            "responseId": "r1",
        }
        return data(value, end="\r\n\r\n")

    def usage(self) -> dict[str, Any]:
        usage = {
            "promptTokenCount": self.script.input_tokens,
            "candidatesTokenCount": max(1, self.text_count),
            "totalTokenCount": self.script.input_tokens + self.output_tokens,
            "cachedContentTokenCount": self.script.cached_tokens,
        }
        if self.script.reasoning_tokens:
            usage["thoughtsTokenCount"] = self.script.reasoning_tokens
        return usage

    def reasoning(self, piece: str) -> bytes:
        return self.chunk([{"text": piece, "thought": True}])

    def text(self, piece: str) -> bytes:
        self.text_count += 1
        return self.chunk([{"text": piece}])

    def tail(self) -> Iterable[bytes]:
        yield self.chunk([{"text": ""}], finishReason=FINISHES["google"][self.script.finish])

    def ping(self) -> bytes:
        """Return a chunk without text: Google has no pings, but sends such chunks now and then."""
        return self.chunk([{"text": ""}])

    def unknown(self) -> bytes:
        return data({"vendorNews": True, "modelVersion": self.model}, end="\r\n\r\n")

    def error_frame(self) -> bytes:
        error = {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}
        return data({"error": error}, end="\r\n\r\n")
