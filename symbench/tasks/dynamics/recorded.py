"""`recorded-pendulum`: a recorded pendulum as a control; because of friction nothing is conserved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from symbench.data.sizes import Sizes
from symbench.errors import DataError
from symbench.registry import task
from symbench.tasks.base import DataContext, DynamicsTask

if TYPE_CHECKING:
    from symbench.data.container import Dataset
    from symbench.data.samples import ConservedQuantities

_MINIMUM_WINDOWS = 4


@task("recorded-pendulum")
class RecordedPendulum(DynamicsTask):
    """The recording of Schmidt and Lipson (real_pend_h_1.txt), cut into windows that serve as orbits.

    All windows belong to one run, whose energy decreases slowly: in windows much shorter than the decay time the energy
    is nearly constant, and a method that claims it is only slightly wrong, by `drift_max`.
    The state is (θ, ω), which is not canonical for a pendulum of unknown inertia.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "a recorded pendulum with friction; a control that conserves nothing"
    reference: ClassVar[str] = "Schmidt and Lipson, Science 324 (2009) 81"

    path: str = Field(
        min_length=1,
        description="the file real_pend_h_1.txt, relative to the suite",
        json_schema_extra={"suite_path": True},
    )
    steps: int = Field(40, ge=10, le=10_000, description="number of rows in a window")
    test_windows: int = Field(4, ge=1, description="test windows for the metrics")

    @property
    def dt(self) -> float:
        from symbench.data.orbits.recorded import windows

        return windows(self.path, self.steps)[2]

    def identity(self) -> dict[str, Any]:
        from symbench.data.orbits.recorded import pendulum_digest

        return {"sha256": pendulum_digest(self.path), "reader": "1", "steps": self.steps}

    def sizes(self) -> Sizes:
        from symbench.data.orbits.recorded import windows

        count = len(windows(self.path, self.steps)[0])
        if count - self.test_windows < _MINIMUM_WINDOWS:
            raise DataError(
                f"{self.path}: {count} windows of {self.steps} rows leave {count - self.test_windows} to train with, "
                f"{_MINIMUM_WINDOWS} are needed: set fewer `steps` or `test_windows`"
            )
        return Sizes(train=count - self.test_windows, validation=0, test=self.test_windows)

    def load(self, context: DataContext) -> Dataset:
        from symbench.data.orbits.recorded import read_pendulum

        return read_pendulum(self.path, self.steps)

    def conserved(self) -> ConservedQuantities:
        from symbench.data.orbits.integrate import nothing

        return nothing(2)

    def conserved_names(self) -> tuple[str, ...]:
        return ()
