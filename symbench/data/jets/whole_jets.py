"""What is checked of whole jets: the size of their momenta, twins of each other, and events in two parts of a split."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.data.hashing import hash_ids
from symbench.data.tables.tally import Tally

LOWEST_PT, HIGHEST_PT = 5.0, 5000.0
"""GeV; the median pT of a sample of jets is between them at every collider so far."""

_TWINS = 0.1  # fraction of jets that nearly equal another one
_LEADING = 4
_SAMPLE = 1_000_000  # jets whose pT is kept for the median


@dataclass
class JetChecks:
    """Collects, block by block, what the checks at the end need."""

    pt: list[npt.NDArray[np.float64]] = field(default_factory=list)
    coarse: list[npt.NDArray[np.uint64]] = field(default_factory=list)
    groups: list[npt.NDArray[np.uint64]] = field(default_factory=list)
    parts: list[npt.NDArray[np.uint8]] = field(default_factory=list)

    def add(
        self, vectors: npt.NDArray[Any], groups: npt.NDArray[np.uint64] | None, parts: npt.NDArray[np.uint8] | None
    ) -> None:
        """Jets (n, P, 4) that are kept, with their events and parts if they have any."""
        if sum(map(len, self.pt)) < _SAMPLE:
            total = vectors[..., 1:3].sum(axis=1, dtype=np.float64)
            self.pt.append(np.hypot(total[:, 0], total[:, 1]))
        self.coarse.append(coarse_ids(vectors))
        if groups is not None:
            self.groups.append(groups)
        if parts is not None:
            self.parts.append(parts)

    def finish(self, where: str, unit: str | float | None, tally: Tally) -> None:
        """Raise DataError for what cannot be, unless the suite accepts it."""
        pt = float(np.median(np.concatenate(self.pt)))
        if not LOWEST_PT <= pt <= HIGHEST_PT:
            stated = "GeV (no `unit` is set)" if unit is None else f"GeV (with `unit: {unit}`)"
            tally.stop(
                "jet-pt",
                f"{where}: the median pT of the jets is {pt:.4g} {stated}, not between {LOWEST_PT:g} and "
                f"{HIGHEST_PT:g} GeV: set `unit` to that of the momenta, such as MeV or TeV",
            )
        if self.groups and self.parts:
            shared, events = _in_several(np.concatenate(self.groups), np.concatenate(self.parts))
            if shared:
                tally.stop("twins", f"{where}: {shared:,} of {events:,} events are in more than one part of the split")
        self._check_twins(where, tally)

    def _check_twins(self, where: str, tally: Tally) -> None:
        """Jets that nearly equal another one; without a split of the file they can be in different parts."""
        ids = np.concatenate(self.coarse)
        jets = f"of {len(ids):,} jets"
        twins = len(ids) - len(np.unique(ids))
        tally.add(twins, "jets nearly equal another one (to three digits), kept")
        hint = "training and test share jets: set `event_id` to the columns that number the events"
        if self.parts:
            shared, _ = _in_several(ids, np.concatenate(self.parts))
            if shared > _TWINS * len(ids):
                tally.stop("twins", f"{where}: {shared:,} {jets} nearly equal one in another part of the split: {hint}")
        elif twins > _TWINS * len(ids):
            tally.stop("twins", f"{where}: {twins:,} {jets} nearly equal another one (to three digits), so that {hint}")


def _in_several(ids: npt.NDArray[np.uint64], parts: npt.NDArray[np.uint8]) -> tuple[int, int]:
    """How many distinct identities are in more than one part, and how many there are."""
    pairs = np.unique(np.stack([ids, parts.astype(np.uint64)], axis=1), axis=0)
    distinct, times = np.unique(pairs[:, 0], return_counts=True)
    return int((times > 1).sum()), len(distinct)


def coarse_ids(vectors: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    """A 64-bit hash of the leading constituents, rounded to about three digits."""
    leading = np.ascontiguousarray(vectors[:, :_LEADING], dtype=np.float32).reshape(len(vectors), -1)
    rounded = ((leading.view(np.uint32).astype(np.uint64) + np.uint64(0x800)) >> np.uint64(12)).astype(np.uint64)
    ids = np.zeros(len(vectors), dtype=np.uint64)
    for column in rounded.T:
        ids = hash_ids(ids ^ column, 1)
    return ids
