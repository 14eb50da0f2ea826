from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from llmselect_project import env as environment

BAD_VALUES = {
    "PORT": ("99999", "PORT: has to be a port between 1 and 65535."),
    "PUBLIC_URL": ("example.org", "PUBLIC_URL: has to be a URL like https://example.org."),
    "DEBUG": ("perhaps", "DEBUG: Not a valid boolean."),
    "DATABASE_URL": ("oracle5://x", "DATABASE_URL: has to be a URL like postgresql://"),
    "REDIS_URL": ("http://localhost", "REDIS_URL: has to be a URL like redis://localhost:6379/0"),
    "SIGNUP": ("maybe", "SIGNUP: has to be one of: open, closed, invite."),
    "FIELD_ENCRYPTION_KEY": ("short", "FIELD_ENCRYPTION_KEY: has to be a base64 key of 32 bytes"),
    "CONNECT_TIMEOUT": ("-1", "CONNECT_TIMEOUT: has to be a number above 0."),
    "REDIS_MEMORY_MB": ("4", "REDIS_MEMORY_MB: has to be a whole number above 15."),
    "WORKER_CONCURRENCY": ("many", "WORKER_CONCURRENCY: Not a valid integer."),
    "ASGI_SERVER": ("apache", "ASGI_SERVER: has to be one of: uvicorn, daphne."),
    "OPENAI_BASE_URL": ("ftp://openai", "OPENAI_BASE_URL: has to be a URL like https://example.org."),
}


def start_with(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "llmselect_project.run"],
        env={**os.environ, "VAR_DIR": str(tmp_path), **variables},
        capture_output=True,
        text=True,
    )


def test_it_names_every_bad_value_at_once(tmp_path: Path) -> None:
    done = start_with(tmp_path, **{name: value for name, (value, _) in BAD_VALUES.items()})

    assert done.returncode == 2
    assert all(sentence in done.stderr for _, sentence in BAD_VALUES.values())
    assert "Traceback" not in done.stderr


def test_it_refuses_a_public_url_with_a_path(tmp_path: Path) -> None:
    done = start_with(tmp_path, PUBLIC_URL="https://example.org/llm")

    assert done.returncode == 2
    assert "PUBLIC_URL: has to be a URL without a path" in done.stderr


def test_it_says_that_the_data_folder_cannot_be_created(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = start_with(tmp_path / "file" / "var")

    assert done.returncode == 2
    assert "cannot be created (Not a directory). Set VAR_DIR to a folder that you may write to." in done.stderr


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "FIELD_ENCRYPTION_KEY", "SECRET_KEY"])
def test_an_empty_value_counts_as_not_set(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import llmselect_project.settings as s; print(s.DATABASE_URL, s.REDIS_URL)"],
        env={**os.environ, "VAR_DIR": str(tmp_path), name: ""},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr


def test_it_keeps_a_generated_secret_for_its_owner_alone(tmp_path: Path) -> None:
    first = environment.generated_secret(tmp_path, "key", "token")

    again = environment.generated_secret(tmp_path, "key", "token")

    assert first == again
    assert stat.S_IMODE((tmp_path / "secrets" / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


def test_it_finds_a_short_path_for_the_socket_of_a_deep_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)

    path = environment.redis_socket(deep)
    path.parent.rmdir()

    assert len(str(path)) <= environment.MAX_SOCKET_PATH
    assert not path.is_relative_to(deep)
