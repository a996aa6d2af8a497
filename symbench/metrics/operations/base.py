"""The base class of symmetry operations: names, settings, and the action on jets.

Checking a suite imports this module, so numpy is imported inside the functions that need it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from symbench.errors import nearest
from symbench.metrics.operations.moved import Moved, transform

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

MOST_STRENGTHS = 20


@dataclass(frozen=True)
class Grid:
    """The strengths at which an operation is measured.

    name, singular  the setting's name for a list, and for one number in its place
    above, most     a strength lies in (above, most]
    """

    name: str
    singular: str
    default: tuple[float, ...]
    most: float
    above: float = 0.0

    def strengths(self, value: Any) -> list[float]:
        """The grid, ascending and without repetition; raises ValueError for invalid strengths."""
        values = [value] if isinstance(value, int | float) and not isinstance(value, bool) else value
        if not isinstance(values, list | tuple) or not 1 <= len(values) <= MOST_STRENGTHS:
            raise ValueError(f"{self.name} must be a number, or a list of 1 to {MOST_STRENGTHS} of them")
        for one in values:
            if isinstance(one, bool) or not isinstance(one, int | float) or not self.above < one <= self.most:
                raise ValueError(f"{self.name} must be numbers above {self.above:g} and at most {self.most:g}")
        return sorted({float(one) for one in values})


RAPIDITIES = Grid("rapidities", "rapidity", (0.1, 0.5, 1.0, 2.0), most=10.0)


class Operation(ABC):
    """A distribution of transformations of jets, drawn independently for every jet.

    An operation with a strength is measured at each strength of its grid separately; its value over the whole grid
    gives equal weight to every strength. Instances have no state: settings and random numbers are arguments.

    version           raise it whenever the same settings give other jets; it enters the key of trials for operations
                      of third parties (METRICS_VERSION covers the built-in ones)
    title             the operation's name in tables and figures
    kind              lorentz: Λ of the Lorentz group on every four-vector; linear: any other matrix; constituents:
                      changes of single constituents that no detector can resolve
    grid              its strengths; None if it has none
    needs_generators  whether it needs the setting `generators`
    lie_members       names of the generators whose Lie-derivative metrics average to that of the operation
    order             position in tables and figures, ascending; equal positions are ordered by name
    """

    name: ClassVar[str]
    version: ClassVar[str] = "1"
    title: ClassVar[str]
    summary: ClassVar[str]
    kind: ClassVar[Literal["lorentz", "linear", "constituents"]]
    grid: ClassVar[Grid | None] = None
    needs_generators: ClassVar[bool] = False
    lie_members: ClassVar[tuple[str, ...]] = ()
    order: ClassVar[int] = 100

    @property
    def setting_names(self) -> tuple[str, ...]:
        """The names of its settings."""
        grid = () if self.grid is None else (self.grid.name, self.grid.singular)
        return (*grid, "generators") if self.needs_generators else grid

    @property
    def has_lie_derivative(self) -> bool:
        """Whether it has a Lie-derivative metric."""
        return bool(self.lie_members) or self.needs_generators

    def settings(self, stated: Mapping[str, Any]) -> dict[str, Any]:
        """The settings with defaults filled in; raises ValueError for an unknown, invalid or missing one."""
        for name in stated:
            if name not in self.setting_names:
                raise ValueError(f"unknown setting {name!r} of this operation; {nearest(name, self.setting_names)}")
        complete: dict[str, Any] = {}
        if self.grid is not None:
            if self.grid.name in stated and self.grid.singular in stated:
                raise ValueError(f"{self.grid.name} and {self.grid.singular} set the same value: state one of them")
            value = stated.get(self.grid.name, stated.get(self.grid.singular, list(self.grid.default)))
            complete[self.grid.name] = self.grid.strengths(value)
        return complete

    def variants(self, settings: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        """Each strength separately: the suffix of its metrics after the operation's name, and its settings.

        `[("", settings)]` for an operation without a strength.
        """
        if self.grid is None:
            return [("", dict(settings))]
        strengths: Sequence[float] = settings[self.grid.name]
        return [(f"_{one:g}", {**settings, self.grid.name: [one]}) for one in strengths]

    def move(self, settings: Mapping[str, Any], vectors: Floats, mask: Mask, rng: np.random.Generator) -> Moved:
        """Transform every jet: vectors (N, P, 4), mask (N, P), in float64; padding stays zero."""
        import numpy as np

        return self.transformed(settings, np.where(mask[..., None], vectors, 0.0), mask, rng)

    @abstractmethod
    def transformed(self, settings: Mapping[str, Any], vectors: Floats, mask: Mask, rng: np.random.Generator) -> Moved:
        """As `move`, for vectors whose padding is zero."""

    def lie_generators(self, settings: Mapping[str, Any]) -> dict[str, Floats]:
        """The generators (4, 4) of `lie_members`, by name; none by default."""
        return {}


class MatrixOperation(Operation):
    """An operation that multiplies every four-vector of a jet by one matrix."""

    @abstractmethod
    def matrices(self, settings: Mapping[str, Any], count: int, rng: np.random.Generator) -> Floats:
        """Matrices (count, 4, 4) on (E, px, py, pz); strengths are drawn uniformly from the grid."""

    def transformed(self, settings: Mapping[str, Any], vectors: Floats, mask: Mask, rng: np.random.Generator) -> Moved:
        import numpy as np

        matrices = self.matrices(settings, len(vectors), rng)
        source = np.broadcast_to(np.arange(mask.shape[1]), mask.shape)
        return Moved(transform(matrices, vectors), mask, source, matrices)
