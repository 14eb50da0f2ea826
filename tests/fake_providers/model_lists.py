"""The vendors' lists of models."""

from __future__ import annotations

from typing import Any

DEFAULT: dict[str, list[str]] = {
    "openai": ["gpt-4o", "gpt-5.6", "text-embedding-3-small", "gpt-image-1"],
    "anthropic": ["claude-opus-5-5", "claude-haiku-4-5"],
    "google": ["gemini-3.6-flash", "gemini-2.5-pro"],
    "mistral": ["mistral-large-latest", "magistral-medium-latest"],
}


def listing(vendor: str, models: list[Any] | None) -> Any:
    """Return the body of this vendor's list of models, which are ids or whole entries; Together's is a bare array."""
    ids = DEFAULT.get(vendor, ["model-a", "model-b"]) if models is None else models
    if vendor == "google":
        return {"models": [*map(_google, ids), {**_google("text-embedding-004"), **EMBEDS}]}
    if vendor == "anthropic":
        return {"data": [*map(_anthropic, ids)], "has_more": False, "first_id": "a", "last_id": "z"}
    if vendor == "cohere":
        return {"models": [{"name": name, "endpoints": ["chat", "generate"], "context_length": 256000} for name in ids]}
    if vendor == "mistral":
        return {"object": "list", "data": [*(_mistral(name, chat=True) for name in ids), _mistral("mistral-embed")]}
    items = [name if isinstance(name, dict) else {"id": name, "object": "model", "owned_by": vendor} for name in ids]
    return items if vendor == "together" else {"object": "list", "data": items}


EMBEDS: dict[str, Any] = {"supportedGenerationMethods": ["embedContent"]}


def _google(name: Any) -> dict[str, Any]:
    if isinstance(name, dict):
        return name
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name,
        "inputTokenLimit": 1048576,
        "outputTokenLimit": 65536,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    }


def _anthropic(name: Any) -> dict[str, Any]:
    if isinstance(name, dict):
        return name
    return {"type": "model", "id": name, "display_name": name, "created_at": "2026-09-01T00:00:00Z"}


def _mistral(name: Any, *, chat: bool = False) -> dict[str, Any]:
    if isinstance(name, dict):
        return name
    return {
        "id": name,
        "object": "model",
        "created": 1794000000,
        "owned_by": "mistralai",
        "type": "base",
        "capabilities": {"completion_chat": chat, "function_calling": chat, "fine_tuning": False, "vision": False},
    }
