"""What there is: tasks, methods and classifiers as tables, and a task's data as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symbench import registry
from symbench.component import Component
from symbench.errors import IncompatibleError
from symbench.home import Home
from symbench.tasks.base import DataContext, GeneratorTask, Task

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from symbench.data.container import Dataset


def list_tasks() -> pd.DataFrame:
    """Every task: name, track, summary, reference."""
    registry.load_builtin()
    return _table(registry.TASKS)


def list_methods() -> pd.DataFrame:
    """Every discovery method: name, tracks, summary, reference."""
    registry.load_builtin()
    return _table(registry.DISCOVERY)


def list_classifiers() -> pd.DataFrame:
    """Every classifier: name, summary, reference."""
    registry.load_builtin()
    return _table(registry.CLASSIFIERS)


class LoadedTask:
    """A task with its data in memory.

    x, y   vectors (N, P, d) as methods see them, divided by the task's scale, and labels (N,)
    """

    def __init__(self, task: Task, data: Dataset) -> None:
        self.task, self.data = task, data

    @property
    def x(self) -> npt.NDArray[np.float64]:
        import numpy as np

        scaled = self.task.scaled(self.data) if isinstance(self.task, GeneratorTask) else self.data.vectors
        return np.asarray(scaled, dtype=np.float64)

    @property
    def y(self) -> npt.NDArray[Any]:
        return self.data.label

    @property
    def mask(self) -> npt.NDArray[np.bool_]:
        """(N, P), True for real vectors."""
        return self.data.mask

    @property
    def truth(self) -> npt.NDArray[np.float64] | None:
        """The true generators (k*, d, d), none of them for a control; None if nobody knows.

        Raises IncompatibleError for a task whose answer is no span of generators.
        """
        if not isinstance(self.task, GeneratorTask):
            raise IncompatibleError(f"the answer of {self.task.name} is no span of generators")
        return self.task.truth()

    @property
    def provenance(self) -> str:
        """Where the data come from."""
        return f"{self.data.provenance.source}; {self.data.provenance.selection}"

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        return f"LoadedTask({self.task.name}, {len(self)} events of shape {self.data.vectors.shape[1:]})"


def load_task(name: str, *, home: str | Path | None = None, **parameters: Any) -> LoadedTask:
    """A task's data, read or made; kept in the home's cache where the task does so.

    Raises UnknownNameError, ValidationError for parameters that do not fit, DataError if the data cannot be had.
    """
    task = registry.find_task(name)(**parameters)
    folder = Home.default() if home is None else Home(Path(home).absolute())
    return LoadedTask(task, task.load(DataContext(folder.data)))


def _table(components: Mapping[str, type[Component]]) -> pd.DataFrame:
    import pandas as pd

    def tracks(cls: Any) -> str:
        return ", ".join(sorted(str(track) for track in (getattr(cls, "tracks", None) or {cls.track})))

    return pd.DataFrame.from_records(
        [
            {"name": name, "track": tracks(cls), "summary": cls.summary, "reference": cls.reference}
            for name, cls in sorted(components.items())
        ]
    ).set_index("name")
