"""Columns and tails of toys: what irrelevant and repeated columns add to a truth, draws with heavy tails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

_DEGREES = 3  # of Student's t: the variance exists, the fourth moment does not


def with_irrelevant(algebra: FloatArray, count: int) -> FloatArray:
    """The algebra (k, d, d) of a label that ignores `count` further columns: (k + count (d + count), D, D).

    Proof: ∇f has no component along the further columns, so every L that maps into them only, from any column, is a
    symmetry. A further column moves the others arbitrarily, as it is independent of them, so that the other rows of a
    symmetry are those of the algebra on the first d columns, and 0 on the further ones.
    """
    import numpy as np

    k, d, _ = algebra.shape
    if count == 0:
        return algebra
    size = d + count
    extended = np.zeros((k + count * size, size, size))
    extended[:k, :d, :d] = algebra
    extended[k:, d:] = np.eye(count * size).reshape(-1, count, size)
    return extended


def with_duplicates(algebra: FloatArray, count: int) -> FloatArray:
    """The algebra (k, d, d) on data x = E u in which the first `count` columns are repeated: E 𝔤 E⁺, (k, D, D)."""
    import numpy as np

    if count == 0:
        return algebra
    embedding = np.concatenate([np.eye(algebra.shape[1]), np.eye(algebra.shape[1])[:count]])
    return np.asarray(embedding @ algebra @ np.linalg.pinv(embedding))


def standard_draw(
    rng: np.random.Generator, tails: Literal["normal", "student", "cauchy"], shape: tuple[int, ...]
) -> FloatArray:
    """Independent numbers of mean 0 and variance 1; of half width 1 for Cauchy's distribution, which has neither."""
    import numpy as np

    if tails == "cauchy":
        return rng.standard_cauchy(shape)
    if tails == "student":
        return np.asarray(rng.standard_t(_DEGREES, shape) / np.sqrt(_DEGREES / (_DEGREES - 2)))
    return rng.standard_normal(shape)
