"""LLMSelect as people run it: a web process and a worker process on a database and a Redis prefix of their own."""

from __future__ import annotations

import copy
import os
import secrets
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin

import requests
from playwright.sync_api import Page

from llmselect_project.run import commands
from providers.kinds import KINDS
from tests.fake_providers import StandIn
from tests.support import children, wait
from tests.support.servers import Servers

# The commands depend on the settings, which outside of test runs nobody has chosen.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "llmselect_project.settings")
ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "a long and quiet evening"
# The server has a key for these kinds. For any other kind, a test that needs a key gives one to its user.
KINDS_WITH_KEY = ("openai", "anthropic", "google", "mistral", "openrouter", "xai")


class ApiClient(requests.Session):
    """A session that takes paths below one base URL, with a time limit for every request."""

    def __init__(self, base_url: str, token: str = "") -> None:
        super().__init__()
        self.base_url = base_url
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", 30)
        return super().request(method, urljoin(self.base_url, str(url)), *args, **kwargs)


@dataclass
class Account:
    """A registered user, with credentials and a client that is signed in by token."""

    username: str
    password: str
    token: str
    api: ApiClient
    user: dict[str, Any] = field(default_factory=dict)


class Live:
    """A web process and a worker, which tests can start, stop and kill."""

    def __init__(self, servers: Servers, vendors: StandIn, *, name: str = "live", **environment: str) -> None:
        self.vendors = vendors
        self.folder = servers.folder / name
        self.folder.mkdir()
        self.host, self.port = "127.0.0.1", free_port()
        self.suffix = ""
        self.web: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None
        self.environment = {
            **os.environ,
            "VAR_DIR": str(self.folder),
            "DATABASE_URL": servers.database_url(name),
            "REDIS_PREFIX": name,
            "SERVER_KEYS": "everyone",
            "WORKER_CONCURRENCY": "50",
            "RETRY_DELAY": "0.01",
            "CIRCUIT_FAILURES": "1000",
            "RUNNING_PER_USER": "1000",
            "REQUESTS_PER_MINUTE": "100000",
            **stand_in_environment(vendors),
            # Tests choose models from the short lists, which the stand-in's lists would replace.
            "REFRESH_MODEL_LISTS": "false",
            **environment,
        }

    @property
    def base_url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def beside(self, suffix: str) -> Self:
        """Return another web process and another worker on the same database and Redis, not yet started."""
        other = copy.copy(self)
        other.suffix, other.port, other.web, other.worker = suffix, free_port(), None, None
        return other

    def start(self) -> Self:
        """Migrate, collect the static files, and start both processes; return when they are ready."""
        self.manage("llmselect_project.run.preparation")
        self.start_web()
        self.start_worker()
        self.wait_until_ready()
        return self

    def stop(self) -> None:
        self.stop_web()
        self.stop_worker()

    def manage(self, module: str, *arguments: str) -> str:
        """Run a Python module against this installation; return its output."""
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments], env=self.environment, cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def processes(self) -> dict[str, subprocess.Popen[bytes] | None]:
        return {"web": self.web, "worker": self.worker}

    def start_web(self) -> None:
        self.web = self._start("web", commands.web(self.host, self.port))

    def start_worker(self) -> None:
        self.worker = self._start("worker", commands.worker())

    def stop_web(self) -> None:
        if self.web is not None:
            children.end(self.web)

    def stop_worker(self) -> None:
        if self.worker is not None:
            children.end(self.worker)

    def kill_worker(self) -> None:
        """Kill the worker, as a power failure would."""
        if self.worker is not None:
            children.end(self.worker, signal.SIGKILL)

    def wait_until_ready(self) -> None:
        """Wait until the database, Redis and a worker respond; raises TimeoutError with the ends of the logs."""
        try:
            wait.until(self._is_ready, "LLMSelect does not become ready", seconds=60)
        except TimeoutError as exc:
            raise TimeoutError(f"{exc}\n{self.log('web')}\n{self.log('worker')}") from None

    def log(self, name: str) -> str:
        """Return the end of the log of the ``web`` or ``worker`` process."""
        return self.log_path(name).read_text(errors="replace")[-8000:]

    def log_path(self, name: str) -> Path:
        return self.folder / f"{name}{self.suffix}.log"

    def register(self, username: str = "") -> Account:
        """Return a new user, signed in."""
        username = username or f"user-{secrets.token_hex(6)}"
        details = {"username": username, "email": f"{username}@example.org", "password": PASSWORD}
        response = requests.post(f"{self.base_url}/api/v1/auth/register", json=details, timeout=30)
        assert response.status_code == 201, response.text
        body = response.json()
        return Account(username, PASSWORD, body["access"], ApiClient(self.base_url, body["access"]), body["user"])

    def make_administrator(self, account: Account) -> None:
        """Make the user an administrator."""
        code = (
            "from accounts.models import User; "
            f"User.objects.filter(username={account.username!r}).update(is_staff=True, is_superuser=True)"
        )
        self.manage("django", "shell", "--command", code)

    def cookies_of(self, account: Account) -> dict[str, str]:
        """Return a browser's cookies after a sign-in over plain HTTP, which is faster than by a page."""
        client = ApiClient(self.base_url)
        url = client.get("/accounts/login/").url
        form = {"login": account.username, "password": account.password}
        form["csrfmiddlewaretoken"] = client.cookies["csrftoken"]
        client.post(url, data=form, headers={"Referer": url}, allow_redirects=False).raise_for_status()
        assert "sessionid" in client.cookies
        return dict(client.cookies)

    def sign_in(self, page: Page, account: Account) -> None:
        """Sign in on the page."""
        page.goto(f"{self.base_url}/accounts/login/")
        page.fill("input[name=login]", account.username)
        page.fill("input[name=password]", account.password)
        page.locator("form:has(input[name=password]) button[type=submit]").click()
        page.wait_for_url(lambda url: "/login" not in url)

    def _start(self, name: str, arguments: commands.Arguments) -> subprocess.Popen[bytes]:
        return children.start(arguments, log=self.log_path(name), environment=self.environment, directory=ROOT)

    def _is_ready(self) -> bool:
        for name, process in self.processes.items():
            assert process is None or process.poll() is None, f"The {name} process has ended:\n{self.log(name)}"
        try:
            return requests.get(f"{self.base_url}/health/ready", timeout=5).status_code == 200
        except requests.RequestException:
            return False


def stand_in_environment(vendors: StandIn) -> dict[str, str]:
    """Return environment variables that point every kind of provider to the stand-in vendors."""
    remote = [kind.slug for kind in KINDS.values() if kind.base_url.startswith("http")]
    base_urls = {f"{slug.upper()}_BASE_URL": vendors.base_url(slug) for slug in remote}
    return base_urls | {f"{slug.upper()}_API_KEY": f"stand-in-key-of-{slug}" for slug in KINDS_WITH_KEY}


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
