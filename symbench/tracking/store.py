"""One experiment in an MLflow store: runs found and written by identity."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from symbench.tracking.bulk import SchemaMismatchError, has_doubles, write_runs
from symbench.tracking.client import is_server, open_client, sqlite_file
from symbench.tracking.owner import OWNER, Owner
from symbench.tracking.report import DESCRIPTION, ReportFiles
from symbench.tracking.runs import FinishedRun, leaderboard_run, shorten, trial_content, trial_run
from symbench.tracking.store_errors import is_refusal
from symbench.tracking.view import install_views
from symbench.trial.result import TrialResult

if TYPE_CHECKING:
    from symbench.leaderboard import LeaderboardRow

KIND, IDENTITY, CONTENT = "symbench.kind", "symbench.identity", "symbench.content"
JOURNAL = "symbench.journal"  # of an execution: its `JournalLocation.identity`
PARENT = "mlflow.parentRunId"
ENDED = ("FINISHED", "FAILED")
TRIALS = ("trial", "search")
_PAGE = 1000
_REQUESTS_AT_ONCE = 4  # as many as `mlflow server` has processes
_T = TypeVar("_T")


class _Known(NamedTuple):
    """A run in the store; `status` is MLflow's."""

    run_id: str
    content: str
    status: str
    owner: str | None

    @property
    def complete(self) -> bool:
        """Whether it was written completely."""
        return self.status in ENDED

    @property
    def preference(self) -> tuple[bool, str, str]:
        """Sort key: of two runs of one identity the larger one stays, so that all drivers choose the same run."""
        return self.complete, self.content, self.run_id


