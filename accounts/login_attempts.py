"""Rate limits of sign-in attempts, shared by the page (which the admin uses, too) and the API.

Only failures count: an attempt is counted before it is made, and forgiven if it succeeds.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from accounts.audit import account_of
from core.client_address import rate_limit_address
from core.rate_limits import Limit

SIGN_INS = "Too many attempts to sign in. Wait a few minutes and try again."
LOGIN_FAILURES = Limit("login", 10, 300, SIGN_INS)
"""Failures from one IP address at one account."""
LOGIN_FAILURES_OF_ADDRESS = Limit("login-address", 50, 300, SIGN_INS)
"""Failures from one IP address at all accounts, against trying one password at many of them."""
LOGIN_FAILURES_OF_ACCOUNT = Limit("login-account", 100, 300, SIGN_INS)
"""Failures at one account from all addresses; high, so that an attacker cannot easily lock a user out."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A counted attempt, with its counter in each limit."""

    of_address_at_account: str
    of_address: str
    of_account: str

    def forgive(self) -> None:
        """Take the attempt back because it succeeded."""
        LOGIN_FAILURES.give_back(self.of_address_at_account)
        LOGIN_FAILURES_OF_ADDRESS.give_back(self.of_address)
        LOGIN_FAILURES_OF_ACCOUNT.give_back(self.of_account)


def count_attempt(request: HttpRequest, login: str) -> Attempt:
    """Count an attempt to sign in; raises TooManyRequests after too many failures."""
    address, account = rate_limit_address(request), account_of(login.strip())
    # A username and an email address of one account share their limit.
    login = f"account {account.pk}" if account is not None else login.strip().lower()
    return Attempt(
        LOGIN_FAILURES.take(address, login),
        LOGIN_FAILURES_OF_ADDRESS.take(address),
        LOGIN_FAILURES_OF_ACCOUNT.take(login),
    )
