"""The command lines of LLMSelect's processes."""

from __future__ import annotations

import sys

from django.conf import settings

Arguments = tuple[str, ...]

# Celery warns of root because of pickled tasks, which this worker does not accept.
WITHOUT_ROOT_WARNING = "ignore:You're running the worker with superuser privileges"


def preparation() -> Arguments:
    """Return the command that migrates the database, collects static files, and ends."""
    return (sys.executable, "-m", "llmselect_project.run.preparation")


def web(host: str, port: int) -> Arguments:
    """Return the command of the web process, on the server that ``ASGI_SERVER`` names."""
    return _daphne(host, port) if settings.ASGI_SERVER == "daphne" else _uvicorn(host, port)


def worker() -> Arguments:
    """Return the command of a Celery worker, whose tasks only hand work to other threads, and so need none."""
    return (
        *(
            sys.executable,
            "-W",
            WITHOUT_ROOT_WARNING,
            "-m",
            "celery",
            "--quiet",
            "--app",
            "llmselect_project",
            "worker",
        ),
        *("--pool", "solo", "--prefetch-multiplier", "1"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", settings.LOG_LEVEL),
    )


def _uvicorn(host: str, port: int) -> Arguments:
    return (sys.executable, "-m", "llmselect_project.run.web_server", host, str(port))


def _daphne(host: str, port: int) -> Arguments:
    return (
        *(sys.executable, "-m", "daphne", "--bind", host, "--port", str(port)),
        *("--verbosity", "0", "--application-close-timeout", "2", "llmselect_project.asgi:application"),
    )
