"""The claim of a search for functions that are nearly the same in every event."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from symbench.discovery.base import ConservedQuantities, Symmetry
from symbench.discovery.shared.counted_invariants import Counted

FloatArray = npt.NDArray[np.float64]


def claim_of(
    counted: Sequence[Counted | None],
    functions: ConservedQuantities,
    generators: FloatArray,
    arrays: dict[str, FloatArray],
) -> Symmetry:
    """The functions of one search or several, with the held-out spreads that decided their number, and the null."""
    searches = [found for found in counted if found is not None]
    scalars = {"too_few_events": float(len(searches) < len(counted))}
    confidence = np.concatenate([found.confidence for found in searches] or [np.zeros(0)])
    if not searches:
        return Symmetry(generators, confidence, scalars=scalars, arrays=arrays, conserved=functions)
    claimed = np.concatenate([found.spectrum[: len(found.coefficients)] for found in searches])
    others = np.concatenate([found.spectrum[len(found.coefficients) :] for found in searches])
    null = np.min([found.null for found in searches], axis=0)
    scalars |= {"null_quantile": min(found.cut for found in searches), "core": searches[0].core}
    return Symmetry(
        generators,
        confidence,
        spectrum=np.concatenate([np.sort(claimed), np.sort(others)]),
        scalars=scalars,
        arrays={**arrays, "null_spreads": np.sort(null), "bound": np.array([min(found.cut for found in searches)])},
        conserved=functions,
    )
