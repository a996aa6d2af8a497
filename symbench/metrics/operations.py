"""The symmetry operations that a suite may ask for, with their settings (no torch: suites are checked with it).

Every operation is a distribution of transformations, drawn independently for every jet. One that has a strength is
measured at each strength of a grid by itself; what it is over the whole grid weighs every strength alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from symbench.errors import nearest
from symbench.trial.reference import PLACEHOLDER

MOST_STRENGTHS = 20
MOST_GENERATORS = 45


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
        """The grid, rising and without repetition; raises ValueError for one that does not fit."""
        values = [value] if isinstance(value, int | float) and not isinstance(value, bool) else value
        if not isinstance(values, list | tuple) or not 1 <= len(values) <= MOST_STRENGTHS:
            raise ValueError(f"{self.name} must be a number, or a list of 1 to {MOST_STRENGTHS} of them")
        for one in values:
            if isinstance(one, bool) or not isinstance(one, int | float) or not self.above < one <= self.most:
                raise ValueError(f"{self.name} must be numbers above {self.above:g} and at most {self.most:g}")
        return sorted({float(one) for one in values})


@dataclass(frozen=True)
class Operation:
    """A family of transformations of jets.

    kind   lorentz: Λ of the Lorentz group on every four-vector; linear: any other matrix; constituents: what happens
           to single constituents, while everything that a detector can resolve stays
    grid   its strengths; None where it has none
    given  whether it needs the setting `generators`
    """

    summary: str
    kind: Literal["lorentz", "linear", "constituents"]
    grid: Grid | None = None
    given: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The settings that it takes."""
        grid = () if self.grid is None else (self.grid.name, self.grid.singular)
        return (*grid, "generators") if self.given else grid

    def settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The settings with defaults filled in; raises ValueError for one that does not exist, fit, or is missing."""
        for name in given:
            if name not in self.names:
                raise ValueError(f"unknown setting {name!r} of this operation; {nearest(name, self.names)}")
        found: dict[str, Any] = {}
        if self.grid is not None:
            if self.grid.name in given and self.grid.singular in given:
                raise ValueError(f"{self.grid.name} and {self.grid.singular} say the same: leave one out")
            asked = given.get(self.grid.name, given.get(self.grid.singular, list(self.grid.default)))
            found[self.grid.name] = self.grid.strengths(asked)
        if self.given:
            value = given.get("generators")
            found["generators"] = dict(PLACEHOLDER) if value == PLACEHOLDER else _matrices(value)
        return found

    def variants(self, settings: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        """Each strength by itself: what its metrics are called after the operation's name, and its settings.

        `[("", settings)]` for an operation without a strength.
        """
        if self.grid is None:
            return [("", dict(settings))]
        strengths: Sequence[float] = settings[self.grid.name]
        return [(f"_{one:g}", {**settings, self.grid.name: [one]}) for one in strengths]


def _matrices(value: Any) -> list[list[list[float]]]:
    """Generators of transformations of four-vectors, (k, 4, 4) in nested lists."""
    if value is None:
        raise ValueError(
            "generators are missing: a list of 4 × 4 matrices on (E, px, py, pz), or from: an entry that finds some"
        )
    try:
        rows = [[[float(entry) for entry in row] for row in matrix] for matrix in value]
    except (TypeError, ValueError):
        rows = []
    shaped = bool(rows) and all(len(matrix) == 4 and all(len(row) == 4 for row in matrix) for matrix in rows)
    if not shaped or len(rows) > MOST_GENERATORS:
        raise ValueError(f"generators must be 1 to {MOST_GENERATORS} matrices of 4 × 4 numbers")
    if not all(isfinite(entry) for matrix in rows for row in matrix for entry in row):
        raise ValueError("generators must be finite")
    if any(all(entry == 0 for row in matrix for entry in row) for matrix in rows):
        raise ValueError("a generator is zero: it moves nothing")
    return rows


_RAPIDITIES = Grid("rapidities", "rapidity", (0.1, 0.5, 1.0, 2.0), most=10.0)

OPERATIONS: dict[str, Operation] = {
    "beam_boost": Operation("boost along the beam, either way", "lorentz", _RAPIDITIES),
    "beam_rotation": Operation("rotation about the beam, uniform in angle", "lorentz"),
    "boost": Operation("boost in an isotropic direction", "lorentz", _RAPIDITIES),
    "collinear_split": Operation(
        "one constituent, drawn in proportion to its transverse momentum, becomes two parallel ones, z : 1 − z",
        "constituents",
        Grid("fractions", "fraction", (0.1, 0.5), most=0.5),
    ),
    "generators": Operation(
        "exp(tL) with L drawn uniformly from the unit sphere of the span of given generators, ‖L‖² = 2",
        "linear",
        Grid("ranges", "range", (0.1, 0.5, 1.0), most=10.0),
        given=True,
    ),
    "permutation": Operation("constituents in a random order", "constituents"),
    "rotation": Operation("rotation, uniform over SO(3)", "lorentz"),
    "scale": Operation(
        "four-momenta times a factor", "linear", Grid("factors", "factor", (0.5, 2.0), most=100.0, above=0.009)
    ),
    "soft_emission": Operation(
        "one massless constituent more, of this fraction of the jet's transverse momentum, within ΔR < 0.4 of its axis",
        "constituents",
        Grid("fractions", "fraction", (1e-3, 1e-2), most=0.5),
    ),
}

LORENTZ = tuple(name for name, operation in OPERATIONS.items() if operation.kind == "lorentz")
"""Operations of the Lorentz group, which leave every invariant mass as it is."""

BY_DEFAULT = tuple(name for name, operation in OPERATIONS.items() if not operation.given)
"""What is measured where a suite does not say: everything that needs no setting."""
