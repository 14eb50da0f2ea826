"""The one cipher for what has to be read again: the first of FIELD_ENCRYPTION_KEYS encrypts, all of them decrypt."""

from __future__ import annotations

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class DecryptionError(Exception):
    """A stored value that none of FIELD_ENCRYPTION_KEYS opens: a key was taken away, or the data is damaged."""

    def __init__(self) -> None:
        super().__init__("The value was encrypted with a key that is not in FIELD_ENCRYPTION_KEY.")


def encrypted(text: str) -> str:
    return _ciphers()[0].encrypt(text.encode()).decode()


def decrypted(ciphertext: str) -> str:
    """Raises DecryptionError."""
    try:
        return _ciphers()[0].decrypt(ciphertext.encode()).decode()
    except InvalidToken as exc:
        raise DecryptionError from exc


def reencrypted(ciphertext: str) -> str:
    """The same text under the first key, the very same where it is under that already; raises DecryptionError."""
    every, first = _ciphers()
    try:
        first.decrypt(ciphertext.encode())
    except InvalidToken:
        try:
            return every.rotate(ciphertext.encode()).decode()
        except InvalidToken as exc:
            raise DecryptionError from exc
    return ciphertext


def _ciphers() -> tuple[MultiFernet, Fernet]:
    return _ciphers_of(tuple(settings.FIELD_ENCRYPTION_KEYS))


@lru_cache(maxsize=4)
def _ciphers_of(keys: tuple[str, ...]) -> tuple[MultiFernet, Fernet]:
    every = [Fernet(key) for key in keys]
    return MultiFernet(every), every[0]
