"""`lorentz`: the label xᵀηx, whose symmetry is so(1,3); `lorentz-broken`: nearly so."""

from __future__ import annotations

from typing import ClassVar

from symbench.registry import task
from symbench.tasks.base import FOUR_MOMENTUM
from symbench.tasks.function.broken import BrokenForm
from symbench.tasks.function.toy import QuadraticForm, Toy


@task("lorentz")
class Lorentz(QuadraticForm):
    """y = xᵀηx, invariant under Lorentz transformations."""

    summary: ClassVar[str] = "xᵀηx in 4 dimensions; truth so(1,3)"
    dimension: ClassVar[int] = 4
    signs: ClassVar[tuple[int, int]] = (1, 3)
    component_names: ClassVar[tuple[str, ...]] = FOUR_MOMENTUM


@task("lorentz-broken")
class LorentzBroken(BrokenForm):
    """Lorentz transformations, broken by a random smooth term."""

    summary: ClassVar[str] = "xᵀηx + ε·(random function) in 4 dimensions; truth: none, approximately so(1,3)"
    dimension: ClassVar[int] = 4
    exact: ClassVar[type[Toy]] = Lorentz
