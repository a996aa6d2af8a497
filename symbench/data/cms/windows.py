"""Mass windows of dimuon resonances (light: suites are checked with it)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """Masses from `low` up to, but not including, `high`, in GeV.

    teaching_events  number of distinct events of the teaching files with a pair in the window
    """

    low: float
    high: float
    teaching_events: int


WINDOWS: dict[str, Window] = {
    "omega": Window(0.72, 0.84, 0),
    "phi": Window(0.98, 1.06, 0),
    "jpsi": Window(2.95, 3.25, 947),
    "psi2s": Window(3.55, 3.85, 155),
    "upsilon": Window(9.26, 9.66, 15_086),
    "z": Window(81.2, 101.2, 9_098),
}
