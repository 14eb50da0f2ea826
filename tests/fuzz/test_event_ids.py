from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from generations.log.event_log import EntryId

LARGEST = 2**64 - 1
numbers = st.integers(0, LARGEST)
texts = st.one_of(
    st.text(),
    st.text("0123456789-²٣ +_\x00", max_size=45),
    st.tuples(st.integers(), st.integers()).map(lambda pair: f"{pair[0]}-{pair[1]}"),
)


@given(numbers, numbers)
def test_it_reads_what_it_wrote(epoch: int, seq: int) -> None:
    assert EntryId.parse(str(EntryId(epoch, seq))) == EntryId(epoch, seq)


@pytest.mark.parametrize("text", [f"{LARGEST + 1}-0", f"0-{LARGEST + 1}", "9" * 30 + "-1"])
def test_it_refuses_ids_that_no_log_can_have(text: str) -> None:
    with pytest.raises(ValueError, match="not an event id"):
        EntryId.parse(text)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts)
def test_it_accepts_only_ids_that_redis_accepts(text: str, redis: Redis) -> None:
    try:
        entry_id = EntryId.parse(text)
    except ValueError:
        return

    assert redis.xrange("nowhere", min=str(entry_id)) == []
    assert EntryId.parse(str(entry_id)) == entry_id
