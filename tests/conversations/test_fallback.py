"""The installation's fallback model."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from comparisons.schemas import compare_request
from comparisons.services import start_comparison
from conversations import services
from conversations.models import Conversation
from generations.models import Generation
from tests.conversations.conftest import Chatter

INSTALLED = "demo/demo-thinker"


@pytest.fixture(autouse=True)
def installed(settings: Settings) -> None:
    settings.FALLBACK_MODEL = INSTALLED


@pytest.mark.parametrize(
    ("more", "fallback"),
    [
        ({}, INSTALLED),
        ({"fallback": {"provider": "demo", "model": "demo-coder"}}, "demo/demo-coder"),
        ({"model": "demo-thinker"}, ""),
    ],
    ids=["none chosen", "another chosen", "the same model"],
)
def test_a_chat_without_a_fallback_of_its_own_has_it(alice: Chatter, more: dict[str, Any], fallback: str) -> None:
    alice.begin("Hello?", **more)

    assert Generation.objects.get().fallback == fallback


def test_a_comparison_never_has_it(alice: Chatter) -> None:
    body = {"prompt": "Hello?", "providers": [{"provider": "demo", "model": "demo-swift"}]}

    start_comparison(user=User.objects.get(), request=compare_request(body))

    assert Generation.objects.get().fallback == ""


def test_a_fork_keeps_the_chosen_fallback(alice: Chatter) -> None:
    started = alice.say("Hello?", fallback={"provider": "demo", "model": "demo-coder"})

    fork = services.fork_conversation(source=started.conversation)

    assert Conversation.objects.get(pk=fork.pk).fallback == "demo/demo-coder"
