"""Many finished runs into an embedded SQLite store of MLflow, in one transaction.

MLflow's client writes a run in three calls of some forty milliseconds together, most of it spent in statements a run;
a thousand short trials would wait for their records. The embedded store is a file of our own, made by the MLflow that
is installed, and takes all rows of many runs in five statements. Other stores, and a schema that this does not fit, go
through the client.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FinishedRun:
    """A run to be written once. `content` tells two versions of the same identity apart; times in ms."""

    identity: str
    content: str
    name: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, float]
    ended_at: int
    ok: bool

    @property
    def status(self) -> str:
        return "FINISHED" if self.ok else "FAILED"


class SchemaMismatchError(Exception):
    """The installed MLflow keeps runs otherwise than this module knows."""


def write_runs(client: Any, experiment: str, runs: Sequence[FinishedRun]) -> list[str]:
    """Write all of these runs or none; gives their ids.

    client   an MlflowClient on a SQLite store
    Raises SchemaMismatchError, with nothing written, where the store does not take the rows.
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
                "experiment_id": experiment,
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
        raise SchemaMismatchError(str(error)) from error
    return ids
