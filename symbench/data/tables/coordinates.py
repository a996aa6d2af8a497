"""From the coordinates of a file to Cartesian components in GeV."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.data.blocks import four_momenta
from symbench.data.tables.grammar import GEV

Floats = npt.NDArray[np.float64]

_ANGLE = re.compile(r"(^|[_\W\d]|(?<=[a-zA-Z]))d?(phi|eta|theta|azimuth|rapidity)", re.IGNORECASE)


def cartesian(
    coordinates: str, columns: Sequence[npt.NDArray[Any]], unit: float = 1.0, mass: float = 0.0
) -> list[Floats]:
    """E, px, py, pz in GeV, or px, py of `pt_phi`; `cartesian` components are multiplied by the unit.

    columns  the components, arrays of one shape, in the order of the coordinates' name
    unit     GeV in the unit of the file
    mass     GeV, for coordinates without mass and energy

    A value that has no momentum (η so large that sinh η overflows) becomes infinite: the caller names it.
    """
    parts = [np.asarray(column, dtype=np.float64) for column in columns]
    with np.errstate(over="ignore", invalid="ignore"):
        if coordinates in ("cartesian", "e_px_py_pz"):
            return _scaled(parts, unit)
        if coordinates == "px_py_pz_e":
            return _scaled([parts[3], *parts[:3]], unit)
        if coordinates == "px_py_pz":
            px, py, pz = _scaled(parts, unit)
            return [np.sqrt(px**2 + py**2 + pz**2 + mass**2), px, py, pz]
        pt = parts[0] if unit == 1 else parts[0] * unit
        if coordinates == "pt_phi":
            return [pt * np.cos(parts[1]), pt * np.sin(parts[1])]
        if coordinates == "pt_eta_phi":
            return _momenta(pt, parts[1], parts[2], mass)
        last = parts[3] if unit == 1 else parts[3] * unit
        if coordinates == "pt_eta_phi_mass":
            return _momenta(pt, parts[1], parts[2], last)
        if coordinates == "pt_eta_phi_energy":
            return [last, *_momenta(pt, parts[1], parts[2], 0.0)[1:]]
        transverse = np.sqrt(pt**2 + np.square(np.maximum(last, 0.0)))
        return [
            transverse * np.cosh(parts[1]),
            pt * np.cos(parts[2]),
            pt * np.sin(parts[2]),
            transverse * np.sinh(parts[1]),
        ]


def unit_in_gev(unit: str | float | None) -> float:
    """GeV in a unit, or in the number of GeV that a suite states; 1 for None."""
    return 1.0 if unit is None else GEV[unit] if isinstance(unit, str) else float(unit)


def azimuth_at(coordinates: str) -> int | None:
    """The position of the azimuth among the components."""
    words = coordinates.split("_")
    return words.index("phi") if "phi" in words else None


def looks_like_angles(names: Sequence[str], columns: Sequence[npt.NDArray[Any]]) -> str | None:
    """Why these components of a vector look like a transverse momentum with angles; None if they do not.

    By name, or by value: one component fills an interval of 2π evenly, and another is positive throughout.
    """
    angles = [name for name in names if _ANGLE.search(name)]
    if angles and len(angles) < len(names):
        return f"{angles[0]!r} is named as an angle"
    if len(columns) < 2:
        return None
    for name, column in zip(names, columns, strict=True):
        others = [other for other in columns if other is not column]
        if _fills_a_turn(column) and any(len(o) and float(np.min(o)) > 0 for o in others):
            interval = f"from {np.min(column):.3g} to {np.max(column):.3g}"
            return f"{name!r} fills the interval {interval} evenly, as an azimuth does"
    return None


def swapped(coordinates: str, columns: Sequence[npt.NDArray[Any]]) -> bool:
    """Whether η, or the rapidity, has the values of an azimuth while the azimuth has not: the two are exchanged."""
    if not coordinates.startswith(("pt_eta_phi", "pt_y_phi")) or len(columns) < 3:
        return False
    return _fills_a_turn(columns[1]) and not _fills_a_turn(columns[2])


def _fills_a_turn(column: npt.NDArray[Any]) -> bool:
    """Whether the values are those of an azimuth: within one turn, up to its ends, and about evenly."""
    if len(column) < 100:
        return False
    low, high = float(np.min(column)), float(np.max(column))
    for start in (-np.pi, 0.0):
        if low >= start - 1e-3 and high <= start + 2 * np.pi + 1e-3 and high - low > 2 * np.pi * (1 - 10 / len(column)):
            quartiles = (np.quantile(column, [0.25, 0.5, 0.75]) - start) / (2 * np.pi)
            return bool(np.abs(quartiles - [0.25, 0.5, 0.75]).max() < 0.1)
    return False


def _momenta(pt: Floats, eta: Floats, phi: Floats, mass: Floats | float) -> list[Floats]:
    return [np.asarray(component, dtype=np.float64) for component in four_momenta(pt, eta, phi, mass)]


def _scaled(parts: list[Floats], unit: float) -> list[Floats]:
    return parts if unit == 1 else [part * unit for part in parts]
