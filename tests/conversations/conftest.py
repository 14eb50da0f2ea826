"""Users who chat without a worker: the tests end the answers themselves."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis

from accounts.models import User
from conversations.models import Conversation
from conversations.schemas import chat_request
from conversations.selectors import shown_messages
from conversations.services import StartedAnswer, start_answer
from generations.models import Generation
from generations.worker.types import Outcome
from tests.generations.claims import end_queued


class Chatter:
    """A user whose chats are answered at once, with ``Re: `` and the message."""

    def __init__(self, user: User) -> None:
        self.user = user

    def begin(self, message: str, conversation: Conversation | None = None, **more: Any) -> StartedAnswer:
        """Send a message, whose answer stays queued."""
        body = {"message": message, "provider": "demo", "model": "demo-swift", **more}
        if conversation is not None:
            body["conversation_id"] = str(conversation.public_id)
        return start_answer(user=self.user, request=chat_request(body))

    def say(self, message: str, conversation: Conversation | None = None, **more: Any) -> StartedAnswer:
        """Send a message and end its answer."""
        return self.end(self.begin(message, conversation, **more), f"Re: {message}")

    def regenerate(self, started: StartedAnswer, text: str) -> StartedAnswer:
        """Regenerate an answer; the new one has this text."""
        body = {
            "conversation_id": str(started.conversation.public_id),
            "regenerate": str(started.message.public_id),
        }
        return self.end(start_answer(user=self.user, request=chat_request(body)), text)

    def end(
        self, started: StartedAnswer, text: str, status: Generation.Status = Generation.Status.COMPLETED
    ) -> StartedAnswer:
        assert end_queued(started.state.generations[0].pk, Outcome(status, text)) is not None
        return started


def shown(conversation: Conversation) -> list[str]:
    """Return the texts of a conversation's shown branch."""
    fresh = Conversation.objects.get(pk=conversation.pk)
    messages = [each.message for each in shown_messages(fresh)]
    return [message.generation.text if message.generation else message.text for message in messages]


@pytest.fixture
def alice(transactional_db: None, redis: Redis) -> Chatter:
    return Chatter(User.objects.create_user("alice", "alice@example.org", "a long and quiet evening"))


@pytest.fixture
def bob(transactional_db: None, redis: Redis) -> Chatter:
    return Chatter(User.objects.create_user("bob", "bob@example.org", "a long and quiet evening"))
