"""`so2`, `so3`, `so4`, `so10`, `so22`: the label ‖x‖² or ‖x‖ of a form; `so3-broken`: with a small term besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from symbench.registry import task
from symbench.tasks.function.broken import BrokenForm
from symbench.tasks.function.toy import QuadraticForm, Toy

if TYPE_CHECKING:
    import torch


class _Rotations(QuadraticForm):
    """A toy with the label ‖x‖² or ‖x‖; both have the same symmetry."""

    label: Literal["square", "length"] = Field("square", description="‖x‖², or ‖x‖ as in arXiv:2301.05638")

    def identity(self) -> dict[str, Any]:
        identity = super().identity()
        return identity if self.label == "square" else {**identity, "label": self.label}

    def function(self, x: torch.Tensor) -> torch.Tensor:
        square = super().function(x)
        return square if self.label == "square" else square.sqrt()


@task("so2")
class So2(_Rotations):
    """Rotations of the plane."""

    summary: ClassVar[str] = "‖x‖² in 2 dimensions; truth so(2)"
    dimension: ClassVar[int] = 2
    signs: ClassVar[tuple[int, int]] = (2, 0)


@task("so3")
class So3(_Rotations):
    """Rotations of space."""

    summary: ClassVar[str] = "‖x‖² in 3 dimensions; truth so(3)"
    dimension: ClassVar[int] = 3
    signs: ClassVar[tuple[int, int]] = (3, 0)


@task("so4")
class So4(_Rotations):
    """Rotations in four dimensions."""

    summary: ClassVar[str] = "‖x‖² in 4 dimensions; truth so(4)"
    dimension: ClassVar[int] = 4
    signs: ClassVar[tuple[int, int]] = (4, 0)


@task("so10")
class So10(_Rotations):
    """Rotations in ten dimensions: 45 generators in the 100-dimensional space of matrices."""

    summary: ClassVar[str] = "‖x‖² in 10 dimensions; truth so(10)"
    dimension: ClassVar[int] = 10
    signs: ClassVar[tuple[int, int]] = (10, 0)


@task("so3-broken")
class So3Broken(BrokenForm):
    """Rotations of space, broken by a random smooth term."""

    summary: ClassVar[str] = "‖x‖² + ε·(random function) in 3 dimensions; truth: none, approximately so(3)"
    dimension: ClassVar[int] = 3
    exact: ClassVar[type[Toy]] = So3


@task("so22")
class So22(QuadraticForm):
    """Two times and two spaces: so(2,2) is the direct sum of two so(2,1), each isomorphic to sl(2,R)."""

    summary: ClassVar[str] = "x₁² + x₂² − x₃² − x₄²; truth so(2,2), isomorphic to sl(2,R)+sl(2,R)"
    dimension: ClassVar[int] = 4
    signs: ClassVar[tuple[int, int]] = (2, 2)
