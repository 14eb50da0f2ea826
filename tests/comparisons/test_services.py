from __future__ import annotations

from django.conf import settings
from redis import Redis

from comparisons.models import Comparison
from comparisons.services import StartedTurn, delete_comparison
from conversations.models import Conversation
from generations.log.event_log import Writer
from generations.models import Generation, Run
from tests.comparisons.without_worker import claim, end
from tests.support.log_entries import append_entry


def test_a_deleted_comparison_leaves_nothing_and_no_worker_appends_to_its_log(
    started: StartedTurn, redis: Redis
) -> None:
    streaming, _, ended = started.state.generations
    topic, writer = started.comparison.topic, Writer(streaming.pk, str(claim(streaming)))
    end(ended)
    append_entry(topic, {"kind": "text", "text": "Once"}, writer)

    delete_comparison(comparison=started.comparison)

    assert append_entry(topic, {"kind": "text", "text": " upon"}, writer) is None
    assert list(redis.scan_iter(f"{settings.REDIS_PREFIX}:topic:*:log")) == []
    for model in (Comparison, Conversation, Run, Generation):
        assert not model._default_manager.exists()
