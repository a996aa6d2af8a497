"""`scalars`: functions of all inner products under a metric, by a network or by least squares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from symbench.classifiers.symmetry import SymmetryParameter, symmetry_named
from symbench.errors import IncompatibleError
from symbench.registry import regressor
from symbench.regressors.base import Regressor
from symbench.regressors.symmetry import group_of, refuses_dimension

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from torch import nn

    from symbench.data.container import Dataset
    from symbench.data.signature import Signature

_WORST_CONDITION = 1e6
_NAMES = {"o": "the Euclidean metric", "o13": "the Minkowski metric"}


@regressor("scalars")
class InnerProducts(Regressor):
    """A function of the inner products under the metric that a group preserves, true or discovered.

    The metric is the form g of the smallest Σ‖Lᵢᵀg + gLᵢ‖². `least-squares` fits polynomials of the inner products in
    closed form; a target that is such a polynomial is then exact, so that it bounds what a network can gain there.
    """

    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "functions of inner products under a metric, by a network or least squares"
    reference: ClassVar[str] = "Villar et al., arXiv:2106.06610"

    symmetry: Annotated[SymmetryParameter, symmetry_named(_NAMES, dimension=None)] = Field(
        "o",
        description="o: the Euclidean metric; o13: the Minkowski metric; {from: ENTRY}, or generators, whose metric is "
        "used",
        json_schema_extra={"suite_source": True},
    )
    fit: Literal["network", "least-squares"] = Field("network", description="how the function is found")
    width: int = Field(384, ge=1, le=4096, description="units of every layer of the network")
    layers: int = Field(3, ge=1, le=16, description="hidden layers of the network")
    degree: int = Field(2, ge=1, le=3, description="degree of the polynomials of inner products in least squares")

    @property
    def closed_form(self) -> bool:
        return self.fit == "least-squares"

    def refuses(self, signature: Signature) -> str | None:
        if max(signature.target) > 2:
            return f"{self.name} predicts tensors up to rank 2, and the target has rank {max(signature.target)}"
        return refuses_dimension(self.symmetry, (), signature.dimension)

    def build(self, signature: Signature) -> nn.Module:
        import torch

        from symbench.regressors.nets.scalars import ScalarNetwork, ScalarPolynomial

        metric = torch.from_numpy(self.metric(signature.dimension))
        if self.fit == "least-squares":
            return ScalarPolynomial(signature, metric, self.degree)
        return ScalarNetwork(signature, metric, self.width, self.layers)

    def network(self, outputs: int | Signature, train_data: Dataset) -> nn.Module:
        from symbench.classifiers.training.jets import Jets
        from symbench.regressors.nets.scalars import ScalarPolynomial
        from symbench.regressors.nets.scaled import Scaled

        network = super().network(outputs, train_data)
        if isinstance(network, Scaled) and isinstance(network.network, ScalarPolynomial):
            events = Jets.of(train_data, "cpu", outputs)
            network.network.fit(*network.standardised(events))
        return network

    def metric(self, dimension: int) -> npt.NDArray[np.float64]:
        """The metric g (d, d) of norm √d that the group preserves; raises IncompatibleError if there is none."""
        import numpy as np

        from symbench.algebra.metric import invariant_metric

        generators = group_of(self.symmetry, (), dimension).lie
        found = invariant_metric(generators) * np.sqrt(dimension)
        if np.linalg.cond(found) > _WORST_CONDITION:
            raise IncompatibleError(f"{self.name}: the best metric of the generators is degenerate")
        return np.asarray(found, dtype=np.float64)
