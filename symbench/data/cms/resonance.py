"""Recorded muon pairs, labelled by the mass window of a resonance: CMS teaching files, or a NanoAOD file of muons.

Windows are in GeV around the masses of the Particle Data Group (2024): ω 0.7827 (above the broad ρ⁰), φ 1.0195,
J/ψ 3.0969, ψ(2S) 3.6861, Υ(1S) 9.4604, Z 91.188. They are several times wider than the dimuon mass resolution of CMS,
1 to 2 %, and contain the continuum under the peak: the label is the window, not the origin of the pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.data.blocks import Append, Distinct, EventBlock, by_falling_pt, four_momenta
from symbench.data.cms.open_data import GROUPS, LICENCE, OpenFile
from symbench.data.cms.tables import mass_squared, read_dimuons
from symbench.data.cms.windows import WINDOWS
from symbench.data.container import Dataset, Provenance, content_ids
from symbench.data.hashing import hash_ids
from symbench.data.jets.root import open_tree, ragged
from symbench.data.masses import MUON_MASS
from symbench.errors import DataError

READER = "1"  # raise it whenever the same files would give other arrays

_SALT = 0x5245534F
_MUON = ("Muon_pt", "Muon_eta", "Muon_phi", "Muon_charge")


def classes_of(mass: npt.NDArray[Any], resonances: Sequence[str]) -> npt.NDArray[np.int64]:
    """The window of each mass (GeV), as an index into `resonances`; −1 for a mass in no window."""
    label = np.full(len(mass), -1, dtype=np.int64)
    for number, name in enumerate(resonances):
        low, high = WINDOWS[name].low, WINDOWS[name].high
        label[(mass >= low) & (mass < high)] = number
    return label


def read_teaching_files(data: Path, resonances: Sequence[str], per_class: int) -> Dataset:
    """Pairs of opposite sign of the files of `cms-resonance`, at most `per_class` of each resonance.

    vectors (N, 2, 4), the harder muon first. Of more than `per_class` pairs those with the lowest hash of their
    identity are taken, so that every file contributes in proportion. Raises DataError, also if the files hold fewer
    pairs than the pinned number.
    """
    distinct = Distinct()
    parts: list[tuple[Any, Any, Any]] = []
    files = GROUPS["cms-resonance"]
    for file in files:
        pairs = read_dimuons(file, data, "opposite_sign")
        label = classes_of(np.sqrt(pairs.label), resonances)
        known = np.flatnonzero(label >= 0)
        rows = known[distinct.new(pairs.event_id[known])]
        parts.append((pairs.vectors[rows], label[rows], pairs.event_id[rows]))
    vectors, label, event_id = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(hash_ids(event_id, _SALT), kind="stable")
    kept = np.sort(np.concatenate([order[label[order] == c][:per_class] for c in range(len(resonances))]))
    for number, name in enumerate(resonances):
        count, expected = int(np.count_nonzero(label[kept] == number)), min(per_class, WINDOWS[name].teaching_events)
        if count != expected:
            raise DataError(f"{count} pairs at the {name}, expected {expected}")
    vectors, mask, _ = by_falling_pt(vectors[kept], np.ones((len(kept), 2), dtype=np.bool_))
    return Dataset(
        vectors=vectors,
        mask=mask,
        label=label[kept],
        event_id=event_id[kept],
        provenance=_provenance(resonances, label[kept], files, files[0].page),
    )


def read_muons(path: Path, resonances: Sequence[str], per_class: int, append: Append) -> Provenance:
    """Append the first `per_class` pairs of each resonance: NanoAOD events with exactly two muons of opposite sign.

    Events are identified by content: the file of record 12341 has no run and event numbers. Raises DataError if there
    are fewer pairs.
    """
    distinct = Distinct()
    have = np.zeros(len(resonances), dtype=np.int64)
    labels: list[npt.NDArray[np.int64]] = []
    with open_tree(path, "Events") as tree:
        for arrays in tree.blocks(_MUON):
            counts, columns = ragged(path, arrays)
            two = np.repeat(counts == 2, counts)
            pt, eta, phi, charge = (columns[name][two].astype(np.float64).reshape(-1, 2) for name in _MUON)
            opposite = charge[:, 0] * charge[:, 1] < 0
            momenta = np.stack(four_momenta(pt[opposite], eta[opposite], phi[opposite], MUON_MASS), axis=-1)
            vectors, mask, _ = by_falling_pt(momenta, np.ones(momenta.shape[:2], dtype=np.bool_))
            label = classes_of(np.sqrt(np.maximum(mass_squared(np.asarray(vectors)), 0.0)), resonances)
            event_id = content_ids(vectors)
            known = np.flatnonzero(label >= 0)
            rows = known[distinct.new(event_id[known])]
            rows = np.sort(np.concatenate([rows[label[rows] == c][: per_class - have[c]] for c in range(len(have))]))
            have += np.bincount(label[rows], minlength=len(have))
            labels.append(label[rows])
            append(EventBlock(vectors, mask, label, event_id).take(rows))
            if (have >= per_class).all():
                break
    if (have < per_class).any():
        numbers = ", ".join(f"{n:,} {name}" for n, name in zip(have.tolist(), resonances, strict=True))
        raise DataError(f"{path}: {numbers}; `per_class` needs {per_class:,} pairs of each")
    return _provenance(resonances, np.concatenate(labels), (), "", path)


def _provenance(
    resonances: Sequence[str],
    label: npt.NDArray[np.int64],
    files: Sequence[OpenFile],
    record: str,
    path: Path | None = None,
) -> Provenance:
    counts = np.bincount(label, minlength=len(resonances)).tolist()
    windows = (
        f"{n:,} {r} ({WINDOWS[r].low:g} to {WINDOWS[r].high:g})" for r, n in zip(resonances, counts, strict=True)
    )
    return Provenance(
        source=f"recorded by CMS: {', '.join(file.name for file in files) or (path.name if path else '')}",
        selection="muon pairs of opposite sign by mass in GeV: " + ", ".join(windows),
        licence=LICENCE if files else "not stated",
        record=record,
        notes=(
            "the label is the mass window; what lies under a peak is in it",
            "windows come from data of different triggers: transverse momenta tell them apart as well",
        ),
    )
