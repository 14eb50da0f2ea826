"""The receiver of a signal of accounts: keys that somebody else may have left in an account are deleted."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.services import address_proved
from providers.services import delete_all_keys


@receiver(address_proved)
def address_was_proved(user: User, **_: Any) -> None:
    delete_all_keys(user=user)
