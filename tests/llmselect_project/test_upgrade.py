from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.llmselect_project.upgraded import PAGES
from tests.support.live import ROOT

VERSION_0_1 = Path(__file__).parent / "data/version_0_1.sql"
WRITTEN_ON = "2026-11-27"
SECRETS = {
    "FIELD_ENCRYPTION_KEY": "qQxtMVLSK-khiR5AXxrLsWP1UBKDBq1zrL-dD-H4CPY=",
    "SECRET_KEY": "Dk4RxRRV3SKIzg0NkMLfqM1uUVSkyZkszKPJNGuKOwtqOuY_15DcMb6FoNnXhyLK55A",
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of an installation whose database was written by version 0.1."""
    folder = tmp_path_factory.mktemp("upgrade")
    with sqlite3.connect(folder / "llmselect.sqlite3") as database:
        # Usage is shown of this day and month.
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        database.executescript(VERSION_0_1.read_text().replace(WRITTEN_ON, today))
    database.close()
    return {
        **os.environ,
        **SECRETS,
        "VAR_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/llmselect.sqlite3",
    }


@pytest.fixture(scope="module")
def opened(environment: dict[str, str]) -> Any:
    run(environment, "-m", "llmselect_project.run.preparation")
    return json.loads(run(environment, "-m", "tests.llmselect_project.upgraded").splitlines()[-1])


def run(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_keeps_comparisons_with_their_votes(opened: dict[str, Any]) -> None:
    comparison = opened["comparison"]

    assert [turn["prompt"] for turn in comparison["turns"]] == ["What is a monad?", "And a functor?"]
    assert comparison["turns"][0]["vote"]["preferred_index"] == 1
    assert all(result["response"] for turn in comparison["turns"] for result in turn["results"])


def test_it_keeps_chats(opened: dict[str, Any]) -> None:
    messages = opened["chat"]["messages"]

    assert opened["chat"]["system"] == "You are kind."
    assert [message["text"] for message in messages if message["role"] == "user"] == ["Say hello.", "And again."]


def test_it_keeps_presets_and_templates(opened: dict[str, Any]) -> None:
    assert (opened["preset"]["name"], opened["preset"]["tier"]) == ("Two demos", "brief")
    assert (opened["template"]["name"], opened["template"]["variables"]) == ("Explain", ["topic"])


def test_it_keeps_keys_limits_and_usage(opened: dict[str, Any]) -> None:
    assert opened["key"] == "sk-of-alice-0123456789"
    assert opened["limits"] == [3, 7]
    assert {period["payer"] for period in opened["usage"]["periods"]} == {"none"}


def test_it_keeps_permissions_on_models_that_moved(opened: dict[str, Any]) -> None:
    assert opened["permissions"] == ["generations.view_dailyusage", "presets.delete_preset"]


def test_it_opens_every_page(opened: dict[str, Any]) -> None:
    assert opened["pages"] == dict.fromkeys(PAGES, 200)


def test_it_migrates_back(environment: dict[str, str], opened: dict[str, Any]) -> None:
    for app, migration in (("presets", "zero"), ("conversations", "0002"), ("generations", "0003")):
        run(environment, "manage.py", "migrate", app, migration)

    run(environment, "manage.py", "migrate", "--no-input")
