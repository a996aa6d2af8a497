"""Data sets from the CSV files of `open_data`: columns to four-momenta in GeV.

All numbers have six significant digits. The energy column is not used: at the Z its last digit changes E² − p² of one
muon by ±0.5 GeV², fifty times the square of the muon mass. Instead E = √(p² + m²), and the mass of the pair or of the
four leptons is compared with the recorded mass.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from symbench.data.cms.open_data import GROUPS, LICENCE, OpenFile, locate, verify
from symbench.data.container import Dataset, Provenance, content_ids
from symbench.data.masses import ELECTRON_MASS, MUON_MASS
from symbench.errors import DataError

FloatArray = npt.NDArray[np.float64]
Columns = dict[str, npt.NDArray[Any]]
Pairs = Literal["all", "opposite_sign", "same_sign"]

_LEPTONS = frozenset({11, 13})  # PDG ids of electron and muon
_AGREEMENT = 1e-4  # largest relative difference of rebuilt and recorded masses; 4e-5 occurs in the files


def read_dimuons(file: OpenFile, data: Path, pairs: Pairs) -> Dataset:
    """Muon pairs: vectors (N, 2, 4), label M² in GeV² from the recorded M. Raises DataError."""
    table = _read(file, data)
    sign = table["Q1"] * table["Q2"]
    chosen = {"all": sign != 0, "opposite_sign": sign < 0, "same_sign": sign > 0}[pairs]
    table = {name: column[chosen] for name, column in table.items()}
    vectors = np.stack([_massive(table, i, MUON_MASS) for i in (1, 2)], axis=1)
    kept = f"{len(vectors)} of {file.rows} pairs ({pairs.replace('_', ' ')})"
    return _labelled(vectors, table, (file,), f"{file.what}; {kept}")


def read_dielectrons(data: Path) -> Dataset:
    """Electron pairs: massless vectors (18885, 2, 4) from pT, η and φ; label M² in GeV². Raises DataError."""
    (file,) = GROUPS["cms-dielectron-mass"]
    table = _read(file, data)
    vectors = np.stack([_massless(table, i) for i in (1, 2)], axis=1)
    note = "the file has no masses: M² is that of the massless four-momenta built from pT, η and φ"
    return _dataset(vectors, mass_squared(vectors), table, (file,), file.what, note)


def read_four_leptons(data: Path) -> Dataset:
    """All six files together: vectors (278, 4, 4) in the order of the files, label M² in GeV². Raises DataError.

    The mass of all four depends neither on the order of the leptons nor on their pairing into Z bosons.
    """
    files = GROUPS["cms-fourlepton-mass"]
    tables = [_read(file, data) for file in files]
    table = {name: np.concatenate([t[name] for t in tables]) for name in tables[0]}
    flavours = [np.abs(table[f"PID{i}"]) for i in range(1, 5)]
    if unknown := {int(f) for flavour in flavours for f in flavour} - _LEPTONS:
        raise DataError(f"four leptons: PID {sorted(unknown)} is neither an electron nor a muon")
    masses = [np.where(flavour == 13, MUON_MASS, ELECTRON_MASS) for flavour in flavours]
    vectors = np.stack([_massive(table, i, mass) for i, mass in enumerate(masses, start=1)], axis=1)
    return _labelled(vectors, table, files, "four-lepton candidates of 2011 and 2012: 4e, 4μ and 2e2μ")


def mass_squared(vectors: FloatArray) -> FloatArray:
    """M² (N,) of the sum of four-momenta (N, P, 4), in the square of their unit."""
    total = vectors.sum(axis=1)
    return np.asarray(total[:, 0] ** 2 - np.sum(total[:, 1:] ** 2, axis=1))


def _read(file: OpenFile, data: Path) -> Columns:
    import pandas as pd

    path = locate(file, data)
    try:
        table = pd.read_csv(io.BytesIO(verify(file, path)))
    except (ValueError, pd.errors.ParserError) as error:
        raise DataError(f"{path}: not readable as CSV: {error}") from error
    table.columns = table.columns.str.strip()  # MuRun2010B_0.csv has "px1 "
    if len(table) != file.rows:
        raise DataError(f"{path}: {len(table)} rows, expected {file.rows}")
    return {str(name): table[name].to_numpy() for name in table.columns}


def _massive(table: Columns, i: int, mass: float | FloatArray) -> FloatArray:
    p = np.stack([table[f"p{axis}{i}"].astype(np.float64) for axis in "xyz"], axis=1)
    return np.column_stack([np.sqrt(np.sum(p**2, axis=1) + np.square(mass)), p])


def _massless(table: Columns, i: int) -> FloatArray:
    pt, eta, phi = (table[f"{name}{i}"].astype(np.float64) for name in ("pt", "eta", "phi"))
    return np.column_stack([pt * np.cosh(eta), pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)])


def _labelled(vectors: FloatArray, table: Columns, files: tuple[OpenFile, ...], what: str) -> Dataset:
    """The data set with the recorded mass as label; raises DataError if it is not the mass of the vectors."""
    recorded = table["M"].astype(np.float64)
    worst = float(np.max(np.abs(np.sqrt(np.maximum(mass_squared(vectors), 0.0)) / recorded - 1)))
    if not worst < _AGREEMENT:
        raise DataError(
            f"{files[0].name}: recorded masses differ from those of the four-momenta by up to {worst:.2g} (relative)"
        )
    note = f"E from p and the lepton's mass; recorded masses agree with the momenta to {worst:.1g} (six digits)"
    return _dataset(vectors, recorded**2, table, files, what, note)


def _dataset(
    vectors: FloatArray, label: FloatArray, table: Columns, files: tuple[OpenFile, ...], what: str, note: str
) -> Dataset:
    return Dataset(
        vectors=vectors,
        mask=np.ones(vectors.shape[:2], dtype=np.bool_),
        label=label,
        event_id=content_ids(table["Run"].astype("<i8"), table["Event"].astype("<i8")),
        provenance=Provenance(
            source=f"recorded by CMS: {', '.join(file.name for file in files)}",
            selection=what,
            licence=LICENCE,
            record=files[0].page,
            notes=(note,),
        ),
    )
