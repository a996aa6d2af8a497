"""MLflow's client, set up so that a store that is away is noticed in seconds.

MLflow retries a request seven times with pauses that double, four minutes in all, and opens a database in ten
attempts over a hundred seconds; while it does, nobody learns anything. Here every failure comes out at once: the
tracker has its own pauses, and looks at what the store holds before it writes again, which a repeated request does
not. What a user has set in the environment stays.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from symbench.extras import require
from symbench.tracking.private import database_store, quiet_logging
from symbench.tracking.sqlite_store import prepare

SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # standard output is the command's own, and may be JSON
    "PGCONNECT_TIMEOUT": "10",
}
"""What symbench's process asks of MLflow and its libraries unless the environment says otherwise; times in seconds."""


def is_server(uri: str) -> bool:
    """Whether a store is reached through a tracking server rather than as a database."""
    return not uri.startswith(("sqlite:", "postgresql", "mysql", "mssql"))


def sqlite_file(uri: str) -> Path | None:
    """The file of an SQLite store."""
    return Path(uri.removeprefix("sqlite:///")) if uri.startswith("sqlite:///") else None


def require_driver(uri: str) -> None:
    """Raise MissingExtraError if the store is a PostgreSQL database whose driver an extra would install."""
    if uri.startswith(("postgresql://", "postgresql+psycopg2://")):
        require("psycopg2", "postgres")


def open_client(uri: str) -> Any:
    """An MlflowClient on a store that answered just now, its tables made; raises what the store raises.

    An SQLite store that a killed process left incomplete is renamed and made anew, with a warning.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    from mlflow.tracking import MlflowClient

    quiet_logging()
    if is_server(uri):
        return MlflowClient(uri)
    file = sqlite_file(uri)
    with _one_connection(uri) if file is None else _alone(file):
        return MlflowClient(uri)  # which makes the tables where there are none


@contextlib.contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Only one process at a time opens the file: several would each create the tables of a new one, and all but one
    fail.
    """
    from filelock import FileLock

    file.parent.mkdir(parents=True, exist_ok=True)
    # a lock of the kernel only, which ends with its process
    with FileLock(file.with_name(f"{file.name}.lock"), fallback_to_soft=False):
        if prepare(file, _close_after_use):
            _close_after_use(file)  # MLflow may have connections to a file that was there before
        yield


def _close_after_use(file: Path) -> None:
    """Let MLflow make its tables where there are none, and close its connections."""
    from mlflow.tracking import MlflowClient

    database_store(MlflowClient(f"sqlite:///{file}")).engine.dispose()


@contextlib.contextmanager
def _one_connection(uri: str) -> Iterator[None]:
    """A server's database: that it answers, and that nobody else makes its tables meanwhile."""
    require_driver(uri)
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    engine = create_engine(uri, poolclass=NullPool)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            number = int.from_bytes(hashlib.sha256(b"symbench tables").digest()[:7])
            # Of the transaction: gone with it, however this process ends.
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
        yield
