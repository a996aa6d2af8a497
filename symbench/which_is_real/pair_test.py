"""The test of one transformation: given an event and its transformed copy, can a classifier tell which is real?

The question is that of Lester, arXiv:2111.05442. Let g be drawn so that g and its inverse are equally likely, as every
transformation here is. If p(gx) = p(x), the pairs (x, gx) and (gx, x) have the same distribution, and h(x) − h(gx) is
symmetric about zero for every function h that was chosen without this event. So events come in a random order, in
blocks; h is a classifier of real against transformed events that was trained on the blocks before; the statistic is

    z = Σ s / √(Σ s²),    s = h(x) − h(gx).

It is nearly standard normal, and P(z > t) ≤ exp(−t²/2) for any number of events (Efron, J. Am. Stat. Assoc. 64 (1969)
1278). Cross-fitting would use more events, but every pair of events then counts twice, and its z has a standard
deviation of 1.3 to 1.5 under the symmetry.

A large z challenges the symmetry. A small one never confirms it: another classifier, or more events, may succeed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.which_is_real.events import EventVectors
    from symbench.which_is_real.transformations import Transformation

    Floats = npt.NDArray[np.float64]

FEWEST = 40
"""Events; with fewer, the mean of the differences is not nearly normal."""

_BLOCKS = 8  # of which the first two are for training only
_VECTORS = 5  # of an event that the classifier sees one by one, the first ones


@dataclass(frozen=True)
class Challenge:
    """The answer for one transformation.

    events          number of events on which it was tested
    accuracy        how often the classifier prefers the real one of an event and its copy, ½ if it cannot tell: the
                    breaking m of a data set (arXiv:2510.01349)
    accuracy_error  its standard error
    z               the statistic, nearly standard normal if the symmetry holds
    p               its one-sided p-value
    """

    events: int
    accuracy: float
    accuracy_error: float
    z: float
    p: float


def which_is_real(
    events: EventVectors,
    move: Transformation,
    *,
    labels: npt.NDArray[np.int64] | None = None,
    seed: int = 0,
    control: bool = False,
) -> Challenge:
    """Test p(gx) = p(x), or p(gx, y) = p(x, y) with class labels, on events of vectors (N, P, d).

    Vectors are divided by their RMS. Zero vectors are padding; of longer events, the five first vectors and the sum of
    all are used.

    control   exchange each event with its copy with probability ½ before anything is trained: then the symmetry holds
              for the pairs whatever g is, and every challenge is a false alarm

    Raises ValueError for fewer than FEWEST events, for values that are not finite, and for events on which the
    transformation cannot act.
    """
    import numpy as np
    from scipy.special import ndtr
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    from symbench.which_is_real.events import chosen

    n = len(events)
    if n < FEWEST:
        raise ValueError(f"{n} events; the test needs {FEWEST} or more")
    if not np.isfinite(events.vectors).all():
        raise ValueError("vectors contain values that are not finite")
    rng = np.random.Generator(np.random.PCG64([seed, 7]))
    scaled = events.moved(events.vectors / (float(np.sqrt(np.mean(events.vectors**2))) or 1.0))
    moved = move(scaled, rng)
    blocks = np.array_split(rng.permutation(n), _BLOCKS)
    if control:
        first = rng.random(n) < 0.5
        scaled, moved = chosen(first, scaled, moved), chosen(first, moved, scaled)
    real, copy = (_inputs(x, labels) for x in (scaled, moved))
    preferred = []
    with threadpool_limits(limits=1, user_api="openmp"):  # for trees this small, threads cost more time than they save
        for k in range(2, _BLOCKS):
            before, held = np.concatenate(blocks[:k]), blocks[k]
            trees = HistGradientBoostingClassifier(
                max_iter=60, max_depth=3, learning_rate=0.1, max_bins=63, random_state=0, early_stopping=False
            )
            trees.fit(np.concatenate([real[before], copy[before]]), np.repeat([1, 0], len(before)))
            original, other = (trees.predict_proba(inputs[held])[:, 1] for inputs in (real, copy))
            preferred.append(original - other)
    s = np.concatenate(preferred)
    size = math.sqrt(float(s @ s))
    z = float(s.sum()) / size if size > 0 else 0.0
    accuracy = float(np.mean((s > 0) + 0.5 * (s == 0)))
    error = math.sqrt(max(accuracy * (1 - accuracy), 0.25 / len(s)) / len(s))
    return Challenge(len(s), accuracy, error, z, float(ndtr(-z)))


def _inputs(events: EventVectors, labels: npt.NDArray[np.int64] | None) -> Floats:
    """What the trees see, (N, features).

    Components of the first vectors and products of two of them; of longer events those of the sum of all vectors; the
    class. With charges q_i also q_i, q_i x_i, Σ q_i and Σ q_i x_i.
    """
    import numpy as np

    from symbench.stats.tree_inputs import products

    vectors, charges = events.vectors, events.charges
    n, count, _ = vectors.shape
    flat = vectors[:, :_VECTORS].reshape(n, -1)
    columns = [flat, products(flat)]
    if count > _VECTORS:
        total = vectors.sum(axis=1)
        columns += [total, products(total)]
    if charges is not None:
        charged = charges[..., None] * vectors
        columns += [charges[:, :_VECTORS], charged[:, :_VECTORS].reshape(n, -1)]
        columns += [charges.sum(axis=1, keepdims=True), charged.sum(axis=1)]
    if labels is not None:
        columns.append(labels[:, None].astype(np.float64))
    return np.hstack(columns)
