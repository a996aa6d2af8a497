"""Constituents of a file's jets, cleaned by one rule whatever the format: padding, impossible values, coordinates.

A constituent is padding if all of its components are zero, or the value that the suite states, or one negative number
such as −999; in coordinates that begin with pT, if its pT is zero. What is left and has a negative pT, or an energy
that is not positive, is left out and counted. A spacelike one, E < |p|, is kept and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.data.tables.coordinates import azimuth_at, cartesian
from symbench.data.tables.tally import Tally
from symbench.errors import DataError

Values = npt.NDArray[Any]

NO_ENERGY = "constituents of zero or negative energy left out"
NEGATIVE_PT = "constituents of negative pT left out"
SPACELIKE = "constituents with E < |p|, kept"
PADDED = "constituents that are {value:g} in all components, taken as padding"

MASSLESS = "constituents of negative mass, taken as massless"

_NEGATIVE_MASS = 1e-3  # GeV; NanoAOD's compressed masses reach −1e-6
_SPACELIKE = 2e-3  # 1 − E/|p| of massless particles in files of three or four digits
_AT_REST = 0.2  # p²/E² of constituents that are slow; particles of a jet are not
_ENERGY_GEV = 1e5  # no collider has given a particle this energy


@dataclass(frozen=True)
class Layout:
    """How the components of constituents are to be understood.

    unit     GeV in the unit of the file
    mass     GeV, for coordinates without mass and energy
    padding  the value of all components of padding, beside zero; NaN for padding that is not a number
    """

    coordinates: str
    names: tuple[str, ...]
    unit: float = 1.0
    mass: float = 0.0
    padding: float | None = None


@dataclass
class Sums:
    """Numbers of constituents over all blocks, from which the checks at the end follow."""

    real: int = 0
    impossible: int = 0
    heavy: int = 0
    turned: int = 0


def clean(
    path: str, first_row: int, counts: Values, columns: Sequence[Values], layout: Layout, tally: Tally, sums: Sums
) -> tuple[npt.NDArray[np.int64], list[npt.NDArray[np.float64]]]:
    """Numbers of constituents (n,), and E, px, py, pz of all that are used, jet after jet.

    first_row  of the block in the file, for messages
    counts     (n,) constituents of each jet, padding included
    columns    the components, (sum of counts,) each
    """
    jet = np.repeat(np.arange(len(counts)), counts)
    parts = [np.asarray(column, dtype=np.float64) for column in columns]
    real = ~_padding(parts, layout, tally)
    parts, jet = [part[real] for part in parts], jet[real]
    _check_finite(path, first_row, jet, parts, layout)
    momenta = cartesian(layout.coordinates, parts, layout.unit, layout.mass)
    _check_converted(path, first_row, jet, parts, momenta, layout)
    has_pt = layout.coordinates.startswith("pt_")
    negative = parts[0] < 0 if has_pt else np.zeros(len(jet), dtype=np.bool_)
    idle = ~negative & ~(momenta[0] > 0)
    p = np.sqrt(momenta[1] ** 2 + momenta[2] ** 2 + momenta[3] ** 2)
    spacelike = ~negative & ~idle & (momenta[0] < p * (1 - _SPACELIKE))
    tally.add(int(negative.sum()), NEGATIVE_PT)
    tally.add(int(idle.sum()), NO_ENERGY)
    tally.add(int(spacelike.sum()), SPACELIKE)
    _check_energy(path, first_row, jet, momenta, layout, tally)
    sums.real += len(jet)
    sums.impossible += int((negative | idle | spacelike).sum())
    if layout.coordinates.endswith("_mass"):
        tally.add(int((parts[3] * layout.unit < -_NEGATIVE_MASS).sum()), MASSLESS)
        sums.heavy += int((parts[3] >= parts[0]).sum())
    else:
        sums.heavy += int((~negative & ~idle & (p**2 < _AT_REST * momenta[0] ** 2)).sum())
    at = azimuth_at(layout.coordinates)
    if at is not None:
        sums.turned += int((np.abs(parts[at]) > 2 * np.pi + 1e-2).sum())
    used = ~(negative | idle)
    kept = np.bincount(jet[used], minlength=len(counts)).astype(np.int64)
    return kept, [momentum[used] for momentum in momenta]


def check_sums(where: str, layout: Layout, tally: Tally, sums: Sums) -> None:
    """Raise DataError for what cannot be true of most constituents; called after the last block."""
    if not sums.real:
        return
    names, share = ", ".join(layout.names), sums.impossible / sums.real
    if share > 0.5:
        tally.stop(
            "energy",
            f"{where}: {share:.0%} of the constituents have E < |p|, a negative pT or no positive energy: are "
            f"{names} really {layout.coordinates}, in this order?",
        )
    if sums.heavy > 0.5 * sums.real:
        heavy = f"{sums.heavy / sums.real:.0%} of the constituents"
        tally.stop(
            "mass",
            f"{where}: the mass {layout.names[-1]!r} is larger than pT for {heavy}: is it an energy? "
            "(`coordinates: pt_eta_phi_energy`)"
            if layout.coordinates.endswith("_mass")
            else f"{where}: {heavy} are nearly at rest: are {names} really {layout.coordinates}?",
        )
    if sums.turned > 0.1 * sums.real:
        tally.stop(
            "angle",
            f"{where}: the azimuth is beyond 2π in {sums.turned / sums.real:.0%} of the constituents: it must be in "
            f"radian, and {names} in the order of {layout.coordinates}",
        )


def _padding(parts: Sequence[npt.NDArray[np.float64]], layout: Layout, tally: Tally) -> npt.NDArray[np.bool_]:
    padding = np.all([part == 0 for part in parts], axis=0)
    if layout.padding is not None:
        stated = [np.isnan(part) if np.isnan(layout.padding) else part == layout.padding for part in parts]
        padding |= np.any(stated, axis=0) if np.isnan(layout.padding) else np.all(stated, axis=0)
    if layout.coordinates.startswith("pt_"):
        padding |= parts[0] == 0
    if len(parts) > 1:
        same = np.all([part == parts[0] for part in parts[1:]], axis=0) & (parts[0] < 0) & ~padding
        for value in np.unique(parts[0][same])[:4]:
            tally.add(int((same & (parts[0] == value)).sum()), PADDED.format(value=value))
        padding |= same
    return np.asarray(padding)


def _check_finite(path: str, first_row: int, jet: Values, parts: Sequence[Values], layout: Layout) -> None:
    for name, part in zip(_names(layout, len(parts)), parts, strict=True):
        bad = np.flatnonzero(~np.isfinite(part))
        if len(bad):
            hint = "; if it is padding, set `padding: nan`" if np.isnan(part[bad[0]]) else ""
            raise DataError(
                f"{path}: {name!r} is not finite in {len(bad):,} constituents, first in entry "
                f"{first_row + int(jet[bad[0]]) + 1}{hint}"
            )


def _check_converted(
    path: str, first_row: int, jet: Values, parts: Sequence[Values], momenta: Sequence[Values], layout: Layout
) -> None:
    bad = np.flatnonzero(~np.all([np.isfinite(momentum) for momentum in momenta], axis=0))
    if len(bad):
        stated = ", ".join(f"{n} = {part[bad[0]]:g}" for n, part in zip(_names(layout, len(parts)), parts, strict=True))
        raise DataError(
            f"{path}: entry {first_row + int(jet[bad[0]]) + 1} has a constituent without a finite momentum: {stated}"
        )


def _check_energy(
    path: str, first_row: int, jet: Values, momenta: Sequence[Values], layout: Layout, tally: Tally
) -> None:
    size = np.max([np.abs(momentum) for momentum in momenta], axis=0) if len(jet) else np.zeros(0)
    bad = np.flatnonzero(size > _ENERGY_GEV)
    # in a wrong unit all are too large, which the check of the jets' pT says better
    if len(bad) and len(bad) < 0.1 * len(jet):
        tally.stop(
            "energy",
            f"{path}: {len(bad):,} constituents with more than {_ENERGY_GEV:g} GeV, first {size[bad[0]]:.3g} GeV in "
            f"entry {first_row + int(jet[bad[0]]) + 1} ({', '.join(layout.names)})",
        )


def _names(layout: Layout, components: int) -> Sequence[str]:
    if len(layout.names) == components:
        return layout.names
    words = {"e_px_py_pz": "E px py pz", "px_py_pz_e": "px py pz E"}.get(layout.coordinates)
    return (words or layout.coordinates.replace("_", " ")).split()
