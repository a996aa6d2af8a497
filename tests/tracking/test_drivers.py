"""Several drivers at once in one store, each a process of its own, against the embedded store row by row."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from symbench.journal.file import Journal
from symbench.leaderboard import leaderboard
from symbench.tracking import sync
from symbench.trial.result import TrialResult
from tests.conftest import BEHAVIOURS
from tests.servers import MlflowServer, Postgres
from tests.tracking.conftest import held, identities, once_each

SUITE = """
name: NAME
seeds: 5
discovery:
  - task: tiny
    train_sizes: [10, 20]
    methods: [behave, {name: behave, label: bad, params: {how: raise}}]
"""


def drivers(folder: Path, uri: str, names: list[str]) -> list[list[TrialResult]]:
    """Run these suites at the same time into one store, each in a home of its own; gives the journals."""
    started = []
    for number, name in enumerate(names):
        home = folder / f"home{number}"
        suite = folder / f"{number}.yaml"
        suite.write_text(SUITE.replace("NAME", name))
        command = [sys.executable, "-m", "symbench.cli", "run", str(suite), "--executor", "local", "--json"]
        started.append(
            subprocess.Popen(
                [*command, "--plugin", str(BEHAVIOURS), "--home", str(home)],
                env={**os.environ, "MLFLOW_TRACKING_URI": uri, "SYMBENCH_TRACKING_WAIT": "200"},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    for process in started:
        _, err = process.communicate(timeout=250)
        assert process.returncode == 1, f"the failing trials decide the exit code\n{err}"
        assert "MLflow was not written" not in err, err
    return [
        list(Journal(folder / f"home{number}" / "runs" / name / "journal.jsonl").results())
        for number, name in enumerate(names)
    ]


def check(folder: Path, uri: str, reference: str) -> None:
    """Two drivers of one suite, which make its experiment at the same moment, and one of another."""
    journals = drivers(folder, uri, ["same", "same", "other"])
    assert identities(uri, "same") == once_each(journals[0])
    assert identities(uri, "other") == once_each(journals[2])
    rows = {}
    for number, journal in enumerate(journals):
        place = reference.replace("NUMBER", str(number))
        rows[number] = leaderboard(journal)
        sync(place, "same" if number < 2 else "other", journal, rows[number])
    assert held(uri, "other") == held(reference.replace("NUMBER", "2"), "other")
    assert held(uri, "other", "leaderboard") == held(reference.replace("NUMBER", "2"), "other", "leaderboard")
    either = [dict(held(reference.replace("NUMBER", str(number)), "same")) for number in (0, 1)]
    assert all(content in [rows[identity] for rows in either] for identity, content in held(uri, "same"))
    assert len(held(uri, "same", "execution")) == 2
    assert {content["status"] for _, content in held(uri, "same", "execution")} == {"FAILED"}, "some trials failed"
    assert len(held(uri, "same", "leaderboard")) == len(rows[0])
    # and once more what two journals hold: nothing is added, whichever comes last
    for journal in journals[:2]:
        assert sync(uri, "same", journal, rows[0]) == len(journal)
    assert identities(uri, "same") == once_each(journals[0])
    assert held(uri, "same") == sorted(either[1].items())


@pytest.fixture
def reference(sqlite: Callable[[str], str]) -> str:
    """Addresses of embedded stores, by NUMBER."""
    for number in range(3):
        sqlite(f"reference{number}")
    return sqlite("reference").replace("reference.db", "referenceNUMBER.db")


def test_drivers_at_once_on_a_server(tmp_path: Path, server: MlflowServer, reference: str) -> None:
    check(tmp_path, server.url, reference)


def test_drivers_at_once_on_postgresql_itself_whose_tables_are_not_made(
    tmp_path: Path, postgres: Postgres, reference: str
) -> None:
    check(tmp_path, postgres.create("fresh"), reference)


@pytest.mark.slow
def test_drivers_at_once_on_a_server_with_postgresql(tmp_path: Path, postgres: Postgres, reference: str) -> None:
    with MlflowServer(postgres.copy("served", of="made"), tmp_path, workers=4) as own:
        check(tmp_path, own.url, reference)


@pytest.mark.slow
def test_drivers_at_once_on_one_file_that_is_not_there(tmp_path: Path, reference: str) -> None:
    check(tmp_path, f"sqlite:///{tmp_path}/new/mlflow.db", reference)
