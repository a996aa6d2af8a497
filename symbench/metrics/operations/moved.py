"""Transformed jets, the random numbers that operations draw from, and arithmetic that several operations share."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Moved:
    """Transformed jets.

    vectors (N, P', 4), mask (N, P'): P' is P, or P + 1 if a constituent is added
    source    (N, P') the constituent that each comes from, for its other features; −1 for an added one
    matrices  (N, 4, 4) the transformation of fixed reference vectors; None if it is the identity
    """

    vectors: Floats
    mask: Mask
    source: Integers
    matrices: Floats | None


def operation_rng(operation: str, seed: int) -> np.random.Generator:
    """The random generator of an operation's transformations, the same for every classifier, so that results pair."""
    import numpy as np

    return np.random.default_rng([seed, zlib.crc32(operation.encode())])


def transform(matrices: Floats, vectors: Floats) -> Floats:
    """Λ p for every four-vector: matrices (N, 4, 4), vectors (N, P, 4) or (P, 4), result (N, P, 4)."""
    import numpy as np

    return np.asarray(vectors @ matrices.transpose(0, 2, 1), dtype=np.float64)


def with_one_more(vectors: Floats, mask: Mask, added: Floats, source: Integers, real: Mask) -> Moved:
    """Add one constituent to each jet with `real`, keeping the descending order of transverse momentum.

    vectors (N, P, 4), mask (N, P), added (N, 4), source (N,) the constituent that each added one comes from
    """
    import numpy as np

    vectors = np.concatenate([vectors, np.where(real[:, None], added, 0.0)[:, None]], axis=1)
    sources = np.broadcast_to(np.arange(mask.shape[1]), mask.shape)
    sources = np.concatenate([sources, source[:, None]], axis=1)
    mask = np.concatenate([mask, real[:, None]], axis=1)
    pt = np.hypot(vectors[..., 1], vectors[..., 2])
    return ordered(vectors, mask, sources, np.argsort(np.where(mask, -pt, np.inf), axis=1, kind="stable"))


def ordered(vectors: Floats, mask: Mask, source: Integers, order: Integers) -> Moved:
    """The constituents of each jet in another order (N, P)."""
    import numpy as np

    return Moved(
        np.take_along_axis(vectors, order[..., None], axis=1),
        np.take_along_axis(mask, order, axis=1),
        np.take_along_axis(source, order, axis=1),
        None,
    )
