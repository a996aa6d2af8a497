"""What is checked of whole jets: the size of their momenta, twins of each other, and events in two parts of a split."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.data.hashing import coarse_ids
from symbench.data.tables.tally import Tally
from symbench.data.tables.whole_rows import in_units_apart

LOWEST_PT, HIGHEST_PT = 5.0, 5000.0
"""GeV; the median pT of a sample of jets is between them at every collider so far."""

_TWINS = 0.1  # fraction of jets that nearly equal another one
_LEADING = 4
_DIGITS = 11  # binary digits that are compared, about three decimal ones
_ALIGNED = 0.02  # of the pT of a jet whose axis is that of the coordinates
_FEW = 10  # jets; the median of fewer says little
_SAMPLE = 1_000_000  # jets whose pT is kept for the median


@dataclass
class JetChecks:
    """Collects, block by block, what the checks at the end need."""

    pt: list[npt.NDArray[np.float64]] = field(default_factory=list)
    coarse: list[npt.NDArray[np.uint64]] = field(default_factory=list)
    groups: list[npt.NDArray[np.uint64]] = field(default_factory=list)
    parts: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    of_file: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    widths: dict[str, int] = field(default_factory=dict)
    kept: int = 0
    aligned: int = 0

    def add(
        self,
        file: str,
        vectors: npt.NDArray[Any],
        groups: npt.NDArray[np.uint64] | None,
        parts: npt.NDArray[np.uint8] | None,
    ) -> None:
        """Jets (n, P, 4) of a file that are kept, with their events and parts if they have any."""
        total = vectors[..., 1:].sum(axis=1, dtype=np.float64)
        pt = np.hypot(total[:, 0], total[:, 1])
        self.kept += len(pt)
        self.aligned += int(np.count_nonzero((np.abs(total[:, 1]) < _ALIGNED * pt) & (total[:, 0] > 0)
                                             & (np.abs(total[:, 2]) < _ALIGNED * pt)))  # fmt: skip
        self.of_file.setdefault(file, pt)
        if sum(map(len, self.pt)) < _SAMPLE:
            self.pt.append(pt)
        self.coarse.append(coarse_ids(vectors[:, :_LEADING].reshape(len(vectors), -1), _DIGITS))
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
        self._check_files(where, tally)
        if self.aligned > 0.9 * self.kept:
            tally.add(self.aligned, "jets with their axis at η = 0, φ = 0: coordinates relative to the jet, in which "
                                    "rotations and boosts of the event are lost")  # fmt: skip
        if self.groups and self.parts:
            shared, events = _in_several(np.concatenate(self.groups), np.concatenate(self.parts))
            if shared:
                tally.stop("twins", f"{where}: {shared:,} of {events:,} events are in more than one part of the split")
        self._check_twins(where, tally)

    def _check_files(self, where: str, tally: Tally) -> None:
        """Files in different units, or of classes that their numbers of constituents tell apart."""
        medians = {file: float(np.median(pt)) for file, pt in self.of_file.items() if len(pt) >= _FEW}
        if apart := in_units_apart(medians):
            low, high = apart
            tally.stop(
                "files",
                f"{where}: the median pT of the jets is {medians[low]:.4g} GeV in {low} and {medians[high]:.4g} "
                f"GeV in {high}: are they in one unit?",
            )
        if self.widths:
            low, high = min(self.widths, key=self.widths.__getitem__), max(self.widths, key=self.widths.__getitem__)
            if self.widths[low] < self.widths[high]:
                tally.stop(
                    "files",
                    f"{where}: {low} has room for {self.widths[low]} constituents a jet and {high} for "
                    f"{self.widths[high]}, so that their number tells the files apart: set `constituents` to "
                    f"{self.widths[low]}",
                )

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
