"""Many finished runs written into a database of MLflow in one transaction.

MLflow's client writes a run in three calls, which take about forty milliseconds together, so a thousand short trials
would be delayed by tracking. A database that symbench opens directly (SQLite, PostgreSQL) has the schema of the
installed MLflow, which MLflow checks when it opens one; all rows of many runs are written in five statements, all or
none. Servers, and databases with another schema, are written by the client.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from symbench.tracking.private import repeated_tag_query, run_rows, session
from symbench.tracking.runs import FinishedRun


class SchemaMismatchError(Exception):
    """The installed MLflow has other tables than `private.run_rows` fills."""


def write_runs(client: Any, experiment: str, runs: Sequence[FinishedRun]) -> list[str]:
    """Write all of these runs or none; return their ids.

    client   an MlflowClient on a database
    Raises SchemaMismatchError, with nothing written, if the store rejects the rows, and MLflow's exception if the
    database is locked or unreachable.
    """
    try:
        from mlflow.exceptions import MlflowException
        from sqlalchemy import insert
        from sqlalchemy.exc import SQLAlchemyError

        ids = [uuid.uuid4().hex for _ in runs]
        rows = run_rows(experiment, client.get_experiment(experiment).artifact_location, ids, runs)
    except ImportError as error:
        raise SchemaMismatchError(str(error)) from error
    try:
        with session(client) as transaction:
            for table, values in rows.items():
                if values:
                    transaction.execute(insert(table), values)
    except (AttributeError, TypeError, MlflowException, SQLAlchemyError) as error:
        if _is_away(error):
            raise
        raise SchemaMismatchError(str(error)) from error
    return ids


def has_doubles(client: Any, experiment: str, tag: str) -> bool:
    """Whether two active runs of an experiment have the same value of a tag.

    It takes one statement, whereas reading all runs takes two milliseconds for each.

    client   an MlflowClient on a database
    """
    with session(client) as transaction:
        return transaction.execute(repeated_tag_query(experiment, tag)).first() is not None


def _is_away(error: BaseException) -> bool:
    """Whether an error comes from the state of the database (locked, full, restarted), not from the statement."""
    from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
    from sqlalchemy.exc import TimeoutError as PoolTimeoutError

    cause = error.__cause__ or error
    if isinstance(cause, OperationalError):
        return not any(words in str(cause.orig) for words in ("no column", "no such column", "no such table"))
    invalidated = isinstance(cause, DBAPIError) and cause.connection_invalidated
    return invalidated or isinstance(cause, InterfaceError | PoolTimeoutError)
