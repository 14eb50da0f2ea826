from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from redis import Redis

from llmselect_project.run.supervisor import RESTART_DELAYS
from tests.support import wait
from tests.support.live import PASSWORD, ROOT, ApiClient, free_port
from tests.support.make_run import Started

OF_REDIS_6_2 = (Path(__file__).parent / "data/redis_6_2.rdb").read_bytes()


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture
def started(folder: Path) -> Iterator[Started]:
    running = Started(folder)
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.end()


def test_it_serves_at_the_printed_url_and_leaves_no_process_behind(started: Started) -> None:
    page = requests.get(f"http://127.0.0.1:{started.port}/", timeout=10)
    files = started.files

    started.process.terminate()
    status = started.wait_for_exit()

    assert page.ok
    assert f"LLMSelect is ready at http://127.0.0.1:{started.port}" in started.output
    assert status == 0
    assert started.survivors() == []
    assert "redis.sock" in files
    assert started.files == files - {"redis.sock"}
    assert_private(started.var)


def assert_private(var: Path) -> None:
    assert stat.S_IMODE(var.stat().st_mode) == 0o700
    secrets = list((var / "secrets").iterdir())
    assert {path.name for path in secrets} == {"secret_key", "field_encryption_key"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}


def test_it_ends_if_redis_ends_and_says_so(started: Started) -> None:
    started.find("valkey-server").kill()
    status = started.wait_for_exit()

    assert status == 1
    assert "The redis process has ended by signal SIGKILL. LLMSelect stops; see the lines above." in started.output
    assert started.survivors() == []


@pytest.mark.parametrize(("word", "name"), [("web_server", "web"), ("celery", "worker")])
def test_it_starts_a_child_again_and_gives_up_after_several_crashes(started: Started, word: str, name: str) -> None:
    sentence = f"The {name} process has ended by signal SIGKILL"
    for crash in range(1, len(RESTART_DELAYS) + 1):
        started.find(word).kill()
        wait.until(partial(started.has_said, sentence, times=crash), "the crash is not noticed")
        wait.until(lambda: started.look_for(word), "the child is not started again")

    started.find(word).kill()
    status = started.wait_for_exit()

    assert status == 1
    assert f"{sentence}. LLMSelect stops; see the lines above." in started.output
    assert started.survivors() == []


def test_the_death_of_the_only_worker_loses_no_word_that_was_shown(started: Started) -> None:
    alice = registered(started)
    models = [{"provider": "demo", "model": "demo-swift"}, {"provider": "demo", "model": "demo-scholar"}]

    shown: Counter[int] = Counter()
    with alice.post("/api/v1/compare/stream", json={"prompt": "Go", "providers": models}, stream=True) as response:
        ends = {}
        for line in response.iter_lines(chunk_size=1):
            event = json.loads(line[6:]) if line.startswith(b"data: ") else {}
            if event.get("event") == "chunk":
                shown[event["index"]] += len(event["chunk"])
            elif event.get("event") == "error":
                ends[event["index"]] = event
            if len(shown) == len(models) and "started again" not in started.output:
                started.find("celery").kill()
                wait.until(lambda: "started again" in started.output, "the worker is not started again")
    answers = [result["response"] for result in results(alice, comparison_path(ends, alice))]

    assert [ends[index]["code"] for index in range(2)] == ["interrupted", "interrupted"]
    assert [len(answer) for answer in answers] == [shown[index] for index in range(2)]
    wait.until(lambda: statuses_of_another_comparison(alice, models) == ["completed", "completed"], "nobody answers")


def statuses_of_another_comparison(alice: ApiClient, models: list[dict[str, str]]) -> list[str]:
    """Return the statuses of its answers; none if it is refused, as it may be in the moment after a death."""
    response = alice.post("/api/v1/compare", json={"prompt": "Again", "providers": models}, timeout=60)
    if response.status_code == 503:
        print(response.text)
        return []
    assert response.status_code == 200, response.text
    return [result["status"] for result in response.json()["turns"][0]["results"]]


def comparison_path(ends: dict[int, Any], alice: ApiClient) -> str:
    """Return the path of the comparison that the ended answers belong to."""
    result = alice.get(f"/api/v1/results/{ends[0]['result_id']}").json()
    return f"/api/v1/comparisons/{result['comparison_id']}"


def test_its_children_end_if_it_is_killed_and_it_can_start_again(started: Started, folder: Path) -> None:
    started.process.kill()
    started.wait_for_exit()
    survivors = started.survivors()

    again = Started(folder, port=started.port)
    again.wait_until_ready()
    again.end()

    assert survivors == []
    assert again.process.returncode == 0