class Store:
    """One experiment in an MLflow store: runs found and written by identity. Blocking; errors are MLflow's.

    The content of the store is read once. After an error it is unknown which requests succeeded: make a new Store,
    which reads the content again.
    """

    def __init__(self, uri: str, suite: str, artifacts: Path | None = None, owner: Owner | None = None) -> None:
        self.client = open_client(uri)
        self.owner = owner or Owner.of(Path.cwd())
        self._is_private = sqlite_file(uri) is not None
        self.experiment = self._experiment(suite, None if is_server(uri) else artifacts)
        self._known: dict[str, dict[str, _Known]] = {}
        self._bulk = uri.startswith(("sqlite:///", "postgresql"))

    @property
    def batch(self) -> int:
        """The number of runs to write at a time: many in one transaction, or few at three requests each."""
        return 200 if self._bulk else 2 * _REQUESTS_AT_ONCE

    def start_execution(self, suite: str, params: dict[str, str], identity: str, journal: str | None = None) -> str:
        """Create the parent run of this execution unless it exists; return its id."""
        from mlflow.entities import Param

        run = next(self.search(f"tags.`{IDENTITY}` = '{identity}'"), None)
        if run is None:
            run = self.client.create_run(
                self.experiment,
                run_name=f"{suite} {time.strftime('%Y-%m-%d %H:%M:%S')}",
                tags={
                    **self.owner.tags,
                    KIND: "execution",
                    IDENTITY: identity,
                    **({JOURNAL: journal} if journal else {}),
                },
            )
        self.client.log_batch(run.info.run_id, params=[Param(name, shorten(value)) for name, value in params.items()])
        return str(run.info.run_id)

    def end_execution(self, parent: str, counts: dict[str, float], status: str, ended_at: int) -> None:
        """Close a parent run with the number of trials of each status; `ended_at` in ms."""
        from mlflow.entities import Metric

        self.client.log_batch(parent, metrics=[Metric(f"trials_{k}", v, ended_at, 0) for k, v in counts.items()])
        self.client.set_terminated(parent, status, ended_at)

    def put_trials(self, results: Iterable[TrialResult], parent: str | None) -> None:
        """Write these results, each once; trainings of searches become runs of the kind `search`."""
        for batch in batches(results, self.batch):
            for kind in TRIALS:
                of_kind = [result for result in batch if (result.spec.configuration is None) is (kind == "trial")]
                if not of_kind:
                    continue
                known = self._runs(kind)
                changed = [r for r in of_kind if not self._is_there(known.get(r.key), trial_content(r))]
                self._put(kind, [trial_run(result) for result in changed], parent)

    def put_leaderboard(self, rows: Sequence[LeaderboardRow]) -> None:
        """Replace the owner's leaderboard runs by these rows, and add the saved views to MLflow's page."""
        runs = [leaderboard_run(row, position, self.owner) for position, row in enumerate(rows, start=1)]
        for batch in batches(runs, self.batch):
            self._put("leaderboard", batch, None)
        known = self._runs("leaderboard")
        for identity in set(known) - {run.identity for run in runs}:
            if self._is_own(known[identity]):
                self.client.delete_run(known.pop(identity).run_id)
        install_views(self.client, self.experiment, {row.track for row in rows})

    def put_report(self, report: ReportFiles) -> None:
        """Replace the owner's report by this one, and describe the experiment by its opening."""
        identity = f"report {self.owner.identity}"
        known = self._runs("report")
        if self._is_there(known.get(identity), report.identity):
            return
        if identity in known:
            self.client.delete_run(known.pop(identity).run_id)
        name = f"report of {self.owner.user}"
        tags = {**self.owner.tags, KIND: "report", IDENTITY: identity, CONTENT: report.identity}
        run_id = str(self.client.create_run(self.experiment, run_name=name, tags=tags).info.run_id)
        for folder, file in report.groups():
            self.client.log_artifact(run_id, str(file), folder or None)
        self.client.set_experiment_tag(self.experiment, DESCRIPTION, report.description(name))
        self.client.set_terminated(run_id, "FINISHED")
        known[identity] = _Known(run_id, report.identity, "FINISHED", self.owner.identity)

    def keys(self, kind: str = "trial") -> set[str]:
        """The identities of the finished runs of a kind."""
        return {identity for identity, run in self._runs(kind).items() if run.complete}

    def settle(self) -> None:
        """Read the content of the store again, and remove duplicates.

        Duplicates arise if two drivers write one trial at the same moment, or if a request succeeds although its
        response is lost.
        """
        if self._bulk and not has_doubles(self.client, self.experiment, IDENTITY):
            return
        self._known.clear()
        for kind in (*TRIALS, "leaderboard", "report"):
            self._runs(kind)

    def _experiment(self, name: str, artifacts: Path | None) -> str:
        from mlflow.exceptions import MlflowException

        location = artifacts.absolute().as_uri() if artifacts else None
        found = self.client.get_experiment_by_name(name)
        if found is None:
            try:
                return str(self.client.create_experiment(name, artifact_location=location))
            except MlflowException as error:
                found = self.client.get_experiment_by_name(name)
                if found is None:  # otherwise another driver created it at the same moment
                    raise error
        if found.lifecycle_stage == "deleted":
            self.client.restore_experiment(found.experiment_id)
        return str(found.experiment_id)

    def _put(self, kind: str, runs: Sequence[FinishedRun], parent: str | None) -> None:
        known = self._runs(kind)
        new: list[FinishedRun] = []
        for run in runs:
            if self._is_there(known.get(run.identity), run.content):
                continue
            if run.identity in known:
                self.client.delete_run(known.pop(run.identity).run_id)
            own = {
                **self.owner.tags,
                KIND: kind,
                IDENTITY: run.identity,
                CONTENT: run.content,
                **({PARENT: parent} if parent else {}),
            }
            new.append(replace(run, tags={**run.tags, **own}))
        for run, run_id in zip(new, self._create(new), strict=True):
            known[run.identity] = _Known(run_id, run.content, run.status, self.owner.identity)

    def _create(self, runs: Sequence[FinishedRun]) -> list[str]:
        if not runs:
            return []
        if self._bulk:
            try:
                return write_runs(self.client, self.experiment, runs)
            except SchemaMismatchError:
                self._bulk = False
        with ThreadPoolExecutor(_REQUESTS_AT_ONCE) as threads:
            return list(threads.map(self._create_one, runs))

    def _create_one(self, run: FinishedRun) -> str:
        """Write a run by the client. Its end, written last, marks it as complete."""
        from mlflow.entities import Metric, Param

        # Tags are sent with the run, because the batch call would write them one by one.
        info = self.client.create_run(self.experiment, start_time=run.started_at, run_name=run.name, tags=run.tags).info
        try:
            self.client.log_batch(
                info.run_id,
                metrics=[Metric(metric, value, run.ended_at, 0) for metric, value in run.metrics.items()],
                params=[Param(param, value) for param, value in run.params.items()],
            )
        except Exception as error:
            if is_refusal(error):
                self.client.delete_run(info.run_id)
            raise
        self.client.set_terminated(info.run_id, run.status, run.ended_at)
        return str(info.run_id)

    def _runs(self, kind: str) -> dict[str, _Known]:
        """Identity → run; read once, and duplicates are removed."""
        if kind not in self._known:
            found: dict[str, _Known] = {}
            for run in self.search(f"tags.`{KIND}` = '{kind}'"):
                identity = run.data.tags[IDENTITY]
                tags = run.data.tags
                one = _Known(run.info.run_id, tags[CONTENT], run.info.status, tags.get(OWNER))
                other = found.get(identity)
                found[identity] = one if other is None else self._keep_better(one, other)
            self._known[kind] = found
        return self._known[kind]

    def _keep_better(self, one: _Known, other: _Known) -> _Known:
        """Remove one of two runs of one identity; one is left even if other drivers remove runs at the same time."""
        while True:
            worse, better = sorted((one, other), key=lambda run: run.preference)
            # Between two pages of the search another driver may have replaced the one by the other.
            if not self._lives(better):
                return worse
            if not self._lives(worse):
                return better
            self.client.delete_run(worse.run_id)
            if self._lives(better):
                return better
            # Another driver read one of the runs before it was complete, and chose the other way round. The driver that
            # removes later finds both deleted and restores one; if both do so, both runs exist and are complete.
            self.client.restore_run(worse.run_id)
            one, other = self._read(worse), self._read(better)

    def _is_own(self, run: _Known) -> bool:
        """Whether this owner may delete a run. A run without owner, of an older version, is ours in a local file."""
        return run.owner == self.owner.identity or (run.owner is None and self._is_private)

    def _is_there(self, known: _Known | None, content: str) -> bool:
        """Whether the store has this content; another owner's success counts: equal keys mean equal results."""
        if known is None or not known.complete:
            return False
        return known.content == content if self._is_own(known) else known.status == "FINISHED"

    def _lives(self, run: _Known) -> bool:
        return bool(self.client.get_run(run.run_id).info.lifecycle_stage == "active")

    def _read(self, run: _Known) -> _Known:
        return run._replace(status=self.client.get_run(run.run_id).info.status)

    def search(self, query: str) -> Iterator[Any]:
        """The active runs that match a query, page by page."""
        token: str | None = None
        while True:
            page = self.client.search_runs([self.experiment], query, max_results=_PAGE, page_token=token)
            yield from page
            token = page.token
            if not token:
                return


def batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """The items in lists of at most this many."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
