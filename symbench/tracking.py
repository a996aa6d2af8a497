"""MLflow, written by the driver alone and always behind the journal.

An experiment per suite; a parent run per execution; a child run per trial; one leaderboard run per task, method and
training size. Every run that mirrors something carries its identity as a tag, so that writing it again changes
nothing: that is how a killed driver, a server that was away, and `symbench sync` all end in the same store.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from symbench.errors import InfrastructureError
from symbench.files import replace_file
from symbench.tracking_bulk import FinishedRun, SchemaMismatchError, write_runs
from symbench.trial import Status, TrialResult

if TYPE_CHECKING:
    from symbench.leaderboard import LeaderboardRow

KIND, IDENTITY, CONTENT = "symbench.kind", "symbench.identity", "symbench.content"
PARENT = "mlflow.parentRunId"
_PAGE = 1000
_TEXT_LIMIT, _PARAM_LIMIT = 4000, 500
_BATCH = 200


class Store:
    """One experiment in an MLflow store: runs found and written by identity. Blocking; errors are MLflow's."""

    def __init__(self, uri: str, suite: str, artifacts: Path | None = None) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        from mlflow.tracking import MlflowClient

        for name in ("alembic", "mlflow"):  # after the import, which sets levels of its own
            logging.getLogger(name).setLevel(logging.WARNING)

        if uri.startswith("sqlite:///"):
            Path(uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        self.client = MlflowClient(uri)
        found = self.client.get_experiment_by_name(suite)
        if found is not None and found.lifecycle_stage == "deleted":
            self.client.restore_experiment(found.experiment_id)
        self.experiment: str = (
            found.experiment_id
            if found is not None
            else self.client.create_experiment(
                suite, artifact_location=artifacts.absolute().as_uri() if artifacts else None
            )
        )
        self._known: dict[str, dict[str, tuple[str, str, bool]]] = {}
        self._bulk = uri.startswith("sqlite:///")

    def start_execution(self, suite: str, params: dict[str, str]) -> str:
        """A parent run for this execution; gives its id."""
        from mlflow.entities import Param

        run = self.client.create_run(
            self.experiment,
            run_name=f"{suite} {time.strftime('%Y-%m-%d %H:%M:%S')}",
            tags={KIND: "execution"},
        )
        values = [Param(name, value[:_PARAM_LIMIT]) for name, value in params.items()]
        self.client.log_batch(run.info.run_id, params=values)
        return str(run.info.run_id)

    def end_execution(self, parent: str, counts: dict[str, float], ok: bool) -> None:
        """Close a parent run with the number of trials of each status."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self.client.log_batch(parent, metrics=[Metric(f"trials_{k}", v, now, 0) for k, v in counts.items()])
        self.client.set_terminated(parent, "FINISHED" if ok else "FAILED")

    def put_trials(self, results: Iterable[TrialResult], parent: str | None) -> None:
        """Make the store hold these results, each once."""
        self._put("trial", [_trial_run(result) for result in results], parent)

    def put_leaderboard(self, rows: Sequence[LeaderboardRow]) -> None:
        """Make the leaderboard runs be exactly these rows."""
        runs = [_leaderboard_run(row) for row in rows]
        self._put("leaderboard", runs, None)
        known = self._runs("leaderboard")
        for identity in set(known) - {run.identity for run in runs}:
            self.client.delete_run(known.pop(identity)[0])

    def keys(self, kind: str = "trial") -> set[str]:
        """The identities of the finished runs of a kind."""
        return {identity for identity, (_, _, complete) in self._runs(kind).items() if complete}

    def _put(self, kind: str, runs: Sequence[FinishedRun], parent: str | None) -> None:
        known = self._runs(kind)
        new: list[FinishedRun] = []
        for run in runs:
            if run.identity in known:
                run_id, content, complete = known[run.identity]
                if complete and content == run.content:
                    continue
                self.client.delete_run(run_id)
                del known[run.identity]
            own = {KIND: kind, IDENTITY: run.identity, CONTENT: run.content, **({PARENT: parent} if parent else {})}
            new.append(replace(run, tags={**run.tags, **own}))
        for run, run_id in zip(new, self._create(new), strict=True):
            known[run.identity] = (run_id, run.content, True)

    def _create(self, runs: Sequence[FinishedRun]) -> list[str]:
        if not runs:
            return []
        if self._bulk:
            try:
                return write_runs(self.client, self.experiment, runs)
            except SchemaMismatchError:
                self._bulk = False
        return [self._create_one(run) for run in runs]

    def _create_one(self, run: FinishedRun) -> str:
        """Through the client. The end of the run, written last, is what marks it complete."""
        from mlflow.entities import Metric, Param

        # Tags go in with the run: the batch call writes them one by one.
        info = self.client.create_run(self.experiment, start_time=run.ended_at, run_name=run.name, tags=run.tags).info
        self.client.log_batch(
            info.run_id,
            metrics=[Metric(metric, value, run.ended_at, 0) for metric, value in run.metrics.items()],
            params=[Param(param, value) for param, value in run.params.items()],
        )
        self.client.set_terminated(info.run_id, run.status, run.ended_at)
        return str(info.run_id)

    def _runs(self, kind: str) -> dict[str, tuple[str, str, bool]]:
        """identity → (run id, content, complete); read once, and second copies of an identity removed."""
        if kind not in self._known:
            found: dict[str, tuple[str, str, bool]] = {}
            token: str | None = None
            while True:
                page = self.client.search_runs(
                    [self.experiment], f"tags.`{KIND}` = '{kind}'", max_results=_PAGE, page_token=token
                )
                for run in page:
                    identity = run.data.tags[IDENTITY]
                    content = run.data.tags[CONTENT]
                    complete = run.info.status in ("FINISHED", "FAILED")
                    if identity in found and (found[identity][2] or not complete):
                        self.client.delete_run(run.info.run_id)
                        continue
                    if identity in found:
                        self.client.delete_run(found[identity][0])
                    found[identity] = (run.info.run_id, content, complete)
                token = page.token
                if not token:
                    break
            self._known[kind] = found
        return self._known[kind]


def _trial_run(result: TrialResult) -> FinishedRun:
    spec = result.spec
    tags = {
        "status": result.status.value,
        **{name: text for name, text in result.notes.items() if not name.startswith("data_")},
        "data": json.dumps({name: text for name, text in result.notes.items() if name.startswith("data_")}),
        "environment": json.dumps(result.environment, sort_keys=True),
    }
    if result.error is not None:
        tags["error"] = f"{result.error.type}: {result.error.message}"
    params = {
        "track": spec.track.value,
        "task": spec.task_label,
        "method": spec.method_label,
        "train_size": str(spec.train_size),
        "seed": str(spec.seed),
        "budget": f"{spec.budget:g}",
        **{f"task.{name}": json.dumps(value) for name, value in spec.task.parameters.items()},
        **{f"method.{name}": json.dumps(value) for name, value in spec.method.parameters.items()},
    }
    metrics = {**result.metrics, **{f"seconds_{name}": s for name, s in result.timings.items()}}
    if result.peak_memory_mib is not None:
        metrics["peak_memory_mib"] = result.peak_memory_mib
    return FinishedRun(
        identity=result.key,
        content=f"{result.finished_at!r}",
        name=f"{spec.task_label} / {spec.method_label} / {spec.train_size} / {spec.seed}",
        tags={tag: value[:_TEXT_LIMIT] for tag, value in tags.items()},
        params={param: value[:_PARAM_LIMIT] for param, value in params.items()},
        metrics=metrics,
        ended_at=int(result.finished_at * 1000),
        ok=result.status in (Status.OK, Status.INCOMPATIBLE),
    )


def _leaderboard_run(row: LeaderboardRow) -> FinishedRun:
    metrics = leaderboard_columns(row)
    return FinishedRun(
        identity=f"{row.track}/{row.task}/{row.method}/{row.train_size}",
        content=hashlib.sha256(json.dumps(metrics, sort_keys=True).encode()).hexdigest(),
        name=f"{row.task} / {row.method} / {row.train_size}",
        tags={},
        params={"track": row.track, "task": row.task, "method": row.method, "train_size": str(row.train_size)},
        metrics=metrics,
        ended_at=int(time.time() * 1000),
        ok=True,
    )


def leaderboard_columns(row: LeaderboardRow) -> dict[str, float]:
    """The few numbers of a leaderboard run: what its table in MLflow is sorted and read by."""
    from symbench.metrics.catalog import COLUMNS

    columns = {"seeds": float(row.seeds_ok), "not_ok": float(sum(row.statuses.values()) - row.seeds_ok)}
    if row.tier is not None:
        columns["tier"] = float(row.tier)
    if row.score is not None:
        columns[row.score_name] = row.score.mean
        if row.score.low is not None and row.score.high is not None:
            columns |= {f"{row.score_name}_low": row.score.low, f"{row.score_name}_high": row.score.high}
    columns |= {name: row.metrics[name].mean for name in COLUMNS[row.track] if name in row.metrics}
    return columns


class Mirror:
    """Remembers that a store held everything of a journal, so that a run with nothing to do need not ask it."""

    def __init__(self, folder: Path, uri: str, journal: Path, suite_text: str) -> None:
        self._note = folder / "mirrored.json"
        self._uri, self._journal, self._suite_text = uri, journal, suite_text

    def is_current(self) -> bool:
        try:
            noted = json.loads(self._note.read_text())
        except (OSError, ValueError):
            return False
        database = self._uri.removeprefix("sqlite:///")
        return noted == self._state() and (database == self._uri or Path(database).exists())

    def mark_current(self) -> None:
        replace_file(self._note, lambda file: file.write(json.dumps(self._state()).encode()))

    def _state(self) -> dict[str, Any]:
        # Digests, also because the address may carry a password.
        store, suite = (hashlib.sha256(text.encode()).hexdigest() for text in (self._uri, self._suite_text))
        return {"store": store, "suite": suite, "journal_bytes": self._journal.stat().st_size}


class Tracker:
    """Writes to a Store from one thread of its own, so that tracking never holds up the benchmark.

    When the store fails, the tracker stops writing and remembers why: the journal has everything, and the next run
    or `symbench sync` catches up.
    """

    def __init__(self, uri: str, suite: str, artifacts: Path | None = None) -> None:
        self.uri, self.suite, self.artifacts = uri, suite, artifacts
        self.failure: str | None = None
        self._store: Store | None = None
        self._parent: str | None = None
        self._work: queue.SimpleQueue[Callable[[Store], None] | TrialResult | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="symbench-tracking", daemon=True)

    def __enter__(self) -> Tracker:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._work.put(None)
        self._thread.join()

    def begin(self, params: dict[str, str]) -> None:
        def work(store: Store) -> None:
            self._parent = store.start_execution(self.suite, params)

        self._work.put(work)

    def trials(self, results: Iterable[TrialResult]) -> None:
        for result in results:
            self.trial(result)

    def trial(self, result: TrialResult) -> None:
        self._work.put(result)

    def finish(self, rows: Sequence[LeaderboardRow], counts: dict[str, float], ok: bool) -> None:
        def work(store: Store) -> None:
            store.put_leaderboard(rows)
            if self._parent is not None:
                store.end_execution(self._parent, counts, ok)

        self._work.put(work)

    def _write(self) -> None:
        done = False
        while not done:
            results, work = self._next()
            done = work is None
            if self.failure is not None:
                continue
            try:
                if self._store is None and (results or work):
                    self._store = Store(self.uri, self.suite, self.artifacts)
                if results and self._store is not None:
                    self._store.put_trials(results, self._parent)
                if work is not None and self._store is not None:
                    work(self._store)
            except Exception as error:
                self.failure = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"

    def _next(self) -> tuple[list[TrialResult], Callable[[Store], None] | None]:
        """What waits: results up to a batch, and what follows them; None at the end."""
        results: list[TrialResult] = []
        while True:
            item = self._work.get()
            if not isinstance(item, TrialResult):
                return results, item
            results.append(item)
            if len(results) >= _BATCH or self._work.empty():
                return results, _nothing


def _nothing(store: Store) -> None:
    return None


def sync(
    uri: str,
    suite: str,
    results: Iterable[TrialResult],
    rows: Sequence[LeaderboardRow],
    artifacts: Path | None = None,
) -> int:
    """Bring a store up to the journal, without doubles; gives the number of trials it then holds.

    Raises InfrastructureError when the store cannot be written.
    """
    try:
        store = Store(uri, suite, artifacts)
        store.put_trials(results, None)
        store.put_leaderboard(rows)
        return len(store.keys())
    except Exception as error:
        raise InfrastructureError(f"MLflow at {redact(uri)} cannot be written: {error}") from error


def redact(uri: str) -> str:
    """A store's address without the password that it may carry."""
    scheme, separator, rest = uri.partition("://")
    credentials, at, host = rest.rpartition("@")
    with contextlib.suppress(ValueError):
        if at and ":" in credentials:
            return f"{scheme}{separator}{credentials.split(':')[0]}:***@{host}"
    return uri
