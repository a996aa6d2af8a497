"""The mirror in MLflow: the same by either way of writing, whole or not there, each identity once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from symbench.redaction import redact_address
from symbench.suite.resolve import CheckedSuite
from symbench.tracking import Store, replay, sync
from symbench.tracking.store import CONTENT, IDENTITY, KIND
from symbench.trial.result import Status, TrialError, TrialResult

SUITE = """
name: mirror
seeds: 3
discovery:
  - {task: tiny, train_sizes: [10], methods: [behave]}
"""


@pytest.fixture
def results(make_suite: Callable[[str], CheckedSuite]) -> list[TrialResult]:
    made = [
        TrialResult(
            key=spec.key,
            spec=spec,
            status=Status.OK,
            metrics={"f1": 0.25, "count": 6.0},
            timings={"fit": 1.5},
            notes={"algebra": "so(3)", "data_source": "made"},
            environment={"python": "3"},
            peak_memory_mib=12.0,
            finished_at=1_700_000_000.125,
        )
        for spec in make_suite(SUITE).trials()
    ]
    made[2] = made[2].model_copy(update={"status": Status.FAILED, "error": TrialError(type="E", message="m")})
    return made


@pytest.fixture
def store(tmp_path: Path, empty_store: Path) -> Callable[[str], Store]:
    def make(name: str) -> Store:
        shutil.copy(empty_store, tmp_path / f"{name}.db")
        return Store(f"sqlite:///{tmp_path}/{name}.db", "mirror", tmp_path / name)

    return make


def _content(store: Store) -> dict[str, Any]:
    runs = store.client.search_runs([store.experiment], "tags.`symbench.kind` = 'trial'")
    return {
        run.data.tags["symbench.identity"]: (
            run.info.run_name,
            run.info.status,
            run.info.start_time,
            run.info.end_time,
            run.info.artifact_uri.rsplit("/", 1)[-1],
            run.data.params,
            run.data.metrics,
            run.data.tags,
            [(m.value, m.timestamp, m.step) for m in store.client.get_metric_history(run.info.run_id, "f1")],
        )
        for run in runs
    }


def test_bulk_rows_are_what_the_client_would_have_written(
    store: Callable[[str], Store], results: list[TrialResult]
) -> None:
    bulk, client = store("bulk"), store("client")
    client._bulk = False
    for each in (bulk, client):
        each.put_trials(results, "parent")
    assert bulk._bulk, "the installed MLflow no longer takes the rows in bulk"
    assert len(_content(bulk)) == 3
    assert _content(bulk) == _content(client)


def test_runs_written_in_bulk_can_be_changed_and_deleted_by_the_client(
    store: Callable[[str], Store], results: list[TrialResult]
) -> None:
    made = store("s")
    made.put_trials(results, None)
    (run, *_) = made.client.search_runs([made.experiment])
    made.client.set_tag(run.info.run_id, "mine", "yes")
    made.client.log_metric(run.info.run_id, "f1", 0.5, step=1)
    assert made.client.get_run(run.info.run_id).data.metrics["f1"] == 0.5
    made.client.delete_run(run.info.run_id)
    assert len(made.client.search_runs([made.experiment])) == 2


@pytest.mark.parametrize("bulk", [True, False])
def test_writing_again_changes_nothing_and_a_new_result_replaces(
    store: Callable[[str], Store], results: list[TrialResult], tmp_path: Path, bulk: bool
) -> None:
    made = store("s")
    made._bulk = bulk
    made.put_trials(results, None)
    before = {run.info.run_id for run in made.client.search_runs([made.experiment])}
    again = Store(f"sqlite:///{tmp_path}/s.db", "mirror")
    again.put_trials(results, None)
    assert {run.info.run_id for run in made.client.search_runs([made.experiment])} == before
    newer = results[2].model_copy(update={"status": Status.OK, "error": None, "finished_at": 1_700_000_100.0})
    again.put_trials([newer], None)
    after = _content(again)
    assert len(after) == 3
    assert after[newer.key][1] == "FINISHED"


def test_a_run_that_was_cut_off_is_written_anew(
    store: Callable[[str], Store], results: list[TrialResult], tmp_path: Path
) -> None:
    made = store("s")
    tags = {"symbench.kind": "trial", "symbench.identity": results[0].key, "symbench.content": "1700000000.125"}
    made.client.create_run(made.experiment, tags=tags)
    made.put_trials(results, None)
    assert len(made.keys()) == 3
    assert all(content[1] != "RUNNING" for content in _content(made).values())


def test_a_run_that_another_writer_removed_meanwhile_is_written_again(
    tmp_path: Path, empty_store: Path, results: list[TrialResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two writers may make a run for one trial; the one that finds both removes one, under the other's hands."""
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    write = Store._create
    removed: list[str] = []

    def create(self: Store, runs: Any) -> list[str]:
        self._bulk = False
        if not removed:
            run = self.client.create_run(self.experiment)
            self.client.delete_run(run.info.run_id)
            removed.append(run.info.run_id)
            self.client.log_param(run.info.run_id, "a", "b")
        return write(self, runs)

    monkeypatch.setattr(Store, "_create", create)
    monkeypatch.setattr(replay, "PAUSES", (0.0,))
    assert sync(uri, "mirror", results, []) == len(results)
    assert removed


def test_two_drivers_that_choose_the_other_way_round_leave_one_run(
    store: Callable[[str], Store], results: list[TrialResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first sees the second's run before it is complete; it is complete, and preferred, when the second looks."""
    first = store("s")
    second = Store(f"sqlite:///{tmp_path}/s.db", "mirror")
    mine = results[0]
    first.put_trials([mine], None)
    tags = {KIND: "trial", IDENTITY: mine.key, CONTENT: "1700000001.0"}
    late = second.client.create_run(second.experiment, tags=tags).info.run_id
    delete = first.client.delete_run

    def delete_in_the_middle(run_id: str) -> None:
        monkeypatch.undo()
        assert run_id == late
        second.client.set_terminated(late, "FINISHED")
        assert second.keys() == {mine.key}
        delete(run_id)

    monkeypatch.setattr(first.client, "delete_run", delete_in_the_middle)
    first._known.clear()
    assert first.keys() == {mine.key}
    left = first.client.search_runs([first.experiment])
    assert [run.data.tags[IDENTITY] for run in left] == [mine.key]


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("postgresql://me:secret@db/x", "postgresql://me:***@db/x"),
        ("http://host:5000", "http://host:5000"),
        ("sqlite:////a/b.db", "sqlite:////a/b.db"),
    ],
)
def test_passwords_are_not_shown(uri: str, shown: str) -> None:
    assert redact_address(uri) == shown


@pytest.mark.parametrize("bulk", [True, False])
def test_a_run_lasts_as_long_as_its_trial(
    store: Callable[[str], Store], results: list[TrialResult], bulk: bool
) -> None:
    timed = results[0].model_copy(update={"timings": {"total": 2.5}})
    mirror = store("timed")
    mirror._bulk = bulk
    mirror.put_trials([timed], None)
    (run,) = mirror.client.search_runs([mirror.experiment], "tags.`symbench.kind` = 'trial'")
    assert run.info.end_time - run.info.start_time == 2500
