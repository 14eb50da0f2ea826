"""Encryption of stored secrets: the first of FIELD_ENCRYPTION_KEYS encrypts, all of them decrypt."""

from __future__ import annotations

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class DecryptionError(Exception):
    """Raised if no key of FIELD_ENCRYPTION_KEYS decrypts a value: a key was removed, or the data is damaged."""

    def __init__(self) -> None:
        super().__init__("The value was encrypted with a key that is not in FIELD_ENCRYPTION_KEY.")


def encrypted(text: str) -> str:
    return _ciphers()[0].encrypt(text.encode()).decode()


def decrypted(ciphertext: str) -> str:
    """Return the plain text; raises DecryptionError."""
    try:
        return _ciphers()[0].decrypt(ciphertext.encode()).decode()
    except InvalidToken as exc:
        raise DecryptionError from exc


def reencrypted(ciphertext: str) -> str:
    """Return the same text encrypted with the first key, unchanged if it already is; raises DecryptionError."""
    all_keys, first_key = _ciphers()
    try:
        first_key.decrypt(ciphertext.encode())
    except InvalidToken:
        try:
            return all_keys.rotate(ciphertext.encode()).decode()
        except InvalidToken as exc:
            raise DecryptionError from exc
    return ciphertext


def _ciphers() -> tuple[MultiFernet, Fernet]:
    """Return the cipher of all keys and that of the first key."""
    return _ciphers_of(tuple(settings.FIELD_ENCRYPTION_KEYS))


# Cached by the keys and not once, because tests change the setting.
@lru_cache(maxsize=4)
def _ciphers_of(keys: tuple[str, ...]) -> tuple[MultiFernet, Fernet]:
    ciphers = [Fernet(key) for key in keys]
    return MultiFernet(ciphers), ciphers[0]
