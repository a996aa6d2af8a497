"""Recorded CMS collisions that are part of a PyPI package: no network is needed.

`uproot-Zmumu.root` of scikit-hep-testdata 0.3.3 holds 2,304 muon pairs recorded by CMS. Rows repeat events (the two
muons in either order, and with trigger and global-fit momenta). The first row of each of the 500 distinct (Run, Event)
is kept.
"""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from symbench.errors import DataError, MissingDataError
from symbench.files import sha256_of

if TYPE_CHECKING:
    from symbench.data.container import Dataset

PACKAGE = "scikit-hep-testdata==0.3.3"
FILE = "uproot-Zmumu.root"
SHA256 = "8290ddc1f2b1f866f30df016558936da27107f7f5b87e574c741f2baab1bad64"
SELECTION = "first-row-of-event-1"
ROWS, EVENTS = 2304, 500


def zmumu_file() -> Path:
    """The path of the dimuon file; raises what `packaged_file` raises."""
    return packaged_file(FILE, SHA256)


def packaged_file(name: str, sha256: str) -> Path:
    """The path of a file in the installed package, which is not imported.

    Raises MissingDataError if the package is absent or its version does not ship the file, DataError if the file has
    another checksum than the pinned one.
    """
    package = importlib.util.find_spec("skhep_testdata")
    folders = list(package.submodule_search_locations or []) if package else []
    path = next((p for p in (Path(folder, "data", name) for folder in folders) if p.is_file()), None)
    if path is None:
        reason = "is not installed" if package is None else f"holds no {name}: it is of another version"
        raise MissingDataError(f"scikit-hep-testdata {reason}; run `pip install {PACKAGE}`")
    digest = sha256_of(path)
    if digest != sha256:
        raise DataError(
            f"{path} has SHA-256 {digest}, not the {sha256} of {PACKAGE}; run `pip install --force-reinstall {PACKAGE}`"
        )
    return path


def read_dimuons(
    label: Literal["mass", "mass_squared"] = "mass_squared", pairs: Literal["all", "opposite_sign"] = "all"
) -> Dataset:
    """The 500 distinct dimuon events: vectors (500, 2, 4) of (E, px, py, pz) in GeV, muons in the order of the file.

    label: `mass` for M in GeV, `mass_squared` for M² in GeV², both from the recorded column M. pairs: all, or the 496
    of opposite sign. Events are identified by
    run and event number. Raises what `zmumu_file` raises, and DataError if the file has another number of rows or
    events than the pinned ones.
    """
    import numpy as np

    from symbench.data.container import Dataset, Provenance, content_ids, first_rows
    from symbench.data.tables.root_file import open_root, trivial_executors

    path = zmumu_file()
    names = [f"{component}{muon}" for muon in (1, 2) for component in ("E", "px", "py", "pz")]
    with open_root(str(path)) as file:
        columns = file["events"].arrays([*names, "Run", "Event", "Q1", "Q2", "M"], library="np", **trivial_executors())
    rows = len(columns["M"])
    identity = content_ids(columns["Run"].astype("<i4"), columns["Event"].astype("<i4"))
    kept = first_rows(identity)
    if rows != ROWS or len(kept) != EVENTS:
        raise DataError(f"{path}: {rows} rows and {len(kept)} events, expected {ROWS} and {EVENTS}")
    vectors = np.stack([columns[name] for name in names], axis=1)[kept].reshape(EVENTS, 2, 4).astype(np.float64)
    mass = columns["M"][kept].astype(np.float64)
    same_sign = int(np.sum(columns["Q1"][kept] * columns["Q2"][kept] > 0))
    first, last = int(columns["Run"][kept].min()), int(columns["Run"][kept].max())
    data = Dataset(
        vectors=vectors,
        mask=np.ones((EVENTS, 2), dtype=np.bool_),
        label=mass if label == "mass" else mass**2,
        event_id=identity[kept],
        provenance=Provenance(
            source=f"muon pairs recorded by CMS (runs {first} to {last}), {FILE} of {PACKAGE}",
            selection=f"{ROWS} rows, of each of the {EVENTS} distinct (Run, Event) the first",
            licence="BSD-3-Clause (scikit-hep-testdata); CMS open data",
            notes=(
                f"{same_sign} of the {EVENTS} pairs are of the same sign and kept: their mass is as Lorentz "
                "invariant as any other",
                "four-momenta and mass as recorded, GeV, six to eight significant digits",
            ),
        ),
    )
    if pairs == "all":
        return data
    opposite = np.flatnonzero((columns["Q1"] * columns["Q2"])[kept] < 0)
    selection = f"{data.provenance.selection}; {len(opposite)} of opposite sign"
    origin = replace(data.provenance, selection=selection, notes=data.provenance.notes[1:])
    return replace(data.take(opposite), provenance=origin)
