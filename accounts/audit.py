"""The audit trail: what happened to accounts and keys. Entries are written once and never changed.

``record`` belongs into the transaction of what it records, so that neither is there without the other.
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
    """Note that it happened, now, to this user, from the address of the request that is being answered.

    ``subject`` is a provider, a name or an id; never a secret, nor what somebody typed where a secret belongs.
    """
    AuditEntry.objects.create(
        action=action, user=user, subject=subject[:SUBJECT_LENGTH], address=current_client_address()
    )


def record_deletion() -> None:
    """Note that an account was deleted, and nothing of whose it was."""
    AuditEntry.objects.create(action=Action.ACCOUNT_DELETED)


def account_of(login: str) -> User | None:
    """Whom somebody meant who failed to sign in; one query."""
    return User.objects.filter(Q(username__iexact=login) | Q(email__iexact=login)).first()


def user_entries(user: User) -> QuerySet[AuditEntry]:
    """What the user's own trail says, newest first."""
    return AuditEntry.objects.filter(user=user)


def delete_old_entries() -> int:
    """Delete what is older than ``AUDIT_DAYS``; returns how many."""
    deleted, _ = AuditEntry.objects.filter(at__lt=timezone.now() - timedelta(days=settings.AUDIT_DAYS)).delete()
    return deleted
