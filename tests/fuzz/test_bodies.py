from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.http import HttpRequest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparisons.schemas import compare_request, turn_request
from conversations.schemas import chat_request, chat_settings
from core.api.parsers import json_object
from core.errors import InvalidInput
from presets.schemas import checked_preset, checked_template
from providers.adapters.base import Parameters
from tests.fuzz.bad_json import UNKNOWN_ID, anything, changed
from tests.security.error_shape import is_sentence

PARAMETERS = {"temperature": 0.5, "top_p": 1, "max_tokens": 7, "stop": ["END"], "seed": 1, "reasoning_effort": "low"}
ENTRY = {"provider": "demo", "model": "demo-swift"}
COMPARE: dict[str, Any] = {
    "prompt": "Hello",
    "system": "Be brief",
    "tier": "brief",
    "parameters": PARAMETERS,
    "images": [UNKNOWN_ID],
    "providers": [{**ENTRY, "parameters": PARAMETERS}, ENTRY],
    "conversation_id": UNKNOWN_ID,
    "stream": False,
}
CHAT = {
    **ENTRY,
    "message": "Hello",
    "system": "",
    "parameters": PARAMETERS,
    "conversation_id": UNKNOWN_ID,
    "images": [],
}
PRESET = {"name": "A set", "providers": [ENTRY], "system": "", "tier": None, "parameters": PARAMETERS}
READERS: dict[str, tuple[Any, Any]] = {
    "compare": (compare_request, COMPARE),
    "turn": (turn_request, {"prompt": "Hello", "images": [UNKNOWN_ID]}),
    "chat": (chat_request, CHAT),
    "chat settings": (chat_settings, {**ENTRY, "system": "", "parameters": PARAMETERS}),
    "preset": (checked_preset, PRESET),
    "template": (checked_template, {"name": "A template", "text": "What is {{thing}}?"}),
}
KINDS = (str, uuid.UUID, int, float, bool, type(None), Parameters)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_it_accepts_a_body_or_refuses_it_with_a_sentence(name: str, data: st.DataObject) -> None:
    read, good = READERS[name]
    body = data.draw(st.one_of(changed(good), st.dictionaries(st.sampled_from(list(good)), anything)))

    try:
        checked = read(body)
    except InvalidInput as refused:
        assert is_sentence(refused.message), refused.message
        assert refused.fields
    else:
        assert "\\u0000" not in json.dumps(checked, default=str)


@pytest.mark.parametrize("name", READERS)
def test_it_accepts_the_valid_body(name: str) -> None:
    read, good = READERS[name]

    assert read(good)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda text: text.encode(errors="surrogatepass")),
        anything.map(lambda value: json.dumps(value).encode()),
    )
)
def test_it_reads_an_object_or_refuses_the_bytes(raw: bytes) -> None:
    request = HttpRequest()
    request._body, request.content_type = raw, "application/json"

    try:
        body = json_object(request)
    except InvalidInput as error:
        assert is_sentence(error.message)
    else:
        assert isinstance(body, dict)
        json.dumps(body).encode()
