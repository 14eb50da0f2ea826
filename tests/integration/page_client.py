"""A browser without scripts: a session cookie, pages, and the socket that a page names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests

from tests.integration.api_client import TIMEOUT, Program
from tests.integration.page import Page
from tests.support.live import ApiClient


class Browser:
    """A browser in which the program's user is signed in."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.client = ApiClient(program.api.base_url)
        self.client.get("/accounts/login/")
        account = program.account
        form = {"login": account.username, "password": account.password}
        self.post("/accounts/login/", **form).raise_for_status()
        assert "sessionid" in self.client.cookies

    @property
    def cookie(self) -> str:
        return f"sessionid={self.client.cookies['sessionid']}"

    def post(self, path: str, **form: str) -> requests.Response:
        """Send a form as a page without scripts does."""
        token = self.client.cookies["csrftoken"]
        headers = {"Referer": self.client.base_url + path}
        return self.client.post(path, data={"csrfmiddlewaretoken": token, **form}, headers=headers)

    def open(self, comparison_id: str) -> Page:
        """Return a comparison's page."""
        response = self.client.get(f"/comparisons/{comparison_id}/")
        assert response.status_code == 200
        return Page(response.text)

    @contextmanager
    def watching(self, page: Page) -> Iterator[Callable[[Callable[[], bool]], None]]:
        """Connect the page to its socket; yield a function that takes messages until a condition holds on the page."""
        origin = self.client.base_url
        with self._program.connection(page.socket_path, token="", origin=origin, cookie=self.cookie) as connection:

            def take_until(condition: Callable[[], bool]) -> None:
                while not condition():
                    message = connection.recv(timeout=TIMEOUT)
                    assert isinstance(message, str)
                    page.take(message)

            yield take_until
