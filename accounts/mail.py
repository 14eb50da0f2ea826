"""The mail of this installation, without which no password can be reset."""

from __future__ import annotations

from django.conf import settings


def sends_mail() -> bool:
    """Return True if the operator has set up mail."""
    return not settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend")
