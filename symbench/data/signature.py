"""What a regression maps from and to: vectors with scalars, and tensors (light, so that plans need no numpy)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Signature:
    """P vectors of dimension d, each with F scalars, to tensors of the ranks of `target`.

    target    ranks of the target's tensors, (0,) for a scalar, (1, 1) for two vectors; its components are those of each
              tensor in turn, the first index slowest
    """

    vectors: int
    dimension: int
    scalars: int = 0
    target: tuple[int, ...] = (0,)

    @property
    def outputs(self) -> int:
        """Components of the target, D."""
        return sum(self.dimension**rank for rank in self.target)

    @property
    def inputs(self) -> tuple[int, int]:
        """Numbers of scalars and of vectors of an event: P·F and P."""
        return self.vectors * self.scalars, self.vectors

    def __str__(self) -> str:
        tensors = " + ".join(f"T{rank}" for rank in self.target)
        return f"{self.inputs[0]} scalars and {self.vectors} vectors of dimension {self.dimension} to {tensors}"
