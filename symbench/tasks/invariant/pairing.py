"""Tasks of vectors that belong together, and their controls: the same vectors with permuted partners."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from symbench.tasks.base import DataContext, InvariantTask

if TYPE_CHECKING:
    from symbench.data.container import Dataset
    from symbench.data.samples import ConservedQuantities

_SALT = 0x50455246


class WithControl(InvariantTask):
    """A task that can permute the partners of its events, which leaves nothing to find."""

    version: ClassVar[str] = "1"

    partners: Literal["recorded", "permuted"] = Field(
        "recorded",
        description="recorded: the vectors of one event; permuted: of different events, a control with no invariant",
    )
    permutation: int = Field(0, ge=0, description="seed of the permutation of the control")

    @abstractmethod
    def events(self, context: DataContext) -> Dataset:
        """The events as they are."""

    @abstractmethod
    def shared(self) -> ConservedQuantities | None:
        """The functions that the vectors of an event share; None if they are unknown."""

    @abstractmethod
    def shared_names(self) -> tuple[str, ...] | None:
        """Their names."""

    def load(self, context: DataContext) -> Dataset:
        data = self.events(context)
        if self.partners == "recorded":
            return data
        import numpy as np

        from symbench.data.permuted import permuted

        rng = np.random.Generator(np.random.PCG64([_SALT, self.permutation]))
        note = f"partners permuted between events, seed {self.permutation}: a control"
        vectors = permuted(np.asarray(data.vectors, dtype=np.float64), rng, parts=self.parts)
        origin = replace(data.provenance, notes=(*data.provenance.notes, note))
        return replace(data, vectors=vectors, provenance=origin)

    def invariants(self) -> ConservedQuantities | None:
        if self.partners == "recorded":
            return self.shared()
        from symbench.data.samples import no_quantities

        return no_quantities(self.width())

    def invariant_names(self) -> tuple[str, ...] | None:
        return self.shared_names() if self.partners == "recorded" else ()

    @abstractmethod
    def width(self) -> int:
        """The number P d of components of an event."""

    def control_identity(self) -> dict[str, Any]:
        """The part of the identity that the control adds."""
        return {"permutation": self.permutation} if self.partners == "permuted" else {}
