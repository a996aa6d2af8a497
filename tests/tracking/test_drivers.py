"""Several drivers at once in one store, each a process of its own, against the embedded store row by row."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from symbench.home import Home
from symbench.journal.file import Journal
from symbench.journal.location import JournalLocation
from symbench.leaderboard import leaderboard
from symbench.tracking import Owner, sync
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
    rows, owners = {}, {}
    for number, (name, journal) in enumerate(zip(["same", "same", "other"], journals, strict=True)):
        place = reference.replace("NUMBER", str(number))
        rows[number] = leaderboard(journal)
        home = Home(folder / f"home{number}")
        owners[number] = Owner.of(home.root, JournalLocation.of(None, home, name).identity())
        sync(place, name, journal, rows[number], owner=owners[number])
    assert held(uri, "other") == held(reference.replace("NUMBER", "2"), "other")
    assert held(uri, "other", "leaderboard") == held(reference.replace("NUMBER", "2"), "other", "leaderboard")
    either = [dict(held(reference.replace("NUMBER", str(number)), "same")) for number in (0, 1)]
    assert all(content in [rows[identity] for rows in either] for identity, content in held(uri, "same"))
    assert len(held(uri, "same", "execution")) == 2
    assert {content["status"] for _, content in held(uri, "same", "execution")} == {"FAILED"}, "some trials failed"
    both = [held(reference.replace("NUMBER", str(number)), "same", "leaderboard") for number in (0, 1)]
    assert held(uri, "same", "leaderboard") == sorted(itertools.chain(*both), key=lambda entry: entry[0])
    # A sync of what the store holds adds nothing. Another owner's success counts, a failure becomes that of the last.
    before = successes(held(uri, "same"))
    for number, journal in enumerate(journals[:2]):
        assert sync(uri, "same", journal, rows[number], owner=owners[number]) == len(journal)
    assert identities(uri, "same") == once_each(journals[0])
    assert successes(held(uri, "same")) == before


def successes(runs: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    return [(identity, content) for identity, content in runs if content["status"] == "FINISHED"]


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
