"""Re-encryption of every stored secret with the newest of FIELD_ENCRYPTION_KEYS, after which an old key can be removed.

Secrets are the keys of users and endpoints, and the second factors of accounts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Model, QuerySet

from core.ciphers import DecryptionError, reencrypted
from core.encrypted_field import Ciphertext
from providers.models import Endpoint, ProviderKey

# Far more than needed: one round, and one for what was written during it.
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Reencryption:
    """The number of rows that were re-encrypted (``done``), use the newest key now, and cannot be decrypted by any."""

    done: int = 0
    current: int = 0
    unreadable: int = 0


def rotate_keys() -> Reencryption:
    """Re-encrypt everything, in one short transaction per row, so that other work continues; unreadable rows stay as
    they are.

    Repeats until nothing is left, because a process that still has the old key first may write in the meantime. After
    an interruption it does not repeat finished rows.
    """
    done, result = 0, Reencryption()
    for _ in range(ROUNDS):
        result = _round()
        done += result.done
        if not result.done:
            break
    return Reencryption(done, result.current + result.done, result.unreadable)


def _round() -> Reencryption:
    done = current = unreadable = 0
    for rows, column, change in _stores():
        for pk in rows.values_list("pk", flat=True):
            try:
                changed = _reencrypt(rows, pk, column, change)
            except DecryptionError:
                unreadable += 1
            else:
                done, current = done + changed, current + (not changed)
    return Reencryption(done, current, unreadable)


def _stores() -> Iterator[tuple[QuerySet[Any], str, Callable[[Any], Any]]]:
    """Yield rows, the column with their secret, and the function that returns its new value."""
    yield ProviderKey.objects.exclude(hint=""), "api_key", _reencrypted_text
    yield Endpoint.objects.exclude(hint=""), "api_key", _reencrypted_text
    yield Endpoint.objects.exclude(header_names=""), "headers", _reencrypted_text
    yield Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN), "data", _reencrypted_data


@transaction.atomic
def _reencrypt(rows: QuerySet[Model], pk: int, column: str, change: Callable[[Any], Any]) -> bool:
    """Re-encrypt one row and return True; return False if it uses the newest key already, or is gone."""
    row = rows.select_for_update().filter(pk=pk)
    stored = row.values_list(column, flat=True).first()
    new = change(stored) if stored else stored
    return new != stored and bool(rows.filter(pk=pk).update(**{column: new}))


def _reencrypted_text(stored: Ciphertext) -> Ciphertext:
    return stored.reencrypt()


def _reencrypted_data(stored: dict[str, Any]) -> dict[str, Any]:
    """Return allauth's data re-encrypted: the secret of an authenticator app, the seed of recovery codes, or recovery
    codes that an older version stored one by one."""
    new = {name: reencrypted(value) if name in ("secret", "seed") else value for name, value in stored.items()}
    if "migrated_codes" in new:
        new["migrated_codes"] = [reencrypted(code) for code in new["migrated_codes"]]
    return new
