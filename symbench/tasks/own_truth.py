"""The answer to a task on the user's files, if the user knows it, and the scale of the vectors."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from pydantic import Field

from symbench.component import Component
from symbench.errors import DataError, SymbenchError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Matrix = list[list[float]]


class OwnTruth(Component):
    """Fields of a task whose answer is a span of generators that the suite states; a base beside that of the track."""

    known_truth: str | list[Matrix] | None = Field(
        None,
        description="the true algebra: a name such as so(1,3), `none`, or matrices; omit it if the symmetry is unknown",
    )
    divide_by: float = Field(
        1.0,
        gt=0,
        allow_inf_nan=False,
        description="scale that divides all vectors before a method receives them, in their unit",
    )

    @abstractmethod
    def _dimension(self) -> int:
        """The number of components of a vector."""

    @abstractmethod
    def _where(self) -> str:
        """What a message about the answer begins with."""

    @property
    def scale(self) -> float:
        return self.divide_by

    def truth(self) -> npt.NDArray[np.float64] | None:
        from symbench.data.tables.table import check_algebra

        if self.known_truth is None:
            return None
        dimension = self._dimension()
        if not isinstance(self.known_truth, str):
            return check_algebra(self.known_truth, dimension, f"{self._where()}: known_truth")
        if self.known_truth == "none":
            return check_algebra([], dimension, f"{self._where()}: known_truth")
        from symbench.algebra.names import named_algebra

        try:
            basis = named_algebra(self.known_truth)
        except (SymbenchError, ValueError) as error:
            raise DataError(f"{self._where()}: known_truth: {error}") from error
        return check_algebra(basis, dimension, f"{self._where()}: known_truth {self.known_truth!r}")

    def truth_name(self) -> str | None:
        if isinstance(self.known_truth, str):
            return self.known_truth
        return "none" if self.known_truth == [] else None
