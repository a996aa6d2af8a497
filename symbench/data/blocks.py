"""Blocks of jets, the output of readers of jet files: small enough for memory, ordered and padded in the same way.

A reader is a function that appends blocks and returns their provenance (`Fill`). It does not decide whether the blocks
become mapped files (`store.load_or_convert`) or arrays in memory (`collect`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.data.container import Dataset, Provenance
from symbench.errors import DataError

Floats = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.bool_]

BLOCK_BYTES = 2**26
"""Approximate size of what is read of a file at a time."""


@dataclass(frozen=True)
class EventBlock:
    """Some jets, with the arrays of `symbench.data.container.Dataset`."""

    vectors: Floats
    mask: Mask
    label: npt.NDArray[np.int64]
    event_id: npt.NDArray[np.uint64]
    features: Floats | None = None
    part: npt.NDArray[np.uint8] | None = None
    weight: npt.NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.vectors)

    def take(self, rows: npt.NDArray[Any] | slice) -> EventBlock:
        """The jets of these rows."""
        return EventBlock(**{name: array[rows] for name, array in arrays_of(self).items()})


Append = Callable[[EventBlock], None]
Fill = Callable[[Append], Provenance]


def arrays_of(block: EventBlock) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a block by name, without the absent ones."""
    return {f.name: array for f in fields(block) if (array := getattr(block, f.name)) is not None}


def collect(fill: Fill) -> Dataset:
    """All blocks as one data set in memory. Raises DataError if there is no block."""
    blocks: list[dict[str, npt.NDArray[Any]]] = []
    provenance = fill(lambda block: blocks.append(arrays_of(block)))
    if not blocks:
        raise DataError(f"{provenance.source}: no jet passes the selection")
    return Dataset(provenance=provenance, **{name: np.concatenate([b[name] for b in blocks]) for name in blocks[0]})


class Distinct:
    """The distinct events of a source, over all of its blocks, by identity.

    repeated  number of events so far whose identity had occurred before
    """

    def __init__(self) -> None:
        self._known: npt.NDArray[np.uint64] = np.zeros(0, dtype=np.uint64)
        self.repeated = 0

    def new(self, event_id: npt.NDArray[np.uint64]) -> npt.NDArray[np.intp]:
        """Rows whose identity occurs for the first time, in their order."""
        _, first = np.unique(event_id, return_index=True)
        rows = np.sort(first)
        if len(self._known):
            place = np.minimum(np.searchsorted(self._known, event_id[rows]), len(self._known) - 1)
            rows = rows[self._known[place] != event_id[rows]]
        self.repeated += len(event_id) - len(rows)
        self._known = np.sort(np.concatenate([self._known, event_id[rows]]), kind="stable")
        return rows


def by_falling_pt(vectors: Floats, mask: Mask, features: Floats | None = None) -> tuple[Floats, Mask, Floats | None]:
    """The constituents by falling transverse momentum, padding last.

    vectors (n, P, 4) of (E, px, py, pz), mask (n, P), features (n, P, F). Only jets in another order are copied.
    """
    pt = np.where(mask, np.hypot(vectors[..., 1], vectors[..., 2]), -1.0)
    wrong = np.flatnonzero((np.diff(pt, axis=1) > 0).any(axis=1))
    if len(wrong):
        order = np.argsort(-pt[wrong], axis=1, kind="stable")
        vectors, mask = vectors.copy(), mask.copy()
        vectors[wrong] = np.take_along_axis(vectors[wrong], order[..., None], axis=1)
        mask[wrong] = np.take_along_axis(mask[wrong], order, axis=1)
        if features is not None:
            features = features.copy()
            features[wrong] = np.take_along_axis(features[wrong], order[..., None], axis=1)
    return vectors, mask, features


def from_ragged(
    counts: npt.NDArray[np.integer[Any]], columns: Sequence[Floats], constituents: int
) -> tuple[npt.NDArray[np.float64], Mask]:
    """The leading constituents of concatenated jets.

    counts   (n,) number of constituents of each jet
    columns  (sum of counts,) each: E, px, py, pz, and any features

    Returns (n, constituents, number of columns) by falling transverse momentum, padded with zeros, and the mask.
    """
    jet = np.repeat(np.arange(len(counts)), counts)
    rank = np.arange(len(jet)) - np.repeat(np.cumsum(counts) - counts, counts)
    kept = np.flatnonzero(rank < constituents)
    place = jet[kept] * constituents + rank[kept]
    source = _order(jet, np.hypot(columns[1], columns[2]))[kept]
    rows = np.zeros((len(counts) * constituents, len(columns)))
    for index, column in enumerate(columns):
        rows[place, index] = column[source]
    padded = rows.reshape(len(counts), constituents, len(columns))
    return padded, np.arange(constituents) < np.minimum(counts, constituents)[:, None]


def _order(jet: npt.NDArray[np.intp], pt: Floats) -> npt.NDArray[np.intp]:
    """Indices that sort the constituents by jet and falling pT; only jets in another order are sorted."""
    order = np.arange(len(jet))
    rises = (pt[1:] > pt[:-1]) & (jet[1:] == jet[:-1])
    if rises.any():
        wrong = np.zeros(int(jet[-1]) + 1, dtype=np.bool_)
        wrong[jet[1:][rises]] = True
        rows = np.flatnonzero(wrong[jet])
        order[rows] = rows[np.lexsort((-pt[rows], jet[rows]))]
    return order


def four_momenta(pt: Floats, eta: Floats, phi: Floats, mass: Floats | float = 0.0) -> tuple[Floats, ...]:
    """E, px, py, pz in GeV from transverse momentum, pseudorapidity, azimuth and mass; a negative mass counts as 0.

    Reconstructed masses can be slightly negative (−1e-6 in NanoAOD's compressed floats).

    Not computed with the package vector, whose energies differ in the last bit: event identities are hashes of these
    bytes.
    """
    pt, eta, phi = (np.asarray(x, dtype=np.float64) for x in (pt, eta, phi))
    pz = pt * np.sinh(eta)
    energy = np.sqrt(pt**2 + pz**2 + np.square(np.maximum(np.asarray(mass, dtype=np.float64), 0.0)))
    return energy, pt * np.cos(phi), pt * np.sin(phi), pz


def check_finite(path: str, columns: dict[str, npt.NDArray[Any]]) -> None:
    """Raise DataError, with the first such row, for a column with a value that is not finite."""
    for name, column in columns.items():
        if column.dtype.kind == "f" and not np.isfinite(column).all():
            bad = int(np.flatnonzero(~np.isfinite(column.reshape(len(column), -1)).all(axis=1))[0])
            raise DataError(f"{path}: {name!r} is not finite, first in entry {bad + 1} of a block")
