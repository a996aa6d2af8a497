"""The symmetry operations that a suite may ask for, with their settings (no torch: suites are checked with it)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from symbench.errors import nearest


@dataclass(frozen=True)
class Operation:
    """A family of Lorentz transformations, drawn independently for every jet.

    defaults   settings and their values; a rapidity is that of the boost, dimensionless
    """

    summary: str
    defaults: Mapping[str, float] = field(default_factory=dict)

    def settings(self, given: Mapping[str, Any]) -> dict[str, float]:
        """The settings with defaults filled in; raises ValueError for one that does not exist or fit."""
        for name, value in given.items():
            if name not in self.defaults:
                raise ValueError(f"unknown setting {name!r} of this operation; {nearest(name, self.defaults)}")
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 10:
                raise ValueError(f"{name} must be a number above 0 and at most 10")
        return {**self.defaults, **{name: float(value) for name, value in given.items()}}


OPERATIONS: dict[str, Operation] = {
    "beam_boost": Operation("boost along the beam, either way", {"rapidity": 0.5}),
    "beam_rotation": Operation("rotation about the beam, uniform in angle"),
    "boost": Operation("boost in an isotropic direction", {"rapidity": 0.5}),
    "rotation": Operation("rotation, uniform over SO(3)"),
}
