"""Files: written atomically, and identified by their SHA-256."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO


def sha256_of(path: str | os.PathLike[str]) -> str:
    """The SHA-256 of a file's content in hexadecimal digits; the file is read in pieces. Raises OSError."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def replace_file(path: Path, write_to: Callable[[IO[bytes]], object]) -> Path:
    """Write to a temporary file in the same folder and rename it, so that no process reads an incomplete file.

    Returns the path.

    The temporary file is removed if anything fails. Raises OSError, and what `write_to` raises.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            write_to(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:  # also on an interrupt
        Path(name).unlink(missing_ok=True)
        raise
    return path