def test_answers_that_ran_or_waited_when_it_was_killed_end_after_its_next_start(folder: Path) -> None:
    first = Started(folder, variables={"RUNNING_PER_USER": "1"})
    first.wait_until_ready()
    alice = registered(first)
    models = [{"provider": "demo", "model": "demo-scholar"}, {"provider": "demo", "model": "demo-swift"}]
    started = alice.post("/api/v1/comparisons", json={"prompt": "Go", "providers": models}).json()
    path = f"/api/v1/comparisons/{started['comparison_id']}"
    wait.until(lambda: results(alice, path)[0]["response"] != "", "no text is saved")

    first.process.kill()
    first.wait_for_exit()
    (first.var / "dump.rdb").write_bytes(OF_REDIS_6_2)
    again = Started(folder, port=first.port, variables={"REDIS_MEMORY_MB": "32"})
    again.wait_until_ready()
    with Redis.from_url(f"unix://{again.var}/redis.sock") as redis:
        memory = redis.config_get("maxmemory")
    wait.until(lambda: statuses(results(alice, path)) == ["interrupted", "completed"], "the answers do not end", 30)
    ran, waited = results(alice, path)
    again.end()

    assert ran["response"] != ""
    assert waited["response"] != ""
    assert memory == {"maxmemory": str(32 * 2**20)}


def registered(run: Started) -> ApiClient:
    """Return the client of a new user."""
    person = {"username": "alice", "email": "alice@example.org", "password": PASSWORD}
    token = requests.post(f"{run.url}/api/v1/auth/register", json=person, timeout=30).json()["access"]
    return ApiClient(run.url, token)


def results(alice: ApiClient, path: str) -> list[dict[str, Any]]:
    """Return the answers of a comparison with one turn."""
    found: list[dict[str, Any]] = alice.get(path).json()["turns"][0]["results"]
    return found


def statuses(of: list[dict[str, Any]]) -> list[str]:
    return [result["status"] for result in of]


def test_it_refuses_a_folder_that_is_in_use(started: Started, folder: Path) -> None:
    second = Started(folder)

    status = second.wait_for_exit()

    assert status == 2
    assert second.output == (
        f"LLMSelect cannot start. LLMSelect already runs on the data in {started.var}. "
        "Stop it first, or give this one its own folder: VAR_DIR=…\n"
    )


def test_it_refuses_a_busy_port_before_anything_starts(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = Started(folder, port=port)
        status = refused.wait_for_exit()

    assert status == 2
    assert refused.output == (
        f"LLMSelect cannot start. Port {port} on 127.0.0.1 is in use by another program. "
        f"Stop that one, or choose another port: PORT={port + 1} make run\n"
    )


def test_it_says_that_the_configured_redis_does_not_respond(folder: Path) -> None:
    run = Started(folder, variables={"REDIS_URL": f"redis://:secret@127.0.0.1:{free_port()}/0"})

    status = run.wait_for_exit()

    assert status == 2
    assert "does not respond. Check that it runs and that REDIS_URL is right." in run.output
    assert "secret" not in run.output
    assert "Traceback" not in run.output


def test_it_serves_with_daphne(folder: Path) -> None:
    run = Started(folder, variables={"ASGI_SERVER": "daphne"})
    run.wait_until_ready()

    page = requests.get(f"http://127.0.0.1:{run.port}/health/live", timeout=10)
    run.end()

    assert page.json() == {"status": "ok"}
    assert run.process.returncode == 0
    assert run.survivors() == []


def test_it_ends_with_the_terminal_that_runs_make(folder: Path) -> None:
    run = Started(folder, command=("make", "--no-print-directory", "run"))
    run.wait_until_ready()

    os.killpg(run.process.pid, signal.SIGINT)
    run.wait_for_exit()

    assert run.survivors() == []
    assert not (run.var / "redis.sock").exists()


def test_install_refuses_an_old_python(tmp_path: Path) -> None:
    for name in ("python3.13", "python3.12", "python3.11", "python3"):
        old = tmp_path / "path" / name
        old.parent.mkdir(exist_ok=True)
        old.write_text("#!/bin/sh\nexit 1\n")
        old.chmod(0o755)
    checkout = tmp_path / "checkout" / "bin"
    checkout.mkdir(parents=True)
    (checkout / "install").write_bytes((ROOT / "bin" / "install").read_bytes())

    done = subprocess.run(
        ["/bin/sh", checkout / "install", "requirements.txt"],
        env={"PATH": f"{tmp_path / 'path'}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stderr == (
        "LLMSelect needs Python 3.11 or newer, and there is none on the PATH. Install it and try again.\n"
    )
