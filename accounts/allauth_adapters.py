"""Adapters for allauth: our rules of sign-up and sign-in, and encrypted second factors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import render
from qrcode.image.svg import SvgPathFillImage

from accounts.audit import record
from accounts.login_attempts import LOGIN_FAILURES, SIGN_INS, count_attempt
from accounts.models import Action
from accounts.services import LOGIN_REFUSED, create_account, sign_up_refusal
from core.ciphers import DecryptionError, decrypted, encrypted
from core.client_address import UNKNOWN, client_address
from core.errors import TooManyRequests, Unavailable

if TYPE_CHECKING:
    from allauth.account.models import EmailAddress

    from accounts.models import User

UNREADABLE = "The second factor of this account can no longer be read. Ask an administrator to remove it."


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": LOGIN_REFUSED,
        "username_password_mismatch": LOGIN_REFUSED,
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request) or UNKNOWN

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        invitation = request.POST.get("invitation") or request.GET.get("invitation", "")
        refusal = sign_up_refusal(invitation=invitation)
        if refusal is not None:
            page = render(request, "account/signup_closed.html", {"refusal": refusal}, status=403)
            raise ImmediateHttpResponse(page)
        return True

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        # Users keep the address with which they sign in and reset their password.
        return bool(email_address.email.lower() != email_address.user.email.lower())

    def clean_username(self, username: str, shallow: bool = False) -> str:
        # A username that looks like an email address would make "username or email" ambiguous.
        if "@" in username:
            raise ValidationError("A username cannot contain “@”. Choose another one.")
        return str(super().clean_username(username, shallow))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Authenticate within the rate limits that pages and API share, instead of allauth's own."""
        attempt = count_attempt(request, credentials.get("email") or credentials.get("username") or "")
        user: User | None = super().authenticate(request, **credentials)
        if user is not None:
            attempt.forgive()
        return user

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Do nothing: ``authenticate`` counts attempts."""

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        if code == "too_many_login_attempts":  # Of second factors, which allauth counts.
            raise TooManyRequests(SIGN_INS, retry_after=LOGIN_FAILURES.seconds)
        error: ValidationError = super().validation_error(code, *args)
        return error

    @transaction.atomic
    def set_password(self, user: User, password: str) -> None:
        super().set_password(user, password)
        record(Action.PASSWORD_CHANGED, user=user)

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        super().save_user(request, user, form, commit=False)
        if commit:
            create_account(user, invitation=form.cleaned_data.get("invitation", ""))
        return user


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Storage of TOTP secrets and recovery seeds, encrypted."""

    def build_totp_svg(self, url: str) -> str:
        # Cameras cannot read the code on a dark background.
        return str(qrcode.make(url, image_factory=SvgPathFillImage).to_string(encoding="unicode"))

    def encrypt(self, text: str) -> str:
        return encrypted(text)

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return decrypted(encrypted_text)
        except DecryptionError as error:
            raise Unavailable(UNREADABLE) from error
