"""Everything that symbench uses of MLflow beyond its documented interface.

No other module may use such parts. Each function states its purpose; `USES` lists the undocumented names of MLflow that
it depends on, which a test looks up in the installed MLflow, and `PAGE_TEXTS` the words of MLflow's web page that saved
views depend on. The releases in TRIED_VERSIONS have all of them.
"""

from __future__ import annotations

import base64
import json
import logging
import math
import sys
import zlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symbench.tracking.runs import FinishedRun

TRIED_VERSIONS = ("3.10.0", "3.17.2")

_TABLES = "mlflow.store.tracking.dbmodels.models"
USES: dict[str, tuple[str, ...]] = {
    "database_store": ("mlflow.tracking._tracking_service.client:TrackingServiceClient.store",),
    "session": ("mlflow.store.tracking.sqlalchemy_store:SqlAlchemyStore",),
    "run_rows": (
        f"{_TABLES}:SqlRun",
        *(
            f"{_TABLES}:SqlRun.{column}"
            for column in (
                *("run_uuid", "name", "experiment_id", "artifact_uri", "source_type", "source_name"),
                *("entry_point_name", "source_version", "user_id", "status", "start_time", "end_time"),
                "lifecycle_stage",
            )
        ),
        *(f"{_TABLES}:{table}.{c}" for table in ("SqlTag", "SqlParam") for c in ("run_uuid", "key", "value")),
        *(
            f"{_TABLES}:{table}.{column}"
            for table in ("SqlMetric", "SqlLatestMetric")
            for column in ("run_uuid", "key", "value", "timestamp", "step", "is_nan")
        ),
        "mlflow.store.tracking.dbmodels:models",
        "mlflow.utils.uri:append_to_uri_path",
    ),
    "repeated_tag_query": (
        f"{_TABLES}:SqlRun",
        f"{_TABLES}:SqlTag",
        f"{_TABLES}:SqlRun.lifecycle_stage",
        f"{_TABLES}:SqlRun.experiment_id",
    ),
    "quiet_logging": ("mlflow.store.db.utils:_logger",),
    "view_tag": (),
    "view_value": (),
    "view_path": (),
}
"""Function → undocumented names as `module:attribute`."""

_VIEW_TAG = "mlflow.sharedViewState."
_VIEW_PARAMETER = "viewStateShareKey"
_DEFLATED = "deflate;"
PAGE_TEXTS = {
    "view_tag": (_VIEW_TAG,),
    "view_value": (_DEFLATED, "orderByKey", "orderByAsc", "selectedColumns", "searchFilter"),
    "view_path": (_VIEW_PARAMETER,),
}
"""Function → words in the scripts of MLflow's web page."""


def database_store(client: Any) -> Any:
    """The store of a client that is connected to a database."""
    return client._tracking_client.store


def session(client: Any) -> AbstractContextManager[Any]:
    """A transaction of SQLAlchemy on the client's database; MLflow's exceptions if it is locked or away."""
    context: AbstractContextManager[Any] = database_store(client).ManagedSessionMaker()
    return context


def run_rows(
    experiment: str, location: str, ids: Sequence[str], runs: Sequence[FinishedRun]
) -> dict[Any, list[dict[str, Any]]]:
    """Table → rows of finished runs, as MLflow's own client would write them.

    location   of the experiment's artifacts
    Raises ImportError if the installed MLflow has other tables.
    """
    from mlflow.store.tracking.dbmodels import models
    from mlflow.utils.uri import append_to_uri_path

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
                "start_time": run.started_at,
                "end_time": run.ended_at,
                "lifecycle_stage": "active",
            }
        )
        tags = {**run.tags, "mlflow.runName": run.name}
        rows[models.SqlTag] += [{"run_uuid": run_id, "key": key, "value": value} for key, value in tags.items()]
        rows[models.SqlParam] += [{"run_uuid": run_id, "key": k, "value": v} for k, v in run.params.items()]
        metrics = [
            {"run_uuid": run_id, "key": k, "value": v, "timestamp": run.ended_at, "step": 0, "is_nan": is_nan}
            for k, (is_nan, v) in ((k, _column(v)) for k, v in run.metrics.items())
        ]
        rows[models.SqlMetric] += metrics
        rows[models.SqlLatestMetric] += metrics
    return rows


def _column(value: float) -> tuple[bool, float]:
    """A metric as MLflow stores it, `is_nan` and a number: SQL has no infinity, which becomes the largest double."""
    return math.isnan(value), 0.0 if math.isnan(value) else min(max(value, -sys.float_info.max), sys.float_info.max)


def repeated_tag_query(experiment: str, tag: str) -> Any:
    """A query for a value of a tag that two active runs of an experiment have in common."""
    from mlflow.store.tracking.dbmodels.models import SqlRun, SqlTag
    from sqlalchemy import func, select

    return (
        select(SqlTag.value)
        .join(SqlRun, SqlRun.run_uuid == SqlTag.run_uuid)
        .where(SqlTag.key == tag, SqlRun.experiment_id == int(experiment), SqlRun.lifecycle_stage == "active")
        .group_by(SqlTag.value)
        .having(func.count() > 1)
        .limit(1)
    )


def quiet_logging() -> None:
    """Silence MLflow's loggers, after its import. One logs a failed statement with all rows; it is raised as well."""
    for name in ("alembic", "mlflow"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)


def view_tag(key: str) -> str:
    """The tag of an experiment that keeps the saved view with this key."""
    return _VIEW_TAG + key


def view_value(name: str, state: dict[str, Any]) -> str:
    """The value of such a tag: JSON of a name, two times, and the deflated state of the page's table."""
    deflated = zlib.compress(json.dumps(state, sort_keys=True).encode(), 9)
    encoded = base64.b64encode(deflated).decode()
    return json.dumps({"name": name, "createdAt": 0, "updatedAt": 0, "state": f"{_DEFLATED}{encoded}"})


def view_path(experiment: str, key: str) -> str:
    """The path of a saved view in the address of MLflow's page."""
    return f"#/experiments/{experiment}/runs?{_VIEW_PARAMETER}={key}"
