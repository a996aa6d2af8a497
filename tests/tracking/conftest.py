"""Results to mirror, servers to mirror them into, and what a store holds in a form that can be compared."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from symbench.leaderboard import leaderboard
from symbench.tracking import Owner, Patience, Store
from symbench.tracking.private import database_store
from symbench.trial.result import TrialResult
from tests.factories import discovery_trials
from tests.servers import MlflowServer, Postgres, postgres_binaries

IMPATIENT = Patience(standstill=60, flush=90, first_retry=0.05, longest_retry=0.5, closing_retry=0.2)
"""For tests that wait for a store to come back: short pauses, and an end that is not reached on a loaded machine."""


@pytest.fixture
def results() -> list[TrialResult]:
    """Forty results of four methods, without training."""
    made = discovery_trials(sizes=(50, 400), seeds=5)
    leaderboard(made)  # its imports take seconds, which is not what the tests measure
    return made


@pytest.fixture
def sqlite(tmp_path: Path, empty_store: Path) -> Callable[[str], str]:
    """The address of a new SQLite store, its tables made."""

    def make(name: str) -> str:
        shutil.copy(empty_store, tmp_path / f"{name}.db")
        return f"sqlite:///{tmp_path}/{name}.db"

    return make


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory, empty_store: Path) -> Iterator[MlflowServer]:
    """`mlflow server` on SQLite, for tests that leave it running."""
    folder = tmp_path_factory.mktemp("server")
    shutil.copy(empty_store, folder / "mlflow.db")
    with MlflowServer(f"sqlite:///{folder}/mlflow.db", folder) as running:
        yield running


@pytest.fixture(scope="package")
def postgres() -> Iterator[Postgres]:
    """PostgreSQL with a database `made` in which MLflow has made its tables."""
    with Postgres(postgres_binaries()) as running:
        uri = running.create("made")
        database_store(Store(uri, "Default").client).engine.dispose()
        yield running


def held(uri: str, suite: str, kind: str = "trial") -> list[tuple[str, dict[str, Any]]]:
    """Every living run of a kind, by identity, in a form that two stores can be compared by."""
    store = Store(uri, suite)
    runs = store.client.search_runs([store.experiment], f"tags.`symbench.kind` = '{kind}'", max_results=5000)
    ignored = ("mlflow.parentRunId", "mlflow.user", "mlflow.source.name", "mlflow.source.type", *Owner.of(Path()).tags)
    found = []
    for run in runs:
        content = {
            "name": run.info.run_name,
            "status": run.info.status,
            "ended": run.info.end_time if kind == "trial" else None,
            "params": run.data.params,
            "metrics": run.data.metrics,
            "tags": {tag: value for tag, value in run.data.tags.items() if tag not in ignored},
        }
        found.append((run.data.tags["symbench.identity"], content))
    return sorted(found, key=lambda entry: entry[0])


def identities(uri: str, suite: str, kind: str = "trial") -> Counter[str]:
    """How many finished runs there are of each identity; fails where one is not finished."""
    found = held(uri, suite, kind)
    assert found
    assert {content["status"] for _, content in found} <= {"FINISHED", "FAILED"}
    return Counter(identity for identity, _ in found)


def once_each(results: list[TrialResult]) -> Counter[str]:
    return Counter(dict.fromkeys((result.key for result in results), 1))
