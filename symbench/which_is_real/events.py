"""What a transformation acts on: the vectors of events and, of jets with identified constituents, their charges."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class EventVectors:
    """Events of P vectors.

    vectors  (N, P, d); zero vectors are padding
    charges  (N, P) electric charges, 0 for padding; None if they are not measured
    """

    vectors: Floats
    charges: Floats | None = None

    def __len__(self) -> int:
        return len(self.vectors)

    def moved(self, vectors: Floats) -> EventVectors:
        """The same events with other vectors (N, P, d)."""
        return replace(self, vectors=vectors)


def chosen(first: npt.NDArray[np.bool_], one: EventVectors, other: EventVectors) -> EventVectors:
    """Event by event one of two: `one` if `first` (N,) holds, else `other`."""
    import numpy as np

    charges = None
    if one.charges is not None and other.charges is not None:
        charges = np.where(first[:, None], one.charges, other.charges)
    return EventVectors(np.where(first[:, None, None], one.vectors, other.vectors), charges)
