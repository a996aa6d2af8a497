"""Files that are whole or not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO


def replace_file(path: Path, write_to: Callable[[IO[bytes]], object]) -> Path:
    """Write beside and rename: a reader never sees half a file, whenever this process ends. Gives the path."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            write_to(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:  # an interrupt too leaves nothing behind
        Path(name).unlink(missing_ok=True)
        raise
    return path
