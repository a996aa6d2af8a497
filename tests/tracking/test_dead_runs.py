"""Parent runs of drivers that were killed end as killed, by who holds their journal and by no one else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow.tracking import MlflowClient

from symbench.errors import InfrastructureError
from symbench.journal.file import Journal
from symbench.journal.location import JournalLocation
from symbench.tracking import Store, Tracker, sync
from symbench.tracking.dead_runs import end_abandoned
from symbench.trial.result import TrialResult
from tests.tracking.conftest import IMPATIENT


def executions(uri: str) -> dict[str, Any]:
    """The parent runs of the suite by their identity."""
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("killed")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], "tags.`symbench.kind` = 'execution'")
    return {run.data.tags["symbench.identity"]: run for run in runs}


def test_the_next_run_ends_those_of_its_own_journal(
    sqlite: Callable[[str], str], tmp_path: Path, results: list[TrialResult]
) -> None:
    uri = sqlite("store")
    store = Store(uri, "killed", tmp_path)
    mine = store.start_execution("killed", {}, "mine", "here")
    store.put_trials(results[:3], mine)
    for identity, journal in (("early", "here"), ("other", "there"), ("older", None)):
        store.start_execution("killed", {}, identity, journal)
    with Tracker(uri, "killed", tmp_path, journal="here", patience=IMPATIENT) as tracker:
        tracker.begin({"suite": "killed"})
        tracker.finish([], {"ok": 1.0}, ok=True)
    assert tracker.failure is None
    found = executions(uri)
    status = {identity: run.info.status for identity, run in found.items()}
    (new,) = status.keys() - {"mine", "early", "other", "older"}
    assert status.pop(new) == "FINISHED"
    assert status == {"mine": "KILLED", "early": "KILLED", "other": "RUNNING", "older": "RUNNING"}
    started = found["mine"].info.start_time
    last = max(int(result.finished_at * 1000) for result in results[:3])
    assert found["mine"].info.end_time == max(started, last), "when its last trial ended"
    assert found["early"].info.end_time == found["early"].info.start_time, "none had"
    assert end_abandoned(Store(uri, "killed", tmp_path), "here") == 0


def test_sync_ends_them_where_no_driver_holds_the_journal(sqlite: Callable[[str], str], tmp_path: Path) -> None:
    uri = sqlite("store")
    place = JournalLocation(tmp_path / "killed.jsonl")
    with place.unless_held() as identity:
        assert identity is None, "there is no journal"
    assert not place.local.exists()
    with Journal(place.local):
        own = place.identity()
        Store(uri, "killed", tmp_path).start_execution("killed", {}, "driver", own)
        with place.unless_held() as identity:
            assert identity is None
            sync(uri, "killed", [], [], tmp_path, journal=identity)
    assert executions(uri)["driver"].info.status == "RUNNING"
    with place.unless_held() as identity:
        assert identity == own
        sync(uri, "killed", [], [], tmp_path, journal=identity)
    assert executions(uri)["driver"].info.status == "KILLED"


def test_a_journal_is_known_by_a_name_of_its_own(tmp_path: Path) -> None:
    here, there = (JournalLocation(tmp_path / name / "killed.jsonl") for name in ("here", "there"))
    for place in (here, there):
        place.local.parent.mkdir()
    assert here.identity() == JournalLocation(here.local).identity() != there.identity()
    url = JournalLocation(here.local, "s3://bucket/results/killed")
    assert url.identity() == JournalLocation(there.local, url.url).identity() != here.identity()
    with url.unless_held() as identity:
        assert identity is None, "who writes there is not known here"
    assert JournalLocation(tmp_path / "nowhere" / "killed.jsonl").identity() is None


def test_what_goes_wrong_meanwhile_comes_out(tmp_path: Path) -> None:
    place = JournalLocation(tmp_path / "killed.jsonl")
    place.local.touch()
    with pytest.raises(InfrastructureError, match="away"), place.unless_held():
        raise InfrastructureError("the store is away")
    with Journal(place.local):
        pass
