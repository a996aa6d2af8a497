"""Reactions in the event record of Pythia: decays of hadrons and leptons, and the hadronisation of whole collisions."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from symbench.data.container import Dataset, Provenance
from symbench.data.decays_recipe import DECAYS_OF_Z, SEED, SETTINGS, SPECIES
from symbench.errors import DataError
from symbench.extras import Requirement, require_all

_WEAK = 1e-3  # mm: proper lifetime from which a decay is weak; π⁰ lives 2.6e-5 mm, Ω_c 0.02 mm
_K0 = 311  # K⁰ → K_S, K_L is mixing, no decay
_DECAY, _PRIMARY = 91, (81, 89)  # Pythia's status codes
_BATCH, _MOST_BATCHES = 1_000, 200


def generate(interactions: Literal["all", "strong"], reactions: int) -> Dataset:
    """Reactions as vectors (N, 2, S): the parent and the products, as numbers of each species minus antispecies.

    interactions   all decays; or decays by the strong and electromagnetic interaction, and collision → primary hadrons

    Reactions with a species that is not listed are left out, and those in which no listed species changes. Raises
    DataError if Pythia cannot start, or makes too few.
    """
    require_all([Requirement("pythia8mc", "jets")])
    from symbench.data.jets.pythia import started

    lines = (*SETTINGS, DECAYS_OF_Z[interactions])
    pythia = started((*lines, "Print:quiet = on", "Random:setSeed = on", f"Random:seed = {SEED}"))
    table = _Table(pythia.particleData, interactions == "strong")
    found: list[npt.NDArray[np.float64]] = []
    for _ in range(_MOST_BATCHES):
        if len(found) >= reactions:
            break
        found += table.reactions(pythia.nextBatch(_BATCH).prt)
    if len(found) < reactions:
        raise DataError(f"Pythia made {len(found):,} reactions, {reactions:,} are needed")
    vectors = np.stack(found[:reactions])
    kinds = {
        "all": "decays of hadrons and leptons, K⁰ mixing left out",
        "strong": "strong and electromagnetic decays, and collision → primary hadrons",
    }
    return Dataset.numbered(
        vectors=vectors,
        provenance=Provenance(
            source=f"generated: Pythia 8, {'; '.join(lines)}",
            selection=f"{kinds[interactions]}; reactions among {len(SPECIES)} species and neutral ones",
            licence="CC0-1.0",
        ),
    )


class _Table:
    """Which particles are listed species, which are neutral, and which decay weakly."""

    def __init__(self, data: Any, strong_only: bool) -> None:
        self._data, self._strong = data, strong_only
        self._column = {species: column for column, species in enumerate(SPECIES)}
        self._kind: dict[int, int | None] = {}

    def reactions(self, particles: Any) -> list[npt.NDArray[np.float64]]:
        """All usable reactions of some events, in the order of the record."""
        found = []
        for event in zip(
            *(particles[name].to_list() for name in ("id", "status", "daughter1", "daughter2")), strict=True
        ):
            found += self._of_event(*event)
        return [reaction for reaction in found if reaction is not None]

    def _of_event(
        self, ids: list[int], status: list[int], first: list[int], last: list[int]
    ) -> list[npt.NDArray[np.float64] | None]:
        found = []
        for row, species in enumerate(ids):
            ended = status[row] < 0 < first[row] <= last[row]
            if not ended or abs(status[first[row]]) != _DECAY or abs(species) == _K0:
                continue
            if not (self._strong and self._is_weak(species)):
                found.append(self._reaction([species], ids[first[row] : last[row] + 1]))
        if self._strong:
            primary = [s for s, code in zip(ids, status, strict=True) if _PRIMARY[0] <= abs(code) <= _PRIMARY[1]]
            found.append(self._reaction([], [s for s in primary if abs(s) > 100]))
        return found

    def _is_weak(self, species: int) -> bool:
        return abs(species) < 100 or float(self._data.tau0(abs(species))) > _WEAK

    def _reaction(self, parents: list[int], products: list[int]) -> npt.NDArray[np.float64] | None:
        sides = np.zeros((2, len(SPECIES)))
        for side, particles in zip(sides, (parents, products), strict=True):
            for species in particles:
                kind = abs(species)
                if kind not in self._column:
                    if self._data.hasAnti(kind):
                        return None
                    continue
                side[self._column[kind]] += 1 if species > 0 else -1
        return sides if (sides[1] != sides[0]).any() else None
