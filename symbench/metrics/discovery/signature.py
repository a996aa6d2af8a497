"""The signature of the quadratic form of a claimed function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.metrics.metric import outcome

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

METRICS = (
    outcome(
        "signature_correct", "signature right", "fraction of seeds in which the form has the true signature", decimals=2
    ),
)

_NULL = 0.05  # of the largest eigenvalue: smaller ones do not count


def signature_text(form: FloatArray) -> str:
    """The signature of the symmetric part of a form up to its sign, as in `(1, 3)`; `(2, 1, 1)` with a null direction.

    Eigenvalues below a twentieth of the largest count as null.
    """
    from symbench.algebra.metric import signature

    positive, negative, null = signature(form, _NULL)
    first, second = sorted((positive, negative))
    return f"({first}, {second}, {null})" if null else f"({first}, {second})"
