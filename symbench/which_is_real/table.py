"""Several transformations of the same events, as a table that corrects for their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from symbench.which_is_real.events import EventVectors
from symbench.which_is_real.transformations import DEFAULTS, by_matrix, transformation

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    Matrix = Sequence[Sequence[float]] | npt.NDArray[Any]

LEVEL = 0.05
"""The probability that a table of true symmetries challenges any of them (Holm's correction)."""


def challenge(
    x: npt.ArrayLike,
    transformations: Sequence[str] | Mapping[str, Matrix] = DEFAULTS,
    *,
    labels: npt.ArrayLike | None = None,
    charges: npt.ArrayLike | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Which of these transformations do the events x (N, P, 4), in the order E, px, py, pz, exclude as a symmetry?

    transformations  texts such as `parity`, `exchange*parity`, `beam_boost:0.5` (see
                     `symbench.which_is_real.transformations`), or {name: matrix (d, d)} for vectors (N, P, d) of any
                     dimension
    labels           (N,) integer classes that a transformation keeps
    charges          (N, P) electric charges of the vectors, for `charge_conjugation`

    A row has the accuracy with its error, z, the one-sided p, and the verdict by Holm's procedure over the table:
    "challenged", or "not challenged", which is no proof of a symmetry. Raises ValueError for another shape, unknown
    names, and few events.

    >>> import numpy as np, symbench as sb
    >>> p = np.random.default_rng(0).normal(size=(400, 2, 3))
    >>> x = np.concatenate([np.sqrt(1 + (p**2).sum(-1, keepdims=True)), p], axis=-1)
    >>> sb.challenge(x, ["parity", "beam_boost:1"])["verdict"].tolist()
    ['not challenged', 'challenged']
    """
    import numpy as np
    import pandas as pd

    from symbench.stats.separation import holm
    from symbench.which_is_real.pair_test import which_is_real

    vectors = np.asarray(x, dtype=np.float64)
    if vectors.ndim != 3 or (vectors.shape[2] != 4 and not isinstance(transformations, Mapping)):
        raise ValueError(f"x has the shape {vectors.shape}; (N, P, 4) is needed, with E, px, py, pz")
    classes = None if labels is None else np.asarray(labels).astype(np.int64)
    if classes is not None and classes.shape != (len(vectors),):
        raise ValueError(f"labels have the shape {classes.shape}; ({len(vectors)},) is needed")
    signs = None if charges is None else np.asarray(charges, dtype=np.float64)
    if signs is not None and signs.shape != vectors.shape[:2]:
        raise ValueError(f"charges have the shape {signs.shape}; {vectors.shape[:2]} is needed")
    if not transformations:
        raise ValueError("at least one transformation is needed")
    if isinstance(transformations, Mapping):
        moves = [by_matrix(np.asarray(matrix, dtype=np.float64).tolist()) for matrix in transformations.values()]
    else:
        moves = [transformation(text) for text in transformations]
    found = [which_is_real(EventVectors(vectors, signs), move, labels=classes, seed=seed) for move in moves]
    challenged = {index for _, index in holm([(one.p, index) for index, one in enumerate(found)], LEVEL)}
    return pd.DataFrame(
        [
            {
                "transformation": text,
                "events": one.events,
                "accuracy": one.accuracy,
                "accuracy_error": one.accuracy_error,
                "z": one.z,
                "p": one.p,
                "verdict": "challenged" if index in challenged else "not challenged",
            }
            for index, (text, one) in enumerate(zip(transformations, found, strict=True))
        ]
    )
