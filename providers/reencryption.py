"""Bringing every stored key under the newest of FIELD_ENCRYPTION_KEYS, so that an old one can be taken away."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from providers.encryption import Ciphertext, DecryptionError
from providers.models import Endpoint, ProviderKey


@dataclass(frozen=True, slots=True)
class Reencryption:
    """How many keys are under the newest encryption key now, and how many no encryption key opens."""

    done: int = 0
    unreadable: int = 0


def rotate_keys() -> Reencryption:
    """One short transaction a row, so that all goes on meanwhile; what cannot be read stays as it is."""
    done = unreadable = 0
    for model in (ProviderKey, Endpoint):
        for pk in model.objects.exclude(hint="").values_list("pk", flat=True):
            try:
                done += _reencrypt(model, pk)
            except DecryptionError:
                unreadable += 1
    return Reencryption(done, unreadable)


@transaction.atomic
def _reencrypt(model: type[ProviderKey | Endpoint], pk: int) -> int:
    stored = model.objects.select_for_update().filter(pk=pk).values_list("api_key", flat=True).first()
    return model.objects.filter(pk=pk).update(api_key=Ciphertext(stored).reencrypt()) if stored else 0
