"""The file of an SQLite store: made whole, recognised if it is broken, and told from the one that was there before.

MLflow makes some forty tables one by one, which takes seconds, and cannot continue if it was killed in between. So the
store is made under another name and renamed when it is complete. A store that an interrupted process left incomplete,
or that the disk damaged, is renamed as well: the journals hold what it would hold.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from symbench.files import leftovers, make_beside

_log = logging.getLogger("symbench.tracking")
_WAIT_S = 2.0  # for a lock, which MLflow would wait for ten times five seconds
_MAGIC = b"SQLite format 3\0"
_NUMBER_AT = slice(60, 64)  # bytes of the header that hold `PRAGMA user_version`
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_CONTENT = ("experiments", "runs", "registered_models")
_BESIDE = ("", "-journal", "-wal", "-shm")


def prepare(file: Path, make_tables: Callable[[Path], None]) -> bool:
    """Make the store if it is not there, and replace a broken one; the caller holds the lock. Whether it was made.

    make_tables   makes a complete store in a new file and closes it
    Raises OSError and sqlite3.Error: a lock, a full disk, a file that is no store.
    """
    for leftover in leftovers(file):
        leftover.unlink(missing_ok=True)
    if file.exists() and file.stat().st_size:
        problem = _defect(file)
        if problem is None:
            return False
        _set_aside(file, problem)

    def make(beside: Path) -> None:
        make_tables(beside)
        with contextlib.closing(sqlite3.connect(beside)) as connection:
            connection.execute(f"PRAGMA user_version = {secrets.randbelow(2**31 - 1) + 1}")

    make_beside(file, make)
    return True


def number_of(file: Path) -> str | None:
    """What tells this store from another at the same path; None without a store. Copies have the same number."""
    try:
        with file.open("rb") as content:
            header = content.read(100)
    except OSError:
        return None
    return header[_NUMBER_AT].hex() if header.startswith(_MAGIC) else None


def _defect(file: Path) -> str | None:
    """Why the store can never be used; None if it may be. Raises sqlite3.Error for what may pass, such as a lock."""
    with file.open("rb") as content:
        header = content.read(len(_MAGIC))
    if header != _MAGIC and header.strip(b"\0"):
        raise sqlite3.DatabaseError(f"{file} is no SQLite file: is the address right?")
    try:
        with contextlib.closing(sqlite3.connect(file, timeout=_WAIT_S)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not tables:
                return "it has no tables"
            if "experiments" not in tables:
                raise sqlite3.DatabaseError(f"{file} is a database of another program")
            # MLflow writes its first experiment when all tables are there.
            is_empty = all(
                connection.execute(f"SELECT NOT EXISTS (SELECT 1 FROM {table})").fetchone()[0]  # noqa: S608
                for table in _CONTENT
                if table in tables
            )
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) in _DAMAGED:
            return str(error)
        raise
    return "its tables were not all made" if is_empty else None


def _set_aside(file: Path, problem: str) -> None:
    target = file.with_name(f"{file.name}.broken-{time.strftime('%Y%m%dT%H%M%S')}-{secrets.token_hex(2)}")
    for suffix in _BESIDE:
        with contextlib.suppress(FileNotFoundError):
            file.with_name(file.name + suffix).rename(target.with_name(target.name + suffix))
    _log.warning(
        "the MLflow store %s is broken (%s): renamed to %s and made anew; a run or `symbench sync SUITE` fills it from "
        "the journal",
        file,
        problem,
        target.name,
    )
