"""An entry of the catalogue of metrics: title, definition, unit, direction, and how values are printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Better = Literal["higher", "lower", None]


@dataclass(frozen=True)
class Metric:
    """A column of a table.

    style      `fixed` prints `decimals` digits behind the point, `significant` that many significant ones
    of_trial   whether it is among the metrics of a trial; times and memory are recorded beside them
    beside     another metric, and a word for it, that tables print in brackets: `0.030 (floor 0.012)`
    support    the ends between which every value lies, if there are two
    shapeless  a score of success or failure: intervals and tiers assume nothing of its distribution but the support
    """

    name: str
    title: str
    definition: str
    unit: str = ""
    better: Better = None
    decimals: int = 3
    style: Literal["fixed", "significant"] = "fixed"
    of_trial: bool = True
    beside: tuple[str, str] | None = None
    support: tuple[float, float] | None = None
    shapeless: bool = False

    @property
    def heading(self) -> str:
        """Title with unit, as a table's head shows it."""
        return f"{self.title} [{self.unit}]" if self.unit else self.title

    def text(self, value: float) -> str:
        """A value as tables print it."""
        if self.style == "significant":
            text = f"{value:.{self.decimals}g}"
            return f"{value:,.0f}" if "e" in text and 1e3 <= abs(value) < 1e9 else text
        return f"{value:.{self.decimals}f}"


UNIT = (0.0, 1.0)
"""The support of fractions and areas."""


def outcome(name: str, title: str, definition: str, better: Better = "higher", decimals: int = 3) -> Metric:
    """A score in [0, 1] that is nearly 1 or nearly 0 in most seeds."""
    return Metric(name, title, definition, "", better, decimals, support=UNIT, shapeless=True)
