"""`mlp` and `mlp-augmented`: a perceptron on components, without and with transformed training events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from symbench.classifiers.symmetry import SymmetryParameter, matrices, symmetry_named
from symbench.registry import regressor
from symbench.regressors.base import Regressor
from symbench.regressors.symmetry import DESCRIPTION, NAMES, group_of, refuses_dimension

if TYPE_CHECKING:
    import torch
    from torch import nn

    from symbench.classifiers.training.jets import Jets
    from symbench.data.container import Dataset
    from symbench.data.signature import Signature


@regressor("mlp")
class ComponentPerceptron(Regressor):
    """Three layers of 384 with swish on the components of all vectors and scalars: no symmetry is built in."""

    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "perceptron on components: no symmetry"
    reference: ClassVar[str] = "the baseline of arXiv:2104.09459, appendix F"

    width: int = Field(384, ge=1, le=4096, description="units of every layer")
    layers: int = Field(3, ge=1, le=16, description="hidden layers")

    def build(self, signature: Signature) -> nn.Module:
        from symbench.regressors.nets.perceptron import TensorPerceptron

        return TensorPerceptron(signature, self.width, self.layers)


@regressor("mlp-augmented")
class AugmentedPerceptron(ComponentPerceptron):
    """`mlp`, trained with each event of each batch replaced by (gx, ρ(g) y) with a random g of a group.

    g = h exp(Σ zᵢ Lᵢ): zᵢ ~ N(0, strength²) along an orthonormal basis of the algebra, and h the product of a random
    subset of the discrete elements. Test events are not transformed.
    """

    summary: ClassVar[str] = "perceptron on components, trained with events transformed by a true or discovered group"

    symmetry: Annotated[SymmetryParameter, symmetry_named(NAMES, dimension=None)] = Field(
        "o", description=DESCRIPTION, json_schema_extra={"suite_source": True}
    )
    discrete: Annotated[tuple[tuple[tuple[float, ...], ...], ...], matrices(None)] = Field(
        (), description="further discrete elements, as matrices"
    )
    strength: float = Field(
        1.0, gt=0, le=10, description="standard deviation of the zᵢ, in rad or units of rapidity; 0.3 suits boosts"
    )

    def refuses(self, signature: Signature) -> str | None:
        return refuses_dimension(self.symmetry, self.discrete, signature.dimension)

    def network(self, outputs: int | Signature, train_data: Dataset) -> nn.Module:
        network = super().network(outputs, train_data)
        group_of(self.symmetry, self.discrete, train_data.vectors.shape[2])  # raises if it does not fit
        return network

    def augment(self, batch: Jets, generator: torch.Generator) -> Jets:
        """The events of a batch, each transformed by its own group element, with their targets."""
        from dataclasses import replace

        import torch

        from symbench.algebra.exponential import exponential
        from symbench.algebra.representations import direct_sum_power

        group = group_of(self.symmetry, self.discrete, batch.p.shape[2])
        z = torch.empty(len(batch), len(group.basis), dtype=torch.float64).normal_(
            0.0, self.strength, generator=generator
        )
        moves = exponential(torch.einsum("nk,kij->nij", z, torch.from_numpy(group.basis)))
        for element in torch.from_numpy(group.discrete):
            used = torch.rand(len(batch), 1, 1, generator=generator) < 0.5
            moves = torch.where(used, element @ moves, moves)
        turns = torch.from_numpy(direct_sum_power(moves.numpy(), batch.ranks)).to(batch.p.device)
        label = torch.einsum("nij,nj->ni", turns, batch.label)
        return replace(batch, p=batch.p @ moves.to(batch.p.device).mT, label=label)
