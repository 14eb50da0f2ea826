"""A text column that is encrypted at rest, with keys that can be rotated while everything runs.

The first of FIELD_ENCRYPTION_KEYS encrypts, all of them decrypt: put a new key first, restart, run ``manage.py
rotate_keys``, remove the old key. docs/decisions/0004-multifernet-field.md says why this is not a library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from core.ciphers import decrypted, encrypted, reencrypted

if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField


class Ciphertext(str):
    """The value of the column; it is decrypted only when the attribute of an instance is read."""

    __slots__ = ()

    def decrypt(self) -> str:
        """Return the plain text; raises DecryptionError."""
        return decrypted(self)

    def reencrypt(self) -> Ciphertext:
        """Return the same text encrypted with the first key; raises DecryptionError."""
        return Ciphertext(reencrypted(self))


def encrypt(text: str) -> Ciphertext:
    """Encrypt a text. An empty text stays empty, so that an empty column can be recognized without a key."""
    return Ciphertext(encrypted(text) if text else "")


class EncryptedAttribute(DeferredAttribute):
    """Decrypts on access, so that one damaged value does not make a whole list of rows fail."""

    def __get__(self, instance: models.Model | None, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        return value.decrypt() if isinstance(value, Ciphertext) and value else value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


DUMP_PREFIX = "encrypted:"
"""The prefix of values that ``dumpdata`` writes; ``loaddata`` recognizes ciphertext by it."""


class EncryptedTextField(TextField):
    """Takes and returns plain text; ``values()`` returns the Ciphertext. It cannot be searched."""

    descriptor_class = EncryptedAttribute

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Ciphertext | None:
        return None if value is None else Ciphertext(value)

    def get_prep_value(self, value: Any) -> str | None:
        value = super().get_prep_value(value)
        return value if value is None or isinstance(value, Ciphertext) else encrypt(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return model_instance.__dict__[self.attname]

    def value_to_string(self, obj: models.Model) -> str:
        value = self.get_prep_value(obj.__dict__[self.attname])
        return f"{DUMP_PREFIX}{value}" if value else ""

    def to_python(self, value: Any) -> Any:
        is_dumped = isinstance(value, str) and value.startswith(DUMP_PREFIX)
        return Ciphertext(value.removeprefix(DUMP_PREFIX)) if is_dumped else super().to_python(value)

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None
