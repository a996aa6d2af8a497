"""The F1 of a random claim, and F1 on a scale on which it is 0.

A claim of many generators overlaps with any truth. Therefore discovery is ranked by F1 above chance, (s − s₀)/(1 − s₀)
with the mean s₀ of claims of the same dimension drawn at random: the truth has 1, a random claim 0 on average, a worse
one less, and an abstention 0. On a control, F1 is 1 for an abstention and 0 for a claim, which needs no correction.

* Spans of matrices: uniformly random subspaces of dimension k in the space of generators of dimension D; the overlap
  Σ cos²θ has the mean k k*/D.
* Vector fields: subspaces of the linear fields x → L x, which is what `random` claims.
* Conserved quantities: k random functions of the state, drawn a few times from a fixed seed and scored as the claim is.

The entries of these metrics are beside that of F1. `f1_chance_deviation` is the standard deviation of the corrected
score of random claims; the leaderboard needs it to test whether a method is better than chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from symbench.algebra.subspace import Overlap
    from symbench.data.samples import ConservedQuantities

    FloatArray = npt.NDArray[np.float64]

DRAWS = 4
"""Random claims of conserved quantities; each needs two regressions."""

_WORST = -1.0  # random subspaces never score below it (tests/metrics/discovery/test_chance.py); functions could
_WAVES = 16


@dataclass(frozen=True)
class Chance:
    """Mean and standard deviation of the F1 of random claims."""

    mean: float
    deviation: float


NO_CLAIM = Chance(0.0, 0.0)
"""Of abstentions, and on controls."""


def chance_metrics(f1: float, chance: Chance) -> dict[str, float]:
    """F1 above chance, and what it is relative to; without the former if chance finds everything (s₀ = 1)."""
    if chance.mean >= 1.0:
        return {"f1_of_chance": chance.mean}
    left = 1.0 - chance.mean
    return {
        "f1_chance_corrected": max(_WORST, (f1 - chance.mean) / left),
        "f1_of_chance": chance.mean,
        "f1_chance_deviation": chance.deviation / left,
    }


def chance_of_spans(spans: Overlap) -> Chance:
    """Of uniformly random subspaces of the space of generators."""
    if spans.found == 0 or spans.truth == 0:
        return NO_CLAIM
    return _chance(spans.found, spans.truth, spans.ambient, float(spans.truth), float(spans.truth))


def chance_of_fields(spans: Overlap, linear: FloatArray, truth: FloatArray) -> Chance:
    """Of uniformly random subspaces of the span of `linear`, against the span of `truth`: orthonormal rows each.

    If the claim has more dimensions than there are linear fields, the random claims have all of them.
    """
    if spans.found == 0 or spans.truth == 0 or len(linear) == 0:
        return NO_CLAIM
    shared = (linear @ truth.T) @ (linear @ truth.T).T
    trace, squared = float(shared.trace()), float((shared**2).sum())
    return _chance(min(spans.found, len(linear)), spans.truth, len(linear), trace, squared)


def _chance(found: int, truth: int, ambient: int, trace: float, squared: float) -> Chance:
    """Of k-dimensional subspaces of R^D, uniformly random, with the projection P, and A = the truth's projection.

    tr PA has the mean (k/D) tr A and the variance 2k(D − k)/(D(D − 1)(D + 2)) · (tr A² − (tr A)²/D); F1 is
    2 tr PA/(k + k*).
    """
    k, d = found, ambient
    factor = 2.0 * k * (d - k) / (d * (d - 1) * (d + 2)) if d > 1 else 0.0
    variance = factor * max(squared - trace**2 / d, 0.0)
    return Chance(2.0 * k / d * trace / (k + truth), 2.0 * math.sqrt(variance) / (k + truth))


def chance_of_quantities(
    count: int, x: FloatArray, scored: Callable[[list[ConservedQuantities]], list[float]]
) -> Chance:
    """Of `count` random functions of states x (M, D); `scored` returns the F1 of each of several claims."""
    import numpy as np

    if count == 0:
        return NO_CLAIM
    claims = [random_functions(x, count, np.random.Generator(np.random.PCG64([draw, 3]))) for draw in range(DRAWS)]
    scores = np.array(scored(claims))
    return Chance(float(scores.mean()), float(scores.std(ddof=1)))


def random_functions(x: FloatArray, count: int, rng: np.random.Generator) -> ConservedQuantities:
    """Sums of waves Σ a cos(w·z + b) over the state z of data x (M, D) in units of its spread, w of length about 1."""
    import numpy as np

    from symbench.data.samples import ConservedQuantities
    from symbench.metrics.conservation import frame_of

    frame = frame_of(x)
    vectors = rng.standard_normal((frame.rank, count, _WAVES)) / np.sqrt(max(frame.rank, 1))
    phases, weights = rng.uniform(0, 2 * np.pi, (count, _WAVES)), rng.standard_normal((count, _WAVES))

    def angles(states: FloatArray) -> FloatArray:
        return np.asarray(np.einsum("mr,rkw->mkw", frame.states(states), vectors) + phases)

    def values(states: FloatArray) -> FloatArray:
        return np.asarray((weights * np.cos(angles(states))).sum(axis=2))

    def gradients(states: FloatArray) -> FloatArray:
        inside = np.einsum("mkw,rkw->mkr", -weights * np.sin(angles(states)), vectors)
        return np.asarray(inside @ frame.down.T)

    return ConservedQuantities(count, values, gradients)
