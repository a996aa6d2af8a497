"""A thread that writes the results of a running benchmark to MLflow without delaying it.

The journal receives every result before the tracker does, so that nothing can be lost here: the next run or `symbench
sync` writes what is missing at the end. While a store is unreachable, the tracker retries at growing intervals. After
every failure it reads the content of the store before it writes, because a request may have succeeded although its
response was lost.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from symbench.errors import InfrastructureError
from symbench.redaction import redact_address, redact_message
from symbench.tracking.dead_runs import end_abandoned
from symbench.tracking.owner import Owner
from symbench.tracking.store import Store
from symbench.tracking.store_errors import describe, is_lasting, is_refusal
from symbench.trial.result import TrialResult

if TYPE_CHECKING:
    from symbench.leaderboard import LeaderboardRow

_log = logging.getLogger("symbench.tracking")


@dataclass(frozen=True)
class Patience:
    """Times in seconds: how long the end of a run waits for MLflow, and the pauses before retries."""

    standstill: float = 30.0
    """Longest wait at the end of a run without any progress."""
    flush: float = 300.0
    """Longest wait at the end of a run in total."""
    interrupted: float = 10.0
    """Longest wait in total if the run was interrupted."""
    first_retry: float = 0.25
    longest_retry: float = 15.0
    closing_retry: float = 1.0
    gather: float = 0.5
    """A result waits so long for others, to be written in the same transaction; at the end of the run it does not."""

    @classmethod
    def default(cls) -> Patience:
        """The defaults; `$SYMBENCH_TRACKING_WAIT` replaces `standstill` and `flush`, and limits `interrupted`."""
        text = os.environ.get("SYMBENCH_TRACKING_WAIT")
        if text is None:
            return cls()
        try:
            seconds = float(text)
        except ValueError as error:
            raise InfrastructureError(f"SYMBENCH_TRACKING_WAIT must be a number of seconds, got {text!r}") from error
        return cls(standstill=seconds, flush=seconds, interrupted=min(cls.interrupted, seconds))


class Tracker:
    """Writes to a Store from its own thread; a context manager around the run.

    On exit it waits for unwritten results, as long as `patience` allows. Then `failure` is None, or describes what is
    missing in MLflow and the reason. Waiting results are held by key, without arrays: each takes about two kilobytes of
    memory, or none if the caller holds the same object.
    """

    def __init__(
        self,
        uri: str,
        suite: str,
        artifacts: Path | None = None,
        *,
        journal: str | None = None,
        owner: Owner | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.uri, self.suite, self.artifacts, self.journal = uri, suite, artifacts, journal
        self.owner = owner or Owner.of(Path.cwd(), journal)
        self.failure: str | None = None
        self._patience = patience or Patience.default()
        self._store: Store | None = None
        self._parent: str | None = None
        self._changed = threading.Condition()
        self._begin: Callable[[Store], None] | None = None
        self._waiting: dict[str, TrialResult] = {}
        self._finish: Callable[[Store], None] | None = None
        self._suspects: set[str] = set()  # keys of a batch that the store rejected: written one by one
        self._refused: dict[str, str] = {}
        self._trouble: Exception | None = None
        self._begun = self._told = False
        self._closing = self._given_up = False
        self._progress = time.monotonic()
        self._thread = threading.Thread(target=self._write, name="symbench-tracking", daemon=True)

    def __enter__(self) -> Tracker:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        patience = self._patience
        with self._changed:
            if kind is not None:  # without a begin there is no parent run to end
                self._finish = self._ending({}, "KILLED") if self._begun else None
            self._closing = True
            self._progress = time.monotonic()
            self._changed.notify_all()
        deadline = time.monotonic() + (patience.flush if kind is None else patience.interrupted)
        try:
            while self._thread.is_alive() and self._is_worth_waiting(deadline):
                self._thread.join(0.05)
        finally:
            with self._changed:
                self._given_up = True  # the thread stops after its current piece of work
                self._changed.notify_all()
                self.failure = self._what_is_missing()

    def begin(self, params: Mapping[str, str]) -> None:
        """Create the parent run of this execution, and end those of killed drivers on the same journal."""
        identity, given = uuid.uuid4().hex, dict(params)

        def work(store: Store) -> None:
            self._parent = store.start_execution(self.suite, given, identity, self.journal)
            if self.journal is not None:
                end_abandoned(store, self.journal, self._parent)

        with self._changed:
            self._begin, self._begun = work, True
            self._changed.notify_all()

    def trials(self, results: Iterable[TrialResult]) -> None:
        for result in results:
            self.trial(result)

    def trial(self, result: TrialResult) -> None:
        """Write this result; it replaces a waiting result with the same key."""
        light = result.model_copy(update={"arrays": {}}) if result.arrays else result
        with self._changed:
            self._waiting[result.key] = light
            self._changed.notify_all()

    def finish(self, rows: Sequence[LeaderboardRow], counts: Mapping[str, float], ok: bool) -> None:
        """Write the leaderboard, and end the parent run, after everything else is written."""
        end = self._ending(dict(counts), "FINISHED" if ok else "FAILED")

        def work(store: Store) -> None:
            store.put_leaderboard(rows)
            end(store)

        with self._changed:
            self._finish = work
            self._changed.notify_all()

    def _ending(self, counts: dict[str, float], status: str) -> Callable[[Store], None]:
        ended_at = int(time.time() * 1000)

        def work(store: Store) -> None:
            store.settle()
            if self._parent is not None:
                store.end_execution(self._parent, counts, status, ended_at)

        return work

    def _write(self) -> None:
        pause = self._patience.first_retry
        while (work := self._next()) is not None:
            try:
                if self._store is None:
                    self._store = Store(self.uri, self.suite, self.artifacts, self.owner)
                work(self._store)
            except Exception as error:
                self._trouble, self._store = error, None
                self._tell_of_outage()
                self._rest(pause)
                pause = min(2 * pause, self._patience.longest_retry)
            else:
                if self._told:
                    _log.warning("MLflow at %s is reachable again: tracking continues", redact_address(self.uri))
                self._trouble, self._told, pause = None, False, self._patience.first_retry
                self._progress = time.monotonic()

    def _next(self) -> Callable[[Store], None] | None:
        """Wait for the next piece of work; None at the end."""
        with self._changed:
            while not self._given_up:
                if self._begin is not None:
                    return self._write_begin
                if self._waiting:
                    self._gather()
                    return self._write_trials
                if self._finish is not None:
                    return self._write_finish
                if self._closing:
                    return None
                self._changed.wait()
            return None

    def _gather(self) -> None:
        """Let results come together: a transaction takes about as long for one of them as for ten."""
        full = self._store.batch if self._store is not None else 1
        self._changed.wait_for(
            lambda: self._closing or self._finish is not None or self._given_up or len(self._waiting) >= full,
            self._patience.gather,
        )

    def _write_begin(self, store: Store) -> None:
        if self._begin is not None:
            self._begin(store)
        self._begin = None

    def _write_trials(self, store: Store) -> None:
        with self._changed:
            chosen = [key for key in self._waiting if key in self._suspects][:1] or self._waiting
            batch = [self._waiting[key] for key in islice(chosen, store.batch)]
        try:
            store.put_trials(batch, self._parent)
        except Exception as error:
            if not is_refusal(error):
                raise
            self._store = None
            self._suspects |= {result.key for result in batch}
            if len(batch) > 1:
                return
            self._refused[batch[0].key] = self._describe(error)
        with self._changed:
            for result in batch:
                self._suspects.discard(result.key)
                if self._waiting.get(result.key) is result:  # otherwise a newer result has arrived
                    del self._waiting[result.key]

    def _write_finish(self, store: Store) -> None:
        work = self._finish
        if work is not None:
            work(store)
        with self._changed:
            if self._finish is work:
                self._finish = None

    def _rest(self, pause: float) -> None:
        """Wait before the next attempt; the end of the run shortens the wait."""
        with self._changed:
            if self._closing:
                self._changed.wait_for(lambda: self._given_up, min(pause, self._patience.closing_retry))
            else:
                self._changed.wait_for(lambda: self._closing or self._given_up, pause)

    def _tell_of_outage(self) -> None:
        """Log one line if a store stays unreachable; short outages are not reported."""
        if self._told or self._closing or time.monotonic() - self._progress < self._patience.longest_retry:
            return
        self._told = True
        _log.warning(
            "MLflow at %s is unreachable (%s); the benchmark continues, and tracking resumes when it is back",
            redact_address(self.uri),
            self._describe(self._trouble) if self._trouble else "",
        )

    def _is_worth_waiting(self, deadline: float) -> bool:
        now = time.monotonic()
        if self._trouble is not None and is_lasting(self._trouble):
            return False
        return now < deadline and now - self._progress < self._patience.standstill

    def _what_is_missing(self) -> str | None:
        waiting = len(self._waiting)
        if self._thread.is_alive() or waiting or self._finish is not None or self._begin is not None:
            reason = self._describe(self._trouble) if self._trouble else "it is slower than the end of a run waits"
            return f"{waiting} trials wait: {reason}" if waiting else reason
        if self._refused:
            return f"{len(self._refused)} trials were refused: {next(iter(self._refused.values()))}"
        return None

    def _describe(self, error: Exception) -> str:
        return redact_message(describe(error), self.uri)
