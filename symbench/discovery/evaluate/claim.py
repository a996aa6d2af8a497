"""What a method returned, checked before it is measured: methods of third parties return anything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from symbench.discovery.base import Symmetry
from symbench.trial.recordable import number


def checked_claim(claim: object) -> Symmetry:
    """The claim, if it is a Symmetry whose arrays are of real numbers; raises TypeError with what it is instead.

    Without this check, NumPy would drop the imaginary part of complex generators.
    """
    if not isinstance(claim, Symmetry):
        raise TypeError(f"the method returned an object of type {type(claim).__name__}, not a Symmetry")
    arrays = {"generators": claim.generators, "confidence": claim.confidence, **claim.arrays}
    if claim.spectrum is not None:
        arrays["spectrum"] = claim.spectrum
    for name, array in arrays.items():
        kind = np.asarray(array).dtype
        if kind.kind not in "fiub":
            raise TypeError(f"the method returned {name} of {kind}, not of real numbers")
    scalars = {}
    for name, value in claim.scalars.items():
        try:
            scalars[name] = number(value)
        except (TypeError, OverflowError) as error:
            raise TypeError(f"the method's scalar {name!r}: {error}") from None
    for name, text in claim.notes.items():
        if not (isinstance(name, str) and isinstance(text, str)):
            raise TypeError(f"the method's note {name!r} is not a text but of type {type(text).__name__}")
    return replace(claim, scalars=scalars)
