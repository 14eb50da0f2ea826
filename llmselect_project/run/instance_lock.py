"""Checks that the data folder and the port of this LLMSelect are not in use by another program."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from llmselect_project.run import StartError


@contextmanager
def data_directory(path: Path) -> Iterator[None]:
    """Lock the folder until the block or the process ends; raises StartError if it is locked.

    The lock is on the folder itself, so no file is left behind.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as exc:
        raise StartError(
            f"LLMSelect already runs on the data in {path}. Stop it first, or give this one its own folder: VAR_DIR=…"
        ) from exc
    finally:
        os.close(descriptor)


def free_port(host: str, port: int) -> None:
    """Check that the web process will be able to listen on the port; raises StartError if it will not."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror as exc:
        raise StartError(f"HOST is {host}, which is not an address of this computer. Leave it unset.") from exc
    except PermissionError as exc:
        raise StartError(f"You may not listen on port {port}. Choose one above 1023: PORT=8001 make run") from exc
    except OSError as exc:
        raise StartError(
            f"Port {port} on {host} is in use by another program. Stop that one, or choose another port: "
            f"PORT={port + 1} make run"
        ) from exc
