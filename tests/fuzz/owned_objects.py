"""A user with one of everything, and requests about these objects."""

from __future__ import annotations

import uuid
from io import BytesIO
from typing import Any

from schemathesis import Case

from tests.images import samples
from tests.support.live import Account, Live

MODEL = {"provider": "openai", "model": "gpt-4o"}


class Things:
    """A comparison, a chat, a preset, a template, a key, a token and an image. ``create_again`` creates all of them,
    for another account, if one may be gone."""

    account: Account

    def __init__(self, live: Live) -> None:
        self._live = live
        self._ids: dict[str, list[str]] = {}
        self._deleted = True

    def create_again(self) -> None:
        """Create all of them."""
        if not self._deleted:
            return
        self._deleted = False
        self.account = self._live.register()
        self._make()
        told = self._ask("GET", "archive").json()
        chat, (comparison,) = told["conversations"][0], told["comparisons"]
        self._ids = {
            "comparisons": [comparison["id"]],
            "conversations": [chat["id"]],
            "messages": [message["id"] for message in chat["messages"]],
            "results": [each["messages"][1]["answer"]["id"] for each in comparison["candidates"]],
            "presets": [each["id"] for each in told["presets"]],
            "prompt-templates": [each["id"] for each in told["prompt_templates"]],
            "tokens": [self._ask("POST", "tokens", json={"name": "A program"}).json()["id"]],
        }
        self._ask("PUT", "keys/openai", json={"api_key": "sk-fuzz"})

    def put_into(self, case: Case[Any]) -> None:
        """Make a case that would be about nothing be about these: half of its ids become theirs, every provider one
        that responds. Its errors stay in it."""
        self._deleted |= case.method == "DELETE"
        segments = case.operation.path.split("/")
        for name, value in dict(case.path_parameters).items():
            kind = segments[segments.index(f"{{{name}}}") - 1]
            if kind == "keys":
                case.path_parameters[name] = "openai" if value else value
            elif _is_id(value):
                case.path_parameters[name] = self._one_of(kind, value)
        if isinstance(case.body, dict) and case.meta is not None and case.meta.generation.mode.is_positive:
            case.body = self._real(case.body)

    def _real(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._real(each) for each in value]
        if not isinstance(value, dict):
            return value
        real = {name: self._real(each) for name, each in value.items()}
        if isinstance(value.get("provider"), str):
            real |= MODEL
        if _is_id(value.get("conversation_id")):
            real["conversation_id"] = self._one_of("conversations", value["conversation_id"])
        return real

    def _one_of(self, kind: str, value: str) -> str:
        ids, chosen = self._ids.get(kind, []), uuid.UUID(value).int
        return value if not ids or chosen % 3 == 0 else ids[chosen % len(ids)]

    def _make(self) -> None:
        picture = self._ask("POST", "images", files={"file": BytesIO(samples.encoded("PNG"))}).json()["id"]
        body = {"prompt": "Hello?", "providers": [MODEL, {**MODEL, "model": "gone@status=404"}], "images": [picture]}
        comparison = self._ask("POST", "compare", json=body).json()
        self._ask("POST", f"comparisons/{comparison['id']}/vote", json={"preferred_index": 0})
        self._ask("POST", "chat", json={"message": "Hello?", **MODEL})
        self._ask("POST", "presets", json={"name": "A set", "providers": [MODEL]})
        self._ask("POST", "prompt-templates", json={"name": "A template", "text": "What is {{thing}}?"})

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        answer = self.account.api.request(method, f"/api/v1/{path}", **more)
        assert answer.ok, answer.text
        return answer


def _is_id(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(uuid.UUID(value))
    except ValueError:
        return False
