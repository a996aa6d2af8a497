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
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from symbench.errors import InfrastructureError
from symbench.trial import Status, TrialResult

if TYPE_CHECKING:
    from symbench.leaderboard import LeaderboardRow

KIND, IDENTITY, CONTENT = "symbench.kind", "symbench.identity", "symbench.content"
PARENT = "mlflow.parentRunId"
_PAGE = 1000
_TEXT_LIMIT = 4000


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

    def start_execution(self, suite: str, params: dict[str, str]) -> str:
        """A parent run for this execution; gives its id."""
        from mlflow.entities import Param

        run = self.client.create_run(
            self.experiment,
            run_name=f"{suite} {time.strftime('%Y-%m-%d %H:%M:%S')}",
            tags={KIND: "execution"},
        )
        values = [Param(name, value[:500]) for name, value in params.items()]
        self.client.log_batch(run.info.run_id, params=values)
        return str(run.info.run_id)

    def end_execution(self, parent: str, counts: dict[str, float], ok: bool) -> None:
        """Close a parent run with the number of trials of each status."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self.client.log_batch(parent, metrics=[Metric(f"trials_{k}", v, now, 0) for k, v in counts.items()])
        self.client.set_terminated(parent, "FINISHED" if ok else "FAILED")

    def put_trial(self, result: TrialResult, parent: str | None) -> None:
        """Make the store hold this result, once."""
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
        self._put(
            "trial",
            identity=result.key,
            content=f"{result.finished_at!r}",
            name=f"{spec.task_label} / {spec.method_label} / {spec.train_size} / {spec.seed}",
            parent=parent,
            params=params,
            metrics=metrics,
            tags=tags,
            ended_at=result.finished_at,
            ok=result.status in (Status.OK, Status.INCOMPATIBLE),
        )

    def put_leaderboard(self, rows: Sequence[LeaderboardRow]) -> None:
        """Make the leaderboard runs be exactly these rows."""
        kept = set()
        for row in rows:
            identity = f"{row.track}/{row.task}/{row.method}/{row.train_size}"
            kept.add(identity)
            metrics = leaderboard_columns(row)
            content = hashlib.sha256(json.dumps(metrics, sort_keys=True).encode()).hexdigest()
            params = {
                "track": row.track,
                "task": row.task,
                "method": row.method,
                "train_size": str(row.train_size),
            }
            self._put(
                "leaderboard",
                identity=identity,
                content=content,
                name=f"{row.task} / {row.method} / {row.train_size}",
                parent=None,
                params=params,
                metrics=metrics,
                tags={},
                ended_at=time.time(),
                ok=True,
            )
        known = self._runs("leaderboard")
        for identity in set(known) - kept:
            self.client.delete_run(known.pop(identity)[0])

    def keys(self, kind: str = "trial") -> set[str]:
        """The identities of the finished runs of a kind."""
        return {identity for identity, (_, _, complete) in self._runs(kind).items() if complete}

    def _put(
        self,
        kind: str,
        *,
        identity: str,
        content: str,
        name: str,
        parent: str | None,
        params: dict[str, str],
        metrics: dict[str, float],
        tags: dict[str, str],
        ended_at: float,
        ok: bool,
    ) -> None:
        from mlflow.entities import Metric, Param

        known = self._runs(kind)
        if identity in known:
            run_id, its_content, complete = known[identity]
            if complete and its_content == content:
                return
            self.client.delete_run(run_id)
            del known[identity]
        # The end of the run, written last, is what marks it complete. Tags go in with the run: MLflow's batch call
        # writes them one by one.
        own = {KIND: kind, IDENTITY: identity, CONTENT: content, **({PARENT: parent} if parent else {})}
        shortened = {tag: value[:_TEXT_LIMIT] for tag, value in tags.items()}
        when = int(ended_at * 1000)
        run = self.client.create_run(self.experiment, start_time=when, run_name=name, tags={**shortened, **own})
        run_id = run.info.run_id
        known[identity] = (run_id, content, False)
        self.client.log_batch(
            run_id,
            metrics=[Metric(metric, value, when, 0) for metric, value in metrics.items()],
            params=[Param(param, value[:500]) for param, value in params.items()],
        )
        self.client.set_terminated(run_id, "FINISHED" if ok else "FAILED", when)
        known[identity] = (run_id, content, True)

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
        self._note.write_text(json.dumps(self._state()))

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
        self.written = 0
        self._store: Store | None = None
        self._parent: str | None = None
        self._work: queue.SimpleQueue[Callable[[Store], None] | None] = queue.SimpleQueue()
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
        def work(store: Store) -> None:
            store.put_trial(result, self._parent)
            self.written += 1

        self._work.put(work)

    def finish(self, rows: Sequence[LeaderboardRow], counts: dict[str, float], ok: bool) -> None:
        def work(store: Store) -> None:
            store.put_leaderboard(rows)
            if self._parent is not None:
                store.end_execution(self._parent, counts, ok)

        self._work.put(work)

    def _write(self) -> None:
        while (work := self._work.get()) is not None:
            if self.failure is not None:
                continue
            try:
                if self._store is None:
                    self._store = Store(self.uri, self.suite, self.artifacts)
                work(self._store)
            except Exception as error:
                self.failure = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"


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
        for result in results:
            store.put_trial(result, None)
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
