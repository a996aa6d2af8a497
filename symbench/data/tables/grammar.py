"""The words of a suite that say how columns are read: coordinates, units, checks and conditions (light: no numpy)."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Coordinates = Literal[
    "cartesian",
    "e_px_py_pz",
    "px_py_pz_e",
    "px_py_pz",
    "pt_eta_phi",
    "pt_eta_phi_mass",
    "pt_eta_phi_energy",
    "pt_y_phi_mass",
    "pt_phi",
]

COMPONENTS: dict[str, int] = {
    "e_px_py_pz": 4,
    "px_py_pz_e": 4,
    "px_py_pz": 3,
    "pt_eta_phi": 3,
    "pt_eta_phi_mass": 4,
    "pt_eta_phi_energy": 4,
    "pt_y_phi_mass": 4,
    "pt_phi": 2,
}
"""The number of components that each kind of coordinates has; any number for `cartesian`."""

Unit = Literal["eV", "keV", "MeV", "GeV", "TeV"]

GEV: dict[str, float] = {"eV": 1e-9, "keV": 1e-6, "MeV": 1e-3, "GeV": 1.0, "TeV": 1e3}

Check = Literal[
    "energy", "mass", "angle", "jet-pt", "repeated", "twins", "event-numbers", "time-step", "stand-in", "files"
]
"""What cannot be, and stops the reading unless the suite accepts it (`accept`)."""

Derived = Literal["mass", "mass_squared", "transverse_mass", "pt"]

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
    "==": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}

Value = bool | int | float | str


@dataclass(frozen=True)
class Condition:
    """A comparison of a column, or of the product of columns, with a value: `Q1*Q2: -1`, `pt: "> 20"`.

    values  more than one for a choice, with ==
    """

    columns: tuple[str, ...]
    comparison: str
    values: tuple[Value, ...]

    def __str__(self) -> str:
        stated = " or ".join(str(value) for value in self.values)
        return f"{'*'.join(self.columns)} {self.comparison} {stated}"


def condition(columns: str, stated: Value | list[Value]) -> Condition:
    """Parse one entry of `where`; raises ValueError."""
    names = tuple(name.strip() for name in columns.split("*"))
    if not all(names):
        raise ValueError(f"{columns!r} is no product of columns")
    if isinstance(stated, list):
        if not stated:
            raise ValueError(f"where {columns!r}: the list of values is empty")
        return Condition(names, "==", tuple(stated))
    if isinstance(stated, str):
        match = re.fullmatch(r"\s*(<=|>=|!=|==|<|>)\s*(.+?)\s*", stated)
        if match is not None:
            return Condition(names, match[1], (_value(match[2]),))
    return Condition(names, "==", (stated,))


def _value(text: str) -> Value:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
