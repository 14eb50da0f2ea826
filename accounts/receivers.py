"""Receivers of Django's and allauth's signals, which record sign-ins and changes of accounts in the audit trail."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import email_changed, password_reset
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from accounts.audit import account_of, record
from accounts.models import Action, Limits, User
from accounts.services import prove_address
from core.process_cache import forget_when_changed

forget_when_changed(Limits, User.groups.through)


@receiver(user_logged_in)
def signed_in(user: User, **_: Any) -> None:
    record(Action.SIGNED_IN, user=user, subject="browser")


@receiver(user_logged_out)
def signed_out(user: User | None, **_: Any) -> None:
    """Record a sign-out, except of an account that was just deleted together with its audit trail."""
    if user is not None and User.objects.filter(pk=user.pk).exists():
        record(Action.SIGNED_OUT, user=user, subject="browser")


@receiver(user_login_failed)
def sign_in_failed(credentials: dict[str, Any], **_: Any) -> None:
    """Record a failure, without the login that was entered: it may be a password."""
    login = str(credentials.get("username") or credentials.get("email") or "")
    record(Action.SIGN_IN_FAILED, user=account_of(login), subject="wrong password")


@receiver(authentication_failed)
def second_factor_failed(user: User, **_: Any) -> None:
    record(Action.SIGN_IN_FAILED, user=user, subject="wrong code")


@receiver(authenticator_added)
def second_factor_added(user: User, authenticator: Any, **_: Any) -> None:
    record(Action.SECOND_FACTOR_CHANGED, user=user, subject=f"{authenticator.get_type_display()} added")


@receiver(authenticator_removed)
def second_factor_removed(user: User, authenticator: Any, **_: Any) -> None:
    record(Action.SECOND_FACTOR_CHANGED, user=user, subject=f"{authenticator.get_type_display()} removed")


@receiver(authenticator_reset)
def second_factor_renewed(user: User, authenticator: Any, **_: Any) -> None:
    record(Action.SECOND_FACTOR_CHANGED, user=user, subject=f"{authenticator.get_type_display()} renewed")


@receiver(password_reset)
def password_was_reset(user: User, **_: Any) -> None:
    prove_address(user)


@receiver(email_changed)
def email_address_changed(user: User, **_: Any) -> None:
    record(Action.EMAIL_CHANGED, user=user)
