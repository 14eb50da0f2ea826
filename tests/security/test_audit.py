from __future__ import annotations

from accounts.models import AuditEntry
from tests.generations.claims import claim_generation
from tests.security.owned_rows import PROVIDER, Belongings


def test_a_claim_records_the_first_use_of_a_key(belongings: Belongings) -> None:
    for generation in belongings.waiting.state.generations:
        assert claim_generation(generation.pk) is not None

    entries = AuditEntry.objects.filter(user=belongings.owner, action="key_first_used")
    assert list(entries.values_list("subject", "address")) == [(PROVIDER, "")]
