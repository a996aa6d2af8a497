"""Files: written atomically, and identified by their SHA-256."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO


def sha256_of(path: str | os.PathLike[str]) -> str:
    """The SHA-256 of a file's content in hexadecimal digits; the file is read in pieces. Raises OSError."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make_beside(path: Path, make_at: Callable[[Path], object]) -> Path:
    """Make a file under a temporary name in the same folder, force it to the disk and rename it. Returns the path.

    For files that a library writes by their name, such as databases. `leftovers` are what a killed process leaves.
    Raises OSError, and what `make_at` raises.
    """
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        make_at(beside)
        descriptor = os.open(beside, os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(beside, path)
    finally:
        for leftover in path.parent.glob(f"{beside.name}*"):  # a database may have files of its own beside it
            leftover.unlink(missing_ok=True)
    return path


def leftovers(path: Path) -> Iterator[Path]:
    """What processes that were killed in `replace_file` or `make_beside` have left of this file, and what is in work.

    The caller knows that no other process is at work on it, by a lock.
    """
    yield from path.parent.glob(f".{path.name}.*")


def replace_file(path: Path, write_to: Callable[[IO[bytes]], object]) -> Path:
    """Write to a temporary file in the same folder and rename it, so that no process reads an incomplete file.

    Returns the path.

    The temporary file is removed if anything fails. Raises OSError with the path, and what `write_to` raises.
    """
    with _named(path):
        return _replace_file(path, write_to)


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """Give an OSError of writing, which names no file, the path."""
    try:
        yield
    except OSError as error:
        if error.errno is None or error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def _replace_file(path: Path, write_to: Callable[[IO[bytes]], object]) -> Path:
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
