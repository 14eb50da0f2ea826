"""Attempts to sign in, counted alike at every door: the page (and so the admin's), and the API."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from core.client_address import rate_limit_address
from core.rate_limits import Limit

SIGN_INS = "Too many attempts to sign in. Wait a few minutes and try again."
LOGIN_FAILURES = Limit("login", 10, 300, SIGN_INS)
"""Of one address at one account."""
LOGIN_FAILURES_OF_ADDRESS = Limit("login-address", 50, 300, SIGN_INS)
"""Of one address at all accounts, for whoever tries one password everywhere."""
LOGIN_FAILURES_OF_ACCOUNT = Limit("login-account", 100, 300, SIGN_INS)
"""At one account from all addresses; high, for otherwise anybody could lock anybody out."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One that was counted before it was made."""

    of_address_at_account: str
    of_address: str
    of_account: str

    def forgive(self) -> None:
        """Do not count it: it was good."""
        LOGIN_FAILURES.give_back(self.of_address_at_account)
        LOGIN_FAILURES_OF_ADDRESS.give_back(self.of_address)
        LOGIN_FAILURES_OF_ACCOUNT.give_back(self.of_account)


def count_attempt(request: HttpRequest, login: str) -> Attempt:
    """Raises TooManyRequests after too many that were not good."""
    address, login = rate_limit_address(request), login.strip().lower()
    return Attempt(
        LOGIN_FAILURES.take(address, login),
        LOGIN_FAILURES_OF_ADDRESS.take(address),
        LOGIN_FAILURES_OF_ACCOUNT.take(login),
    )
