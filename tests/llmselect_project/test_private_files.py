from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

from tests.support.live import ROOT


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_can_read_what_is_in_a_folder_that_others_may_enter(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    earlier = tmp_path / "llmselect.sqlite3"
    earlier.touch(mode=0o644)
    environment = {**os.environ, "VAR_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{earlier}"}

    command = [sys.executable, "-m", "llmselect_project.run.preparation"]
    subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, umask=0o022)

    # Static files are for everybody.
    files = [each for each in tmp_path.rglob("*") if each.is_file() and each.relative_to(tmp_path).parts[0] != "static"]
    assert earlier.stat().st_size > 0
    assert [each for each in files if mode(each) & 0o077] == []
