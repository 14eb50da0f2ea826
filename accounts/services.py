"""Changes of accounts: sign-up, sign-in and sign-out of programs, preferences."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import authenticate, logout
from django.contrib.auth.models import update_last_login
from django.db import IntegrityError, transaction
from django.dispatch import Signal
from django.http import HttpRequest
from django.utils import timezone

from accounts.api_tokens import delete_all_api_tokens
from accounts.audit import record
from accounts.authentication import session_user
from accounts.forms import SignupForm
from accounts.jwt import revoke_refresh_token
from accounts.login_attempts import count_attempt
from accounts.models import Action, FirstAccount, Invitation, User
from core.client_address import rate_limit_address
from core.errors import Forbidden, InvalidInput, NotSignedIn
from core.rate_limits import Limit

address_proved = Signal()
"""Sent with the ``user`` whose email address was proved for the first time."""

SIGN_UP_CLOSED = "Sign-up is closed on this installation. Ask its administrator for an account."
INVITATION_NEEDED = "Sign-up is by invitation only. Ask an administrator for an invitation link."
INVITATION_SPENT = "This invitation was already used or has expired. Ask an administrator for a new one."
NAME_TAKEN = "This username or email address is already taken. Choose another one."
LOGIN_REFUSED = "The username or email address and the password do not match."
CODE_NEEDED = "This account is protected by a second factor. Send the current code of your authenticator app as “code”."
REGISTRATIONS = Limit("register", 60, 60, "Too many new accounts from this address. Wait a minute and try again.")


def sign_up_refusal(*, invitation: str = "") -> str | None:
    """Return the sentence that refuses a sign-up with this invitation, None if it is possible; at most two queries."""
    if settings.SIGNUP == "open" or not User.objects.exists():
        return None
    if settings.SIGNUP == "closed":
        return SIGN_UP_CLOSED
    if not invitation:
        return INVITATION_NEEDED
    return None if Invitation.objects.usable().filter(token=invitation).exists() else INVITATION_SPENT


@transaction.atomic
def create_account(user: User, *, invitation: str = "") -> None:
    """Save a new user; the first one of an installation becomes its administrator, whatever ``SIGNUP`` says.

    Raises Forbidden if sign-up is not open to this user, and InvalidInput if the name was taken meanwhile.
    """
    first = _claim_first_account()
    user.is_staff = user.is_superuser = first
    if not first and settings.SIGNUP == "closed":
        raise Forbidden(SIGN_UP_CLOSED)
    try:
        user.save(force_insert=True)
    except IntegrityError as exc:
        raise InvalidInput(NAME_TAKEN) from exc
    if first:
        FirstAccount.objects.update(user=user)
    elif settings.SIGNUP == "invite":
        _use_invitation(invitation, user)
    record(Action.SIGNED_UP, user=user)


def _claim_first_account() -> bool:
    """Return True if this request inserted the row; concurrent ones wait in the database and get False."""
    if User.objects.exists():
        return False
    try:
        with transaction.atomic():
            FirstAccount.objects.create()
    except IntegrityError:
        return False
    return True


def _use_invitation(token: str, user: User) -> None:
    used = Invitation.objects.usable().filter(token=token).update(used_by=user, used_at=timezone.now())
    if not used:
        raise Forbidden(INVITATION_SPENT if token else INVITATION_NEEDED)


def register_user(request: HttpRequest, *, username: str, email: str, password: str, invitation: str = "") -> User:
    """Sign up a program's user by the same rules as the page. Raises InvalidInput, Forbidden or TooManyRequests."""
    refusal = sign_up_refusal(invitation=invitation)
    if refusal is not None:
        raise Forbidden(refusal)
    REGISTRATIONS.take(rate_limit_address(request))
    form = SignupForm({"username": username, "email": email, "password1": password, "invitation": invitation})
    if not form.is_valid():
        raise _form_errors(form)
    user = form.save(request)
    assert isinstance(user, User)
    return user


def _form_errors(form: SignupForm) -> InvalidInput:
    fields = {"password" if name == "password1" else name: list(map(str, texts)) for name, texts in form.errors.items()}
    return InvalidInput(next(iter(fields.values()))[0], fields=fields)


def log_in(request: HttpRequest, *, login: str, password: str, code: str = "") -> User:
    """Return the user of these credentials; ``login`` is a username or an email address.

    An unknown user costs the same work and gets the same sentence as a wrong password, so that neither reveals which
    accounts exist. Raises NotSignedIn, and TooManyRequests after too many failures.
    """
    attempt = count_attempt(request, login)
    user = authenticate(request, username=login, password=password)
    if not isinstance(user, User):
        raise NotSignedIn(LOGIN_REFUSED)
    _check_second_factor(user, code)
    attempt.forgive()
    with transaction.atomic():
        update_last_login(User, user)
        record(Action.SIGNED_IN, user=user, subject="program")
    return user


def _check_second_factor(user: User, code: str) -> None:
    if not is_mfa_enabled(user, [Authenticator.Type.TOTP]):
        return
    if not code:
        raise NotSignedIn(CODE_NEEDED, fields={"code": [CODE_NEEDED]})
    form = AuthenticateForm({"code": code}, user=user)
    if not form.is_valid():
        raise NotSignedIn("This code is wrong. Send the current one.", fields={"code": form.errors["code"]})
    form.authenticator.record_usage()


def log_out(request: HttpRequest, *, refresh: str = "") -> None:
    """End this request's session and revoke the refresh token; raises NotSignedIn if it has neither."""
    in_session = session_user(request) is not None
    if refresh:
        _revoke(refresh)
    if in_session:
        logout(request)
    if not refresh and not in_session:
        raise NotSignedIn("There is nothing to sign out of. Send the refresh token.")


@transaction.atomic
def _revoke(refresh: str) -> None:
    user = revoke_refresh_token(refresh)
    if user is not None:
        record(Action.SIGNED_OUT, user=user, subject="program")


@transaction.atomic
def prove_address(user: User) -> None:
    """End everything that an earlier user of this account may have left, since the mail has proved whose it is.

    Sessions and access tokens end with the old password. If the address had never been proved, anybody may have signed
    up with it, and have left keys and a second factor as well; ``address_proved`` tells other apps.
    """
    delete_all_api_tokens(user)
    unproved = EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=False)
    if unproved.update(verified=True):
        for authenticator in Authenticator.objects.filter(user=user):
            authenticator.delete()
            record(Action.SECOND_FACTOR_CHANGED, user=user, subject="removed with a new password")
        address_proved.send(User, user=user)


def set_streaming(user: User, *, streaming: bool) -> None:
    """Turn streaming of answers on or off."""
    user.streaming = streaming
    user.save(update_fields=["streaming"])
