"""How many functions of a family are nearly the same in every event: claims counted against permuted samples.

The statistic of a direction is its spread (`concentration`) on held-out events: it is sought without a fold of the
events and judged on that fold; the median over the folds counts. The null is the same search, with all its choices, in
samples whose partners are permuted and that are taken for data.

A direction is claimed if its held-out spread is below a quantile of the smallest spreads of the null, and below a
bound: functions that depend on who belongs to whom are not all nearly the same. The muons of a Z are back to back,
which makes every direction somewhat narrower than in the reference. Of the fractions of events that a peak may contain,
the largest with a claim is taken; the null takes the one with the smallest spread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.data.permuted import permuted
from symbench.discovery.shared.concentration import concentrated, refined, spreads, whitening_by

FloatArray = npt.NDArray[np.float64]
Features = Callable[[FloatArray], FloatArray]
"""Events (N, P, d) to features (N, m)."""

EVENTS_PER_FEATURE = 8
"""In the core of the training events; with fewer, a direction fits them by chance, and the core is not used."""


@dataclass(frozen=True)
class PartnerSearch:
    """The settings of a search.

    cores         fractions of the events that a peak may contain, falling
    most          directions that are tried
    starts        random starts beside that from all events
    folds         of the held-out spreads
    references    permutations of the partners in the reference
    null_samples  permuted samples that are taken for data
    level         quantile of the null below which a spread is significant
    bound         spread below which a function counts as nearly the same
    """

    cores: tuple[float, ...]
    most: int
    starts: int
    folds: int
    references: int
    null_samples: int
    level: float
    bound: float


@dataclass(frozen=True)
class Counted:
    """The claim of a search.

    coefficients  (k, m) of the claimed functions in the features, of unit variance in the reference
    spectrum      (K,) held-out spreads of the directions tried, as long as they were tried
    null          (S,) smallest held-out spreads of permuted samples
    cut           what a spread has to be below
    core          fraction of events of the peak that was chosen
    """

    coefficients: FloatArray
    spectrum: FloatArray
    null: FloatArray
    cut: float
    core: float

    @property
    def confidence(self) -> FloatArray:
        """Share of permuted samples with a larger spread, of each claimed direction."""
        claimed = self.spectrum[: len(self.coefficients)]
        return np.array([(1 + np.sum(self.null > s)) / (2 + len(self.null)) for s in claimed])


@dataclass(frozen=True)
class _Judged:
    """Directions that were sought without a fold.

    spreads       (K,) held-out spreads, medians over folds
    of_folds      (F, K) of each fold
    coefficients  (F, K, m) the directions of each fold, in the features
    """

    spreads: FloatArray
    of_folds: FloatArray
    coefficients: FloatArray


def count_invariants(
    x: FloatArray, features: Features, search: PartnerSearch, rng: np.random.Generator
) -> Counted | None:
    """The functions of events x (N, P, d), linear in features, that are nearly the same in every event.

    None if there are too few events for any core.
    """
    m = features(x[:2]).shape[1]
    training = len(x) * (search.folds - 1) / search.folds
    cores = tuple(core for core in search.cores if core * training >= EVENTS_PER_FEATURE * m)
    if not cores:
        return None
    judged = _judged(x, features, search, cores, search.most, rng)
    null = np.array(
        [
            min(found.spreads[0] for found in _judged(permuted(x, rng), features, search, cores, 1, rng).values())
            for _ in range(search.null_samples)
        ]
    )
    cut = min(search.bound, float(np.quantile(null, search.level, method="lower")))
    narrowest = min(cores, key=lambda c: judged[c].spreads[0])
    core = next((c for c in cores if judged[c].spreads[0] < cut), narrowest)  # the largest peak that is narrow enough
    chosen = judged[core]
    count = int(np.argmin(np.append(chosen.spreads < cut, False)))
    coefficients = np.zeros((0, m))
    if count:
        white = whitening_by(features(permuted(x, rng, search.references)))
        start = chosen.coefficients[int(np.argmin(chosen.of_folds[:, 0]))][:count]
        coefficients = refined(white(features(x)), white.directions(start), core) @ white.down.T
    return Counted(coefficients, chosen.spreads, null, cut, core)


def _judged(
    x: FloatArray,
    features: Features,
    search: PartnerSearch,
    cores: tuple[float, ...],
    most: int,
    rng: np.random.Generator,
) -> dict[float, _Judged]:
    """For each core, the spreads of directions on events that did not determine them; the median over folds counts."""
    fold = rng.permutation(len(x)) % search.folds
    measured: dict[float, list[FloatArray]] = {core: [] for core in cores}
    directions: dict[float, list[FloatArray]] = {core: [] for core in cores}
    for part in range(search.folds):
        fit, test = x[fold != part], x[fold == part]
        reference = features(permuted(fit, rng, search.references))
        white = whitening_by(reference)
        found = concentrated(white(features(fit)), white(reference), cores, most, search.starts, rng)
        here, other = white(features(test)), white(features(permuted(test, rng, search.references)))
        for core, rows in found.items():
            measured[core].append(spreads(here @ rows.T, other @ rows.T, core))
            directions[core].append(rows @ white.down.T)
    return {
        core: _Judged(np.median(measured[core], axis=0), np.array(measured[core]), np.array(directions[core]))
        for core in cores
    }
