"""Users with chats, comparisons and archives. No worker runs; the tests end the answers."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from redis import Redis

from account_data.services import ImportResult, archive_stream, import_archive
from accounts.models import User
from comparisons.schemas import TurnRequest, compare_request
from comparisons.services import StartedTurn, start_comparison, start_turn
from generations.models import Generation
from generations.worker.types import Outcome
from images.services import checked_upload, keep_image
from providers.adapters.base import ErrorCode, ProviderError, Usage
from tests.conversations.conftest import Chatter
from tests.generations.claims import end_queued
from tests.images import samples

PASSWORD = "a long and quiet evening"
FAILED = Generation.Status.FAILED
Json = dict[str, Any]


class Person(Chatter):
    """A user who chats, compares, and exports an archive."""

    def upload_image(self, data: bytes = b"") -> str:
        """Upload an image and return its id."""
        file = ContentFile(data or samples.encoded("PNG"))
        return str(keep_image(user=self.user, checked=checked_upload(file.read())).public_id)

    def compare(self, prompt: str, **more: Any) -> StartedTurn:
        return self.end_turn(self.begin_comparison(prompt, **more))

    def begin_comparison(self, prompt: str, **more: Any) -> StartedTurn:
        models = [{"provider": "demo", "model": model} for model in ("demo-swift", "demo-scholar")]
        request = compare_request({"prompt": prompt, "providers": models, **more})
        return start_comparison(user=self.user, request=request)

    def compare_on(self, started: StartedTurn, prompt: str, images: Sequence[str] = ()) -> StartedTurn:
        request = TurnRequest(prompt, tuple(map(uuid.UUID, images)))
        return self.end_turn(start_turn(comparison=started.comparison, request=request))

    def end_turn(self, started: StartedTurn) -> StartedTurn:
        """Complete the first answer, with reasoning and usage, and let the second fail halfway."""
        good, bad = started.state.generations
        timeline = [(0, 0.5), (3, 0.75)]
        answer = Outcome(Generation.Status.COMPLETED, "An answer", "Hm.", timeline, 1.5, 0.5, Usage(3, 5, 1), "stop")
        error = ProviderError(ErrorCode.TIMEOUT, "It did not answer in time.", retryable=True)
        end_queued(good.pk, answer)
        end_queued(bad.pk, Outcome(FAILED, "Half an", time=1.0, error=error))
        return started

    def export(self) -> Json:
        """Return the user's archive, without the time of its export."""
        archive: Json = json.loads(asyncio.run(self._archive()))
        del archive["exported_at"]
        return archive

    async def _archive(self) -> bytes:
        return b"".join([piece async for piece in archive_stream(self.user)])

    def import_json(self, archive: Any) -> ImportResult:
        return import_archive(user=self.user, data=json.dumps(archive).encode())


def without_ids(archive: Json) -> Json:
    """Return the archive with each id replaced by its number in order of appearance."""
    numbers: dict[str, str] = {}

    def numbered(value: Any) -> Any:
        match value:
            case dict():
                return {name: numbered(each) for name, each in value.items()}
            case list():
                return [numbered(each) for each in value]
            case str() if _is_id(value):
                return numbers.setdefault(value, f"id {len(numbers)}")
        return value

    result: Json = numbered(archive)
    return result


def _is_id(value: str) -> bool:
    try:
        return str(uuid.UUID(value)) == value
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def _own_cache(own_cache: None, uploads: Path) -> None:
    """Each test has its own cache and uploads."""


@pytest.fixture
def alice(transactional_db: None, redis: Redis, _own_cache: None) -> Person:
    return Person(User.objects.create_user("alice", "alice@example.org", PASSWORD))


@pytest.fixture
def bob(transactional_db: None, redis: Redis, _own_cache: None) -> Person:
    return Person(User.objects.create_user("bob", "bob@example.org", PASSWORD))
