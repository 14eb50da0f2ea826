"""Entries in the event log, as tests write them."""

from __future__ import annotations

from core.redis_clients import thread_client
from generations.log import event_log
from generations.log.event_log import EntryId, NewEntry, Payload, Writer


def append_entry(
    topic: str, payload: Payload, writer: Writer | None = None, *, epoch: int | None = None
) -> EntryId | None:
    """Append one entry and return its id, None if its writer was refused; a new log begins with ``epoch``."""
    (entry_id,) = event_log.entry_ids(event_log.append(thread_client(), [NewEntry(topic, payload, writer, epoch)]))
    return entry_id
