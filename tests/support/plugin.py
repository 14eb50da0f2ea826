"""The pytest plugin that gives a run its own Redis and database, before Django reads its settings.

``TEST_DATABASE=postgresql`` (the default) or ``sqlite`` chooses the database. All of it lives in one temporary folder.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers import SERVERS, Servers

# Environment variables of a developer that would change the results.
IGNORED = {
    *("ALLOWED_HOSTS", "ASGI_SERVER", "DEBUG", "FIELD_ENCRYPTION_KEY", "HOST", "LOG_LEVEL", "PORT", "PUBLIC_URL"),
    *("SECRET_KEY", "SERVER_KEYS", "SIGNUP", "STREAMING"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database-only", action="store_true", help="run only the tests that query the database")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--database-only"):
        items[:] = [item for item in items if _queries_database(item)]


def _queries_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or not fixtures.isdisjoint({"db", "transactional_db"})


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="llmselect-test-"))
    early_config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    servers = early_config.stash[SERVERS] = Servers(folder)
    early_config.add_cleanup(servers.stop)
    os.environ.update(servers.start(os.environ.get("TEST_DATABASE", "postgresql")))
    for name in [name for name in os.environ if name in IGNORED or name.endswith(("_API_KEY", "_BASE_URL"))]:
        del os.environ[name]
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings
    from django.test import TransactionTestCase

    from tests.support.database import delete_rows

    TransactionTestCase._fixture_teardown = delete_rows  # type: ignore[attr-defined]
    # Static files have hashes in their names only once they are collected, as they are for the running LLMSelect.
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    database: dict[str, Any] = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        # A file, because in memory each thread would have a database of its own.
        database.setdefault("TEST", {})["NAME"] = f"{database['NAME']}.tests"
