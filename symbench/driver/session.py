"""The executor and the data of one run, started and loaded on first use."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING

from symbench.data.splits import Pool
from symbench.errors import InfrastructureError
from symbench.executors.base import Executor
from symbench.home import Home
from symbench.suite.blocks import CheckedSuite
from symbench.tasks.base import DataContext
from symbench.trial.resources import Resources

if TYPE_CHECKING:
    from symbench.driver.observer import Observer


@contextlib.contextmanager
def _started(make_executor: Callable[[], Executor]) -> Iterator[Executor]:
    """A started executor. Ray replaces the SIGTERM handler of the process when it starts; the handler is restored."""
    handler = signal.getsignal(signal.SIGTERM)
    with make_executor() as executor:
        if threading.current_thread() is threading.main_thread() and handler is not None:
            signal.signal(signal.SIGTERM, handler)
        yield executor


@dataclass(frozen=True)
class LoadedData:
    """Digest → data, and digest → error for data that could not be loaded."""

    pools: dict[str, Pool] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)


class Session:
    """Starts the executor when something has to run, and loads each data set once.

    A context manager: leaving it stops the executor.
    """

    def __init__(self, make_executor: Callable[[], Executor], observer: Observer, home: Home) -> None:
        self._make_executor, self._observer, self._home = make_executor, observer, home
        self._stack = contextlib.ExitStack()
        self._executor: Executor | None = None
        self._data = LoadedData()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def leave(self) -> None:
        """Stop the executor after the last trial."""
        self._stack.close()

    def executor(self, requests: Mapping[Resources, str]) -> Executor:
        """The executor, after a check that it can satisfy these requests, each with its entries as text.

        Raises InfrastructureError if it cannot satisfy one.
        """
        first = self._executor is None
        if self._executor is None:
            self._executor = self._stack.enter_context(_started(self._make_executor))
        self._executor.admit(requests)
        if first:
            self._observer.executing_on(self._executor.describe())
        return self._executor

    def data(self, suite: CheckedSuite, digests: Collection[str]) -> LoadedData:
        """Everything loaded so far, and the data of these digests."""
        assert self._executor is not None
        loaded = self._data
        for block in suite.blocks:
            digest = block.data_digest
            if digest in digests and digest not in loaded.pools and digest not in loaded.broken:
                self._observer.making_data(block.task_label)
                try:
                    data = block.task.load(DataContext(self._home.data, self._executor.fan_out))
                    loaded.pools[digest] = Pool(data, block.task.sizes())
                except InfrastructureError:
                    raise  # an error of the cluster, not of the data
                except Exception as error:
                    loaded.broken[digest] = f"{type(error).__name__}: {error}"
        return loaded
