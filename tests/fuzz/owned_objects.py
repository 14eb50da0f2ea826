"""A user with one object of each kind, and requests about these objects."""

from __future__ import annotations

import uuid
from io import BytesIO
from typing import Any

from schemathesis import Case

from tests.images import samples
from tests.support.live import Account, Live

MODEL = {"provider": "openai", "model": "gpt-4o"}


class OwnedObjects:
    """A comparison, a chat, a preset, a template, a key, a token and an image of one user."""

    account: Account

    def __init__(self, live: Live) -> None:
        self._live = live
        self._ids: dict[str, list[str]] = {}
        self._deleted = True

    def create_again(self) -> None:
        """Create all of them for a new account, unless they exist and none was deleted."""
        if not self._deleted:
            return
        self._deleted = False
        self.account = self._live.register()
        self._create()
        archive = self._call("GET", "archive").json()
        chat, (comparison,) = archive["conversations"][0], archive["comparisons"]
        self._ids = {
            "comparisons": [comparison["id"]],
            "conversations": [chat["id"]],
            "messages": [message["id"] for message in chat["messages"]],
            "results": [each["messages"][1]["answer"]["id"] for each in comparison["candidates"]],
            "presets": [each["id"] for each in archive["presets"]],
            "prompt-templates": [each["id"] for each in archive["prompt_templates"]],
            "tokens": [self._call("POST", "tokens", json={"name": "A program"}).json()["id"]],
        }
        self._call("PUT", "keys/openai", json={"api_key": "sk-fuzz"})

    def use_in(self, case: Case[Any]) -> None:
        """Change a case so that it is about these objects: two thirds of its ids become theirs, and every provider
        becomes one that responds. Errors in the case stay."""
        self._deleted |= case.method == "DELETE"
        segments = case.operation.path.split("/")
        for name, value in dict(case.path_parameters).items():
            kind = segments[segments.index(f"{{{name}}}") - 1]
            if kind == "keys":
                case.path_parameters[name] = "openai" if value else value
            elif _is_id(value):
                case.path_parameters[name] = self._own_id(kind, value)
        if isinstance(case.body, dict) and case.meta is not None and case.meta.generation.mode.is_positive:
            case.body = self._with_own_ids(case.body)

    def _with_own_ids(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._with_own_ids(each) for each in value]
        if not isinstance(value, dict):
            return value
        replaced = {name: self._with_own_ids(each) for name, each in value.items()}
        if isinstance(value.get("provider"), str):
            replaced |= MODEL
        if _is_id(value.get("conversation_id")):
            replaced["conversation_id"] = self._own_id("conversations", value["conversation_id"])
        return replaced

    def _own_id(self, kind: str, value: str) -> str:
        ids, chosen = self._ids.get(kind, []), uuid.UUID(value).int
        return value if not ids or chosen % 3 == 0 else ids[chosen % len(ids)]

    def _create(self) -> None:
        picture = self._call("POST", "images", files={"file": BytesIO(samples.encoded("PNG"))}).json()["id"]
        body = {"prompt": "Hello?", "providers": [MODEL, {**MODEL, "model": "gone@status=404"}], "images": [picture]}
        comparison = self._call("POST", "compare", json=body).json()
        self._call("POST", f"comparisons/{comparison['id']}/vote", json={"preferred_index": 0})
        self._call("POST", "chat", json={"message": "Hello?", **MODEL})
        self._call("POST", "presets", json={"name": "A set", "providers": [MODEL]})
        self._call("POST", "prompt-templates", json={"name": "A template", "text": "What is {{thing}}?"})

    def _call(self, method: str, path: str, **more: Any) -> Any:
        response = self.account.api.request(method, f"/api/v1/{path}", **more)
        assert response.ok, response.text
        return response


def _is_id(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(uuid.UUID(value))
    except ValueError:
        return False
