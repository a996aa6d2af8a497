"""The confidence in the name of an algebra, by the bootstrap (B. Efron, Annals of Statistics 7 (1979) 1).

Independent estimates are resampled: generators from folds, seeds or networks, or the quadratic forms of blocks of
events. Each draw is averaged, analysed with a tolerance that follows the spread of the estimates, and named. The
confidence in a name is its share of the draws.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.algebra.defects import defect_spectrum
from symbench.algebra.invariants import noise_tolerance
from symbench.algebra.naming import name_of
from symbench.algebra.subspace import orthonormal

FloatArray = npt.NDArray[np.float64]

_DEVIATIONS = 3.0  # number of standard errors of a generator within which a number counts as 0
_COARSEST = 0.25


@dataclass(frozen=True)
class NamedAlgebra:
    """A name and its confidence.

    name          the name with the largest share, the first in alphabetical order among equals
    confidence    its share of the draws
    shares        shares of all names that were drawn, the largest first
    spread        standard error of the direction of a generator, sin of an angle
    """

    name: str
    confidence: float
    shares: dict[str, float]
    spread: float


def mean_span(samples: Sequence[FloatArray]) -> tuple[FloatArray, float]:
    """The mean span (k, d, d) of B samples, orthonormal, and the standard error of its directions.

    samples   B sets of generators (kᵢ, d, d); k is the most frequent kᵢ, the smallest among equals

    The mean of the projectors has k large eigenvalues λ, whose vectors span the result. 1 − λ is the mean sin² of the
    angle between the samples and the result, and √(mean(1 − λ)/B) the standard error.
    """
    spans = [orthonormal(sample) for sample in samples]
    d = samples[0].shape[-1]
    counts = Counter(len(span) for span in spans)
    k = min(counts, key=lambda count: (-counts[count], count))
    alike = [span for span in spans if len(span) == k]
    if k == 0:
        return np.zeros((0, d, d)), 0.0
    _, values, right = np.linalg.svd(np.concatenate(alike), full_matrices=False)
    turned = max(0.0, 1 - float(np.mean(values[:k] ** 2)) / len(alike))
    # The mean is nearer to its own samples than the truth is: B − 1, as for a variance.
    return right[:k].reshape(k, d, d), float(np.sqrt(turned / max(len(alike) - 1, 1)))


def bootstrap_name(samples: Sequence[FloatArray], *, draws: int = 100, seed: int = 0) -> NamedAlgebra:
    """The name of the algebra that samples of generators (kᵢ, d, d) estimate, with its bootstrap confidence.

    Raises ValueError without samples. A single sample gets confidence 1: its spread is 0, and its noise is visible in
    its closure only.
    """
    if not len(samples):
        raise ValueError("a name needs at least one sample of generators")
    _, spread = mean_span(samples)
    random = np.random.Generator(np.random.PCG64(seed))
    names: Counter[str] = Counter()
    # A draw of few samples often repeats an earlier one.
    known: dict[tuple[int, ...], str] = {}
    for _ in range(draws if len(samples) > 1 else 1):
        chosen = tuple(sorted(random.integers(len(samples), size=len(samples)).tolist()))
        if chosen not in known:
            span, _ = mean_span([samples[i] for i in chosen])
            known[chosen] = _name(span, spread)
        names[known[chosen]] += 1
    return _vote(names, spread)


def bootstrap_name_of_spectrum(
    change: FloatArray, largest: FloatArray, bound: float, *, draws: int = 100, seed: int = 0
) -> NamedAlgebra:
    """The name of {L : δ(L) < bound}, with the confidence that resampled spectra give it.

    change, largest    (B, d², d²) quadratic forms of B blocks of events, as from `defects.quadratic_forms`
    bound              on the relative defect δ, in (0, 1]

    Each draw averages B blocks, solves for the stationary δ, and names the span of the directions below the bound.
    """
    blocks, dimension, _ = change.shape
    d = round(np.sqrt(dimension))
    random = np.random.Generator(np.random.PCG64(seed))
    spans = []
    for _ in range(draws):
        chosen = random.integers(blocks, size=blocks)
        values, vectors = defect_spectrum(change[chosen].mean(axis=0), largest[chosen].mean(axis=0))
        spans.append(vectors[:, values < bound**2].T.reshape(-1, d, d))
    # The scatter of the draws is the standard error.
    spread = mean_span(spans)[1] * float(np.sqrt(max(draws - 1, 1)))
    return _vote(Counter(_name(span, spread) for span in spans), spread)


def _name(span: FloatArray, spread: float) -> str:
    """The name with the larger of two tolerances: that of the closure residual, and that of the spread."""
    return name_of(span, min(max(_DEVIATIONS * spread, noise_tolerance(span)), _COARSEST))


def _vote(names: Counter[str], spread: float) -> NamedAlgebra:
    ordered = sorted(names.items(), key=lambda item: (-item[1], item[0]))
    shares = {name: count / names.total() for name, count in ordered}
    return NamedAlgebra(ordered[0][0], shares[ordered[0][0]], shares, spread)
