"""`lorentz`: the label xᵀηx, whose symmetry is so(1,3)."""

from __future__ import annotations

from typing import ClassVar

from symbench.registry import task
from symbench.tasks.function.toy import QuadraticForm


@task("lorentz")
class Lorentz(QuadraticForm):
    """y = xᵀηx, invariant under Lorentz transformations."""

    summary: ClassVar[str] = "xᵀηx in 4 dimensions; truth so(1,3)"
    dimension: ClassVar[int] = 4
    signs: ClassVar[tuple[int, int]] = (1, 3)
