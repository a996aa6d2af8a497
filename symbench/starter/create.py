"""A new folder with a copy of the template."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

README = "README.md"
FILES = (README, "suite.yaml", "dimuons.csv", "my_method.py")

_TEMPLATE = Path(__file__).parent / "template"


def create(folder: Path) -> list[Path]:
    """Copy the template into a folder that is new or empty; returns the files written.

    Raises FileExistsError if the folder has any content, other OSErrors if it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(errno.EEXIST, "the folder is not empty", str(folder))
    return [shutil.copyfile(_TEMPLATE / name, folder / name) for name in FILES]
