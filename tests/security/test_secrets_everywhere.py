from __future__ import annotations

import base64
import binascii
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from redis import Redis

from tests.fake_providers import Script, StandIn
from tests.security.routes import admin_routes, our_routes
from tests.support.live import ApiClient, Live
from tests.support.servers import Servers

MARK = "kingfisher"
KEY = f"sk-{MARK}-of-alice-0123456789"
REFUSED = f"sk-{MARK}-refused-0123456789"
ENDPOINT_KEY = f"sk-{MARK}-of-the-endpoint-0123456789"
PASSWORD = f"{MARK} and a long evening"
ECHO = f"your key {KEY} broke us"
FAILING = {
    "groq": Script(status=500, body=f'{{"error": {{"message": "{ECHO}"}}}}'),
    "deepseek": Script(status=400, body=f'{{"error": {{"message": "{ECHO}"}}}}'),
    "together": Script(body='data: {"choices": 5}\n\n'),
    "fireworks": Script(body=f'data: {{"error": {{"message": "{ECHO}"}}}}\n\n'),
    "deepinfra": Script(end="cut", at=1),
}
"""Vendors that fail after they received the key, each in another way; some repeat it in their error."""
VENDORS = ("openai", "anthropic", "google", "mistral", *FAILING)
BASE64 = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")


class Journey:
    """One user who uses every feature once.

    ``seen`` has every response with its request; ``secrets`` must not turn up anywhere.
    """

    def __init__(self, live: Live) -> None:
        self.live = live
        self.seen: list[tuple[str, str]] = []
        self.secrets: list[str] = [MARK]

    def run(self) -> None:
        access = self._sign_up()
        self._use_keys(self._client(access))
        created = ApiClient(self.live.base_url, access).post("/api/v1/tokens", json={"name": "notebook"})
        token = created.json()["token"]
        ApiClient(self.live.base_url, f"{token}x").get("/api/v1/auth/me")
        self.secrets.append(token[:-4])
        self._ask_and_export(self._client(token))
        self._browse()

    def _client(self, token: str) -> ApiClient:
        client = ApiClient(self.live.base_url, token)
        client.hooks["response"].append(self._record)
        return client

    def _record(self, response: requests.Response, *_: Any, **__: Any) -> None:
        self.seen.append((f"{response.request.method} {response.url}", f"{response.headers}\n{response.text}"))

    def _sign_up(self) -> str:
        visitor, details = self._client(""), {"username": "alice", "password": PASSWORD}
        visitor.post("/api/v1/auth/register", json={**details, "email": "alice@example.org"})
        visitor.post("/api/v1/auth/login", json={**details, "password": f"{PASSWORD}, mistyped"})
        visitor.post("/api/v1/auth/login", json={**details, "username": PASSWORD})
        first = visitor.post("/api/v1/auth/login", json=details).json()
        second = visitor.post("/api/v1/auth/refresh", json={"refresh": first["refresh"]}).json()
        # Only sign-in returns these; a used refresh token is kept until it would have expired.
        self.secrets += [first["access"], second["access"], second["refresh"]]
        self.seen = [(source, text) for source, text in self.seen if "access" not in text or MARK in text]
        return str(second["access"])

    def _use_keys(self, api: ApiClient) -> None:
        for vendor in VENDORS:
            key = REFUSED if vendor == "mistral" else KEY
            assert api.put(f"/api/v1/keys/{vendor}", json={"api_key": key}).status_code == 200
            api.post(f"/api/v1/keys/{vendor}/test")
            api.post("/api/v1/models/refresh", json={"provider": vendor})
        for base_url in (f"https://me:{KEY}@example.org/v1", "nonsense"):
            bad = api.put("/api/v1/keys/xai", json={"api_key": KEY, "base_url": base_url})
            assert bad.status_code == 400

    def _ask_and_export(self, api: ApiClient) -> None:
        entries = [{"provider": vendor, "model": f"{vendor}-model"} for vendor in VENDORS[:8]]
        compared = api.post("/api/v1/compare", json={"prompt": "Hello", "providers": entries}).json()
        api.post("/api/v1/compare/stream", json={"prompt": "Hello", "providers": entries[-4:]})
        chat = {"message": "Hello", "provider": VENDORS[-1], "model": f"{VENDORS[-1]}-model"}
        answered = api.post("/api/v1/chat", json=chat).json()
        codes = [slot.get("code") for slot in compared["turns"][0]["results"]]
        assert codes[:3] == [None] * 3
        assert None not in codes[3:]
        for kind in ("json", "markdown", "csv"):
            assert api.get(f"/api/v1/comparisons/{compared['id']}/export?format={kind}").ok
        assert api.get(f"/api/v1/conversations/{answered['conversation_id']}/export").ok
        assert api.get("/api/v1/archive").ok
        for slot in compared["turns"][0]["results"]:
            api.get(f"/api/v1/results/{slot['result_id']}")

    def _browse(self) -> None:
        browser = self._client("")
        self._post(browser, "/accounts/login/", {"login": "alice", "password": PASSWORD})
        self._post(browser, "/keys/openai/", {"api_key": KEY})
        self._post(browser, "/keys/xai/", {"api_key": KEY, "base_url": "nonsense"}, status=422)
        endpoint = {"name": "GPU", "slug": "gpu", "base_url": "http://127.0.0.1:9/v1", "color": "#475569"}
        self._post(browser, "/admin/providers/endpoint/add/", {**endpoint, "new_key": ENDPOINT_KEY})
        self._post(browser, "/admin/providers/endpoint/add/", {**endpoint, "new_key": ENDPOINT_KEY})
        for path in _paths():
            browser.get(path)

    def _post(self, browser: ApiClient, path: str, fields: dict[str, str], status: int = 200) -> None:
        page = browser.get("/accounts/login/" if "login" in path else "/settings/")
        csrf = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        assert csrf is not None
        response = browser.post(path, data={**fields, "csrfmiddlewaretoken": csrf[1]})
        assert response.status_code == status, response.text


