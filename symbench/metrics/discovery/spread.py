"""How nearly the same a function is in every event: its spread against that of events with permuted partners.

The spread of a function F is the length of the shortest interval that contains half of its values on test events, over
the same length for events whose partners are permuted: 1 if F does not depend on who belongs to whom, 0 for an exact
invariant. The same ratio of permuted samples that are taken for data is the null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.samples import ConservedQuantities

    FloatArray = npt.NDArray[np.float64]

METRICS = (
    Metric(
        "spread_max",
        "spread",
        "largest spread of a claimed function over test events, relative to events with permuted partners",
        "",
        "lower",
        2,
        style="significant",
        beside=("spread_null", "null"),
    ),
    Metric(
        "spread_null",
        "null of the spread",
        "5 % quantile of the spread of the same functions in permuted samples that are taken for data",
        decimals=2,
        style="significant",
    ),
)

_CORE = 0.5
_REPEATS, _LEVEL = 20, 0.05
_SEED = 20_230_131


def spreads_of(claim: ConservedQuantities, x: FloatArray, parts: str = "vectors") -> tuple[FloatArray, FloatArray]:
    """The spread (k,) of each function over test events x (N, P, d), and the 5 % quantiles (k,) of its null."""
    import numpy as np

    from symbench.data.permuted import permuted

    n = len(x)
    rng = np.random.Generator(np.random.PCG64(_SEED))
    reference = claim.values(permuted(x, rng, _REPEATS, parts).reshape(_REPEATS * n, -1))
    measure = _deviations if np.any(_lengths(reference) == 0) else _lengths
    size = np.maximum(measure(reference), np.finfo(np.float64).tiny)
    spreads = measure(claim.values(x.reshape(n, -1))) / size
    null = np.array([measure(part) for part in np.split(reference, _REPEATS)]) / size
    return np.asarray(spreads), np.asarray(np.quantile(null, _LEVEL, axis=0))


def _lengths(values: FloatArray) -> FloatArray:
    """The length of the shortest interval with half of the values (N, k), of each column."""
    import numpy as np

    ordered = np.sort(values, axis=0)
    inside = max(2, round(_CORE * len(ordered)))
    return np.asarray((ordered[inside - 1 :] - ordered[: len(ordered) - inside + 1]).min(axis=0))


def _deviations(values: FloatArray) -> FloatArray:
    """Standard deviations: the measure of charges, of which more than half are the same."""
    import numpy as np

    return np.asarray(values.std(axis=0), dtype=np.float64)
