from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User

PAGE = "/admin/configuration/"


@pytest.fixture
def administrator(db: None) -> User:
    return User.objects.create_superuser("ada", "ada@example.org", "a long and quiet evening")


@pytest.fixture
def reader(client: Client, administrator: User) -> Client:
    client.force_login(administrator)
    return client


def rows(client: Client) -> dict[str, list[str]]:
    html = client.get(PAGE).content.decode()
    found = re.findall(r"<code>(\w+)</code>\s*</th>\s*<td>(.*?)</td>\s*<td>(.*?)</td>", html, re.DOTALL)
    return {name: [value, source] for name, value, source in found}


def test_it_shows_every_variable_in_the_docs(reader: Client) -> None:
    docs = (Path(settings.BASE_DIR) / "docs/configuration.md").read_text()
    named = set(re.findall(r"^\| (?:[^`|]+ \| )?`([A-Z_]+)`", docs, re.MULTILINE))

    assert named
    assert named <= rows(reader).keys()


def test_it_shows_each_value_and_its_source(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNUP", "closed")

    found = rows(reader)

    assert found["SIGNUP"] == ["open", "environment"]
    assert found["TOTAL_TIMEOUT"] == ["1800.0", "default"]
    assert found["OLLAMA_BASE_URL"][0] == settings.PROVIDER_BASE_URLS["ollama"]


def test_it_shows_no_secret(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("EMAIL_HOST_PASSWORD", "a-mail-secret")
    monkeypatch.setattr(settings, "DATABASE_URL", "postgresql://ada:secret@db.example/llm?password=secret")

    found = rows(reader)

    assert found["OPENAI_API_KEY"] == ["set", "environment"]
    assert found["MISTRAL_API_KEY"] == ["not set", "default"]
    assert found["SECRET_KEY"][0] == "generated at the first start"
    assert found["DATABASE_URL"][0] == "postgresql://db.example/llm"
    html = reader.get(PAGE).content.decode()
    assert found["EMAIL_HOST_PASSWORD"] == ["set", "environment"]
    secrets = ["a-mail-secret", "secret@", "sk-secret", settings.SECRET_KEY, *settings.FIELD_ENCRYPTION_KEYS]
    assert [secret for secret in secrets if secret in html] == []


def test_it_is_for_administrators(client: Client, administrator: User) -> None:
    client.force_login(User.objects.create_user("alice", "alice@example.org", "a long and quiet evening"))

    assert client.get(PAGE, follow=True).status_code == 403
