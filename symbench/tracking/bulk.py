"""Many finished runs into a database of MLflow, in one transaction.

MLflow's client writes a run in three calls of some forty milliseconds together, most of it spent in statements a run;
a thousand short trials would wait for their records. A database that we reach ourselves, embedded or PostgreSQL, has
the schema of the MLflow that is installed, which MLflow checks when it opens one; it takes all rows of many runs in
five statements, all or none. Servers, and a schema that this does not fit, go through the client.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from symbench.tracking.runs import FinishedRun


class SchemaMismatchError(Exception):
    """The installed MLflow keeps runs otherwise than this module knows."""


def write_runs(client: Any, experiment: str, runs: Sequence[FinishedRun]) -> list[str]:
    """Write all of these runs or none; gives their ids.

    client   an MlflowClient on a database
    Raises SchemaMismatchError, with nothing written, where the store does not take the rows, and what MLflow raises
    where the database is locked or away.
    """
    try:
        from mlflow.exceptions import MlflowException
        from mlflow.store.tracking.dbmodels import models
        from mlflow.utils.uri import append_to_uri_path
        from sqlalchemy import insert
        from sqlalchemy.exc import SQLAlchemyError
    except ImportError as error:
        raise SchemaMismatchError(str(error)) from error
    location = client.get_experiment(experiment).artifact_location
    ids = [uuid.uuid4().hex for _ in runs]
    rows: dict[Any, list[dict[str, Any]]] = {
        models.SqlRun: [],
        models.SqlTag: [],
        models.SqlParam: [],
        models.SqlMetric: [],
        models.SqlLatestMetric: [],
    }
    for run_id, run in zip(ids, runs, strict=True):
        rows[models.SqlRun].append(
            {
                "run_uuid": run_id,
                "name": run.name,
                "experiment_id": int(experiment),
                "artifact_uri": append_to_uri_path(location, run_id, "artifacts"),
                "source_type": "UNKNOWN",
                "source_name": "",
                "entry_point_name": "",
                "source_version": "",
                "user_id": "unknown",
                "status": run.status,
                "start_time": run.ended_at,
                "end_time": run.ended_at,
                "lifecycle_stage": "active",
            }
        )
        tags = {**run.tags, "mlflow.runName": run.name}
        rows[models.SqlTag] += [{"run_uuid": run_id, "key": key, "value": value} for key, value in tags.items()]
        rows[models.SqlParam] += [{"run_uuid": run_id, "key": k, "value": v} for k, v in run.params.items()]
        metrics = [
            {"run_uuid": run_id, "key": k, "value": v, "timestamp": run.ended_at, "step": 0, "is_nan": False}
            for k, v in run.metrics.items()
        ]
        rows[models.SqlMetric] += metrics
        rows[models.SqlLatestMetric] += metrics
    try:
        with client._tracking_client.store.ManagedSessionMaker() as session:
            for model, values in rows.items():
                if values:
                    session.execute(insert(model), values)
    except (AttributeError, TypeError, MlflowException, SQLAlchemyError) as error:
        if _is_away(error):
            raise
        raise SchemaMismatchError(str(error)) from error
    return ids


def has_doubles(client: Any, experiment: str, tag: str) -> bool:
    """Whether two living runs of an experiment carry the same value of a tag: one statement, where reading all runs
    takes two milliseconds a run.

    client   an MlflowClient on a database
    """
    from mlflow.store.tracking.dbmodels.models import SqlRun, SqlTag
    from sqlalchemy import func, select

    query = (
        select(SqlTag.value)
        .join(SqlRun, SqlRun.run_uuid == SqlTag.run_uuid)
        .where(SqlTag.key == tag, SqlRun.experiment_id == int(experiment), SqlRun.lifecycle_stage == "active")
        .group_by(SqlTag.value)
        .having(func.count() > 1)
        .limit(1)
    )
    with client._tracking_client.store.ManagedSessionMaker() as session:
        return session.execute(query).first() is not None


def _is_away(error: BaseException) -> bool:
    """Whether the database, rather than what it was asked, is the trouble: locked, full, restarted."""
    from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
    from sqlalchemy.exc import TimeoutError as PoolTimeoutError

    cause = error.__cause__ or error
    if isinstance(cause, OperationalError):
        return not any(words in str(cause.orig) for words in ("no column", "no such column", "no such table"))
    invalidated = isinstance(cause, DBAPIError) and cause.connection_invalidated
    return invalidated or isinstance(cause, InterfaceError | PoolTimeoutError)
