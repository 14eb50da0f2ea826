"""The setup step of a start: migrations and static files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import django
from django.conf import settings


def prepare() -> None:
    """Migrate the database and collect the static files, each only if something changed."""
    django.setup()
    _keep_database_private()
    _migrate()
    _collect_static()


def _keep_database_private() -> None:
    """Let nobody else read an SQLite file that was written before our processes took care of that."""
    if settings.DATABASES["default"]["ENGINE"] == "llmselect_project.sqlite3":
        for name in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{settings.DATABASES['default']['NAME']}{name}").chmod(0o600)


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connection, connections
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
            print(f"Bringing the database up to date ({len(plan)} migrations) …", flush=True)
            call_command("migrate", interactive=False, verbosity=0)
    finally:
        connections.close_all()


def _collect_static() -> None:
    from django.core.management import call_command

    fingerprint_file = Path(settings.VAR_DIR) / "static.sha256"
    fingerprint = sha256("\n".join(sorted(_static_files())).encode()).hexdigest()
    if not fingerprint_file.exists() or fingerprint_file.read_text() != fingerprint:
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        fingerprint_file.write_text(fingerprint)


def _static_files() -> Iterator[str]:
    """Yield a line for each file, with its size and time; and the storage, which decides how files are collected."""
    from django.contrib.staticfiles.finders import get_finders

    yield str(settings.STORAGES["staticfiles"])
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = Path(storage.path(path)).stat()
            yield f"{path} {status.st_size} {status.st_mtime_ns}"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "llmselect_project.settings")
    prepare()
