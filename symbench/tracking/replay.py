"""`symbench sync`: update a store from a journal and a report, for any previous content of the store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from symbench.calls import Calls
from symbench.errors import InfrastructureError
from symbench.redaction import redact_address, redact_message
from symbench.tracking.dead_runs import end_abandoned
from symbench.tracking.owner import Owner
from symbench.tracking.report import ReportFiles
from symbench.tracking.store import Store, batches
from symbench.tracking.store_errors import describe, is_lasting
from symbench.trial.result import TrialResult

if TYPE_CHECKING:
    from symbench.leaderboard import LeaderboardRow

_BATCH = 200
_T = TypeVar("_T")
PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between attempts at one batch."""
ANSWER_S = 300.0
"""Seconds for one batch; a database server that is stopped answers nothing, for ever."""


def sync(
    uri: str,
    suite: str,
    results: Iterable[TrialResult],
    rows: Sequence[LeaderboardRow],
    artifacts: Path | None = None,
    *,
    journal: str | None = None,
    owner: Owner | None = None,
) -> int:
    """Write the results that the store lacks, and the leaderboard; return the number of trials in the store.

    journal   its identity, if the caller holds its lock: runs of killed drivers on this journal are then ended
    owner     owner of the leaderboard; leaderboards of other owners are left unchanged
    Raises InfrastructureError if the store cannot be written; a later call continues after the last written batch.
    """
    replay = _Replay(uri, suite, artifacts, owner or Owner.of(Path.cwd(), journal))
    try:
        for batch in batches(results, _BATCH):
            replay.put(batch)
        return replay.conclude(rows, journal)
    finally:
        replay.close()


def publish(uri: str, suite: str, folder: Path, artifacts: Path | None = None, *, owner: Owner) -> bool:
    """Write the report of a folder to the store, unless it is there; False if the folder has no complete report.

    Raises InfrastructureError if the store cannot be written.
    """
    report = ReportFiles.of(folder)
    if report is None:
        return False
    replay = _Replay(uri, suite, artifacts, owner)
    try:
        replay.persist(lambda store: store.put_report(report))
    finally:
        replay.close()
    return True


class _Replay:
    def __init__(self, uri: str, suite: str, artifacts: Path | None, owner: Owner) -> None:
        self._uri, self._suite, self._artifacts, self._owner = uri, suite, artifacts, owner
        self._store: Store | None = None
        self._call = Calls(f"MLflow at {redact_address(uri)}")

    def put(self, batch: Sequence[TrialResult]) -> None:
        self.persist(lambda store: store.put_trials(batch, None))

    def conclude(self, rows: Sequence[LeaderboardRow], journal: str | None) -> int:
        def work(store: Store) -> int:
            store.put_leaderboard(rows)
            store.settle()
            if journal is not None:
                end_abandoned(store, journal)
            return len(store.keys())

        return self.persist(work)

    def persist(self, work: Callable[[Store], _T]) -> _T:
        """Do the work, and retry after errors; each retry first reads the content of the store."""
        for pause in (*PAUSES, None):
            try:
                return self._call(lambda: self._attempt(work), limit_s=ANSWER_S)
            except InfrastructureError:
                raise
            except Exception as error:
                self._store = None
                if pause is None or is_lasting(error):
                    reason = redact_message(describe(error), self._uri)
                    raise InfrastructureError(
                        f"MLflow at {redact_address(self._uri)} cannot be written: {reason}"
                    ) from None
                time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _attempt(self, work: Callable[[Store], _T]) -> _T:
        if self._store is None:
            self._store = Store(self._uri, self._suite, self._artifacts, self._owner)
        return work(self._store)

    def close(self) -> None:
        self._call.close()
