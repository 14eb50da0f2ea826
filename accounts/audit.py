"""The audit trail: events of accounts and keys. Entries are written once and never changed.

Call ``record`` in the transaction of the change that it records, so that neither is saved without the other.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Action, AuditEntry, User
from core.client_address import current_client_address

SUBJECT_LENGTH = 200


def record(action: Action, *, user: User | None, subject: str = "") -> None:
    """Record an action of this user, with the time and the address of the current request.

    ``subject`` is a provider, a name or an id; never a secret, and never text from a field for secrets.
    """
    AuditEntry.objects.create(
        action=action, user=user, subject=subject[:SUBJECT_LENGTH], address=current_client_address()
    )


def record_deletion() -> None:
    """Record that an account was deleted, without saying which."""
    AuditEntry.objects.create(action=Action.ACCOUNT_DELETED)


def account_of(login: str) -> User | None:
    """Return the user with this username or email address, None if there is none; one query."""
    return User.objects.filter(Q(username__iexact=login) | Q(email__iexact=login)).first()


def user_entries(user: User) -> QuerySet[AuditEntry]:
    """Return the user's audit trail, newest entry first."""
    return AuditEntry.objects.filter(user=user)


def delete_old_entries() -> int:
    """Delete entries that are older than ``AUDIT_DAYS`` and return their number."""
    deleted, _ = AuditEntry.objects.filter(at__lt=timezone.now() - timedelta(days=settings.AUDIT_DAYS)).delete()
    return deleted
