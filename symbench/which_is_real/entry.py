"""`which-is-real` as an entry of a suite: one transformation, tested on the events of any task."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, model_validator

from symbench.component import Component
from symbench.tasks.base import DynamicsTask, FlowSymmetryTask, GeneratorTask, InvariantTask, Task
from symbench.which_is_real.transformations import by_matrix, transformation

if TYPE_CHECKING:
    from symbench.which_is_real.transformations import Transformation


class WhichIsReal(Component):
    """Do the events of a task exclude a transformation as a symmetry of their density?

    It claims no algebra, so it is neither a discovery method nor ranked: each transformation is an entry of a block
    under `challenge`, and its trials have a key, seeds, and a table of their own.
    """

    name: ClassVar[str] = "which-is-real"
    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "a classifier of events and their transformed copies challenges a symmetry"
    reference: ClassVar[str] = "Lester, arXiv:2111.05442"

    transformation: str | None = Field(
        None, description="a transformation, such as parity, charge_conjugation*parity or beam_boost:0.5"
    )
    matrix: list[list[float]] | None = Field(
        None, description="in place of it, a matrix that acts on every vector, or its inverse does"
    )
    control: bool = Field(
        False, description="exchange events with their copies at random: whatever is challenged is a false alarm"
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.transformation is None) == (self.matrix is None):
            raise ValueError("state either a transformation or a matrix")
        _ = self.move
        return self

    @cached_property
    def move(self) -> Transformation:
        """The transformation; raises ValueError for an unknown name."""
        return by_matrix(self.matrix) if self.matrix is not None else transformation(self.transformation or "")

    def incompatibility(self, task: Task) -> str | None:
        """Why the events of a task cannot be tested, or None if they can, as far as that is known without them."""
        if isinstance(task, DynamicsTask | FlowSymmetryTask):
            return f"which-is-real compares events; those of {task.name} are trajectories"
        if isinstance(task, InvariantTask) and task.parts == "reactions":
            return f"which-is-real transforms vectors; the events of {task.name} are reactions"
        if isinstance(task, GeneratorTask) and task.vector_coordinates != "cartesian":
            return f"which-is-real transforms Cartesian vectors; those of {task.name} are (pT, η, φ)"
        return None
