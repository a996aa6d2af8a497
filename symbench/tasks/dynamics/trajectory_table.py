"""`trajectory-table`: recorded trajectories in the user's own files; rows of time and state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from symbench.data.sizes import Sizes
from symbench.errors import DataError
from symbench.registry import task
from symbench.tasks.base import DataContext, DynamicsTask
from symbench.tasks.own_files import OwnColumns, matching_files, split_tree

if TYPE_CHECKING:
    from symbench.data.container import Dataset
    from symbench.data.orbits.stated import Quantity
    from symbench.data.orbits.trajectories import TrajectoryRequest
    from symbench.data.samples import ConservedQuantities, TrajectorySample

_MINIMUM_WINDOWS = 4
_LARGEST_DEFECT = 0.05  # of a quantity that a suite states to be conserved


@task("trajectory-table")
class TrajectoryTable(OwnColumns, DynamicsTask):
    """Recordings of a system, cut into windows of consecutive rows that serve as orbits.

    Velocities are columns of the file, or slopes of a cubic through the seven nearest rows at their recorded times, so
    that steps may be uneven. A recording is cut at gaps. With several recordings, those to test with are whole ones.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "recorded trajectories in your own files: recording, time and the columns of the state"

    path: str = Field(
        min_length=1,
        description="the file, or files by `*` and `?`, relative to the suite",
        json_schema_extra={"suite_path": True},
    )
    state: list[str] = Field(min_length=1, max_length=1000, description="columns of the state, as in [q, p]")
    time: str = Field(min_length=1, description="column of the time; steps may be uneven")
    recording: list[str] = Field(
        default_factory=list, description="columns that number the recordings; by default each file is one"
    )
    velocities: list[str] = Field(
        default_factory=list, description="columns of the time derivative of the state; by default they are estimated"
    )
    steps: int | None = Field(
        None, ge=7, le=100_000, description="rows of a window; by default a recording, if all have as many rows"
    )
    longest_step: float = Field(
        10.0, gt=1, description="in median steps: a longer one is a gap, where a recording is cut"
    )
    phase_space: bool = Field(
        False, description="whether the state is (q, p), positions and then their canonical momenta"
    )
    known_truth: Literal["none"] | dict[str, dict[str, float]] | None = Field(
        None,
        description="the conserved quantities, name → product of columns of the state → coefficient, as in {energy: "
        '{"p^2": 0.5, "cos(q)": -1}}; `none` if nothing is conserved; omit it if the answer is unknown',
    )
    test_fraction: float = Field(0.2, gt=0, lt=1, description="fraction of test windows for the metrics")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        from symbench.data.tables.suffixes import format_of

        format_of(split_tree(self.path)[0], self.format)
        columns = [self.time, *self.recording, *self.state, *self.velocities]
        if len(set(columns)) < len(columns):
            raise ValueError(f"a column repeats in {columns}")
        if self.velocities and len(self.velocities) != len(self.state):
            raise ValueError(f"{len(self.velocities)} velocities for {len(self.state)} columns of the state")
        if self.phase_space and len(self.state) % 2:
            raise ValueError("a state of (q, p) has an even number of columns")
        self._quantities()
        return self

    @property
    def dt(self) -> float:
        return self._read()[1]

    def identity(self) -> dict[str, Any]:
        from symbench.data.orbits.trajectories import READER, identity_of
        from symbench.data.tables.table import reader_version

        request = self._request()
        return {"reader": reader_version(READER, request.format), **identity_of(self._files(), request)}

    def sizes(self) -> Sizes:
        data = self._read()[0]
        test = max(1, round(len(data) * self.test_fraction)) if data.part is None else int((data.part == 2).sum())
        if len(data) - test < _MINIMUM_WINDOWS:
            raise DataError(
                f"{self.path}: {len(data)} windows leave {len(data) - test} to train with, {_MINIMUM_WINDOWS} are "
                "needed: set fewer `steps`, or another `test_fraction`"
            )
        self._check_truth(data)
        return Sizes(train=len(data) - test, validation=0, test=test)

    def selection(self) -> str | None:
        return self._read()[0].provenance.selection

    def load(self, context: DataContext) -> Dataset:
        return self._read()[0]

    def sample(self, data: Dataset, *, with_truth: bool = False) -> TrajectorySample:
        from dataclasses import replace

        return replace(super().sample(data, with_truth=with_truth), canonical=self.phase_space)

    def conserved(self) -> ConservedQuantities | None:
        from symbench.data.orbits.integrate import nothing
        from symbench.data.orbits.stated import conserved

        if self.known_truth is None:
            return None
        quantities = self._quantities()
        return conserved(quantities) if quantities else nothing(len(self.state))

    def conserved_names(self) -> tuple[str, ...] | None:
        return None if self.known_truth is None else () if self.known_truth == "none" else tuple(self.known_truth)

    def _quantities(self) -> list[Quantity]:
        """The stated quantities, parsed; raises ValueError."""
        from symbench.data.orbits.stated import parse

        if not isinstance(self.known_truth, dict):
            return []
        if not self.known_truth:
            raise ValueError("known_truth states no quantity: write `none` if nothing is conserved")
        return [parse(terms, self.state) for terms in self.known_truth.values()]

    def _check_truth(self, data: Dataset) -> None:
        """Raise DataError for a stated quantity that the recorded trajectories do not conserve."""
        import numpy as np

        from symbench.data.orbits.stated import flow_defect

        stated = self.conserved()
        if stated is None or not stated.count or data.features is None:
            return
        states = np.asarray(data.vectors, dtype=np.float64).reshape(-1, len(self.state))
        velocity = np.asarray(data.features, dtype=np.float64).reshape(states.shape)
        with np.errstate(all="ignore"):
            defects = flow_defect(stated, states, velocity)
        for name, defect in zip(self.conserved_names() or (), defects, strict=True):
            if not defect < _LARGEST_DEFECT:
                raise DataError(
                    f"{self.path}: known_truth: {name!r} changes along the recorded trajectories: its relative defect "
                    f"is {defect:.2g}, that of any function about {1 / len(self.state):.2g}"
                )

    def _files(self) -> tuple[str, ...]:
        return matching_files(split_tree(self.path)[0])

    def _request(self) -> TrajectoryRequest:
        from symbench.data.orbits.trajectories import TrajectoryRequest
        from symbench.data.tables.suffixes import format_of

        file, tree = split_tree(self.path)
        return TrajectoryRequest(
            format=format_of(file, self.format),
            key=self.key or tree,
            recording=tuple(self.recording),
            time=self.time,
            state=tuple(self.state),
            velocity=tuple(self.velocities),
            steps=self.steps,
            longest_step=self.longest_step,
            test_fraction=self.test_fraction,
            where=self.conditions(),
            drop_missing=self.drop_missing,
            accept=tuple(self.accept),
        )

    def _read(self) -> tuple[Dataset, float]:
        from symbench.data.orbits.trajectories import read_trajectories

        return read_trajectories(self._files(), self._request())