def _paths() -> Iterator[str]:
    """Yield every page without parameters, and the first rows of the admin."""
    for route in (*our_routes(), *admin_routes()):
        if not route.parameters and "logout" not in route.name:
            yield f"/{route.pattern.replace('^', '').replace('$', '')}"
    for model in ("providers/providerkey", "providers/endpoint", "accounts/apitoken", "accounts/auditentry"):
        yield from (f"/admin/{model}/{pk}/change/" for pk in range(1, 4))


@contextmanager
def monitored(redis: Redis) -> Iterator[list[str]]:
    """Record every command that Redis receives: tasks, log entries, published messages and cached values."""
    commands: list[str] = []
    end = "the end of the journey"

    def listen(monitor: Any) -> None:
        while end not in (command := str(monitor.next_command()["command"])):
            commands.append(command)

    with redis.monitor() as monitor:  # type: ignore[no-untyped-call]
        listener = threading.Thread(target=listen, args=[monitor], daemon=True)
        listener.start()
        try:
            yield commands
        finally:
            redis.publish("nobody", end)
            listener.join(30)


def rows(live: Live) -> Iterator[tuple[str, str]]:
    """Yield the whole database as text, with the name of each table or file."""
    url = live.environment["DATABASE_URL"]
    if url.startswith("sqlite"):
        for path in live.folder.parent.glob(f"{live.folder.name}.sqlite3*"):
            yield path.name, path.read_bytes().decode("latin-1")
        return
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            statement = psycopg.sql.SQL("SELECT t::text FROM {} AS t").format(psycopg.sql.Identifier(table))
            yield from ((table, text) for (text,) in connection.execute(statement))


def arguments(live: Live) -> Iterator[tuple[str, str]]:
    """Yield the command line of each process."""
    for process in (live.web, live.worker):
        assert process is not None
        yield f"process {process.pid}", Path(f"/proc/{process.pid}/cmdline").read_text()


def decoded(text: str) -> str:
    """Return the text with its Base64 parts decoded below it, since the bodies of tasks are Base64."""
    parts = [text]
    for part in BASE64.findall(text):
        try:
            parts.append(base64.b64decode(part + "=" * (-len(part) % 4)).decode("latin-1"))
        except binascii.Error:
            continue
    return "\n".join(parts)


@pytest.fixture
def verbose(servers: Servers, vendors: StandIn) -> Iterator[Live]:
    """An installation that logs everything, with vendors that fail."""
    running = Live(servers, vendors, name="verbose", LOG_LEVEL="DEBUG")
    for vendor, script in FAILING.items():
        vendors.scripts[f"{vendor}-model"] = script
    try:
        yield running.start()
    finally:
        running.stop()


def test_no_secret_turns_up_anywhere(verbose: Live, vendors: StandIn, redis: Redis) -> None:
    journey = Journey(verbose)

    with monitored(redis) as commands:
        journey.run()

    logs = [(name, (verbose.folder / f"{name}.log").read_text(errors="replace")) for name in ("web", "worker")]
    redis_texts = [("Redis", decoded(command)) for command in commands]
    texts = [*journey.seen, *logs, *redis_texts, *rows(verbose), *arguments(verbose)]
    leaks = [
        f"{source}: …{text[max(0, at - 200) : at + 60]}…" for source, text in texts for at in _positions(text, journey)
    ]
    assert leaks == []
    assert sum(KEY in str(request.headers) for request in vendors.requests) >= len(VENDORS) - 1
    assert len(journey.seen) > 100
    assert any("generations.answer" in text for _, text in redis_texts)
    assert "DEBUG" in logs[0][1]
    assert "DEBUG" in logs[1][1]


def _positions(text: str, journey: Journey) -> list[int]:
    return [at for secret in journey.secrets if (at := text.find(secret)) >= 0]
