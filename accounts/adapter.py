"""How allauth's pages create accounts here, and how it keeps second factors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.httpkit import get_client_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import render
from qrcode.image.svg import SvgPathFillImage

from accounts.services import create_account, sign_up_refusal

if TYPE_CHECKING:
    from allauth.account.models import EmailAddress

    from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def get_client_ip(self, request: HttpRequest) -> str:
        # A server on a Unix socket knows no address; everybody then shares the limits of one.
        return get_client_ip(request) or "unknown"

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        invitation = request.POST.get("invitation") or request.GET.get("invitation", "")
        refusal = sign_up_refusal(invitation=invitation)
        if refusal is not None:
            page = render(request, "account/signup_closed.html", {"refusal": refusal}, status=403)
            raise ImmediateHttpResponse(page)
        return True

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        # Everybody keeps the address by which they sign in and reset their password.
        return bool(email_address.email.lower() != email_address.user.email.lower())

    def clean_username(self, username: str, shallow: bool = False) -> str:
        # A name that looks like somebody's address would make "username or e-mail" ambiguous.
        if "@" in username:
            raise ValidationError("A username cannot contain “@”. Choose another one.")
        return str(super().clean_username(username, shallow))

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        super().save_user(request, user, form, commit=False)
        if commit:
            create_account(user, invitation=form.cleaned_data.get("invitation", ""))
        return user


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps TOTP secrets and recovery seeds encrypted."""

    def build_totp_svg(self, url: str) -> str:
        # White behind the code, or no camera reads it in the dark theme.
        return str(qrcode.make(url, image_factory=SvgPathFillImage).to_string(encoding="unicode"))

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])
