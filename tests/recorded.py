"""Recorded events that tests use where somebody has them: a folder in $SYMBENCH_CMS_DATA, or ../shared/data/cms."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from symbench.data.cms.open_data import GROUPS
from symbench.data.public.fetch import put

VARIABLE = "SYMBENCH_CMS_DATA"


def recorded_file(name: str) -> Path:
    """A recorded file of this name; skips the test where it is not to be had."""
    file = _folder() / name
    if not file.is_file():
        pytest.skip(f"{name} of CERN Open Data: set {VARIABLE} to a folder that holds it")
    return file


def _folder() -> Path:
    return Path(os.environ.get(VARIABLE) or Path(__file__).parents[2] / "shared" / "data" / "cms")


def recorded_home(home: Path, task: str) -> Path:
    """A data folder under `home` with the files of this task; skips the test where they are not to be had."""
    folder = _folder()
    missing = [file.name for file in GROUPS[task] if not (folder / file.name).is_file()]
    if missing:
        pytest.skip(f"{', '.join(missing)} of CERN Open Data: set {VARIABLE} to a folder that holds them")
    for file in GROUPS[task]:
        put(file.download(home / "data"), folder)
    return home / "data"
