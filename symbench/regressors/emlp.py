"""`emlp`: an equivariant perceptron of any matrix group, given by a name, by matrices, or by a discovery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from symbench.classifiers.symmetry import SymmetryParameter, matrices, symmetry_named
from symbench.errors import IncompatibleError
from symbench.registry import regressor
from symbench.regressors.base import Regressor
from symbench.regressors.symmetry import DESCRIPTION, NAMES, group_of, refuses_dimension

if TYPE_CHECKING:
    from torch import nn

    from symbench.data.signature import Signature


@regressor("emlp")
class EquivariantMLP(Regressor):
    """Three blocks of an equivariant linear and bilinear layer with gates, 384 components spread over the ranks.

    The layers are made of the invariant tensors of the group, so that f(gx) = ρ(g) f(x) to rounding for any group, also
    a discovered one; generators that are too inexact for a gap in the residuals of invariants are refused.
    """

    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "equivariant perceptron of any matrix group, true or discovered"
    reference: ClassVar[str] = "Finzi, Welling, Wilson, arXiv:2104.09459"

    symmetry: Annotated[SymmetryParameter, symmetry_named(NAMES, dimension=None)] = Field(
        "o", description=DESCRIPTION, json_schema_extra={"suite_source": True}
    )
    discrete: Annotated[tuple[tuple[tuple[float, ...], ...], ...], matrices(None)] = Field(
        (), description="further discrete elements, as matrices"
    )
    width: int = Field(384, ge=1, le=4096, description="components of a hidden layer, over all tensors")
    layers: int = Field(3, ge=1, le=16, description="hidden layers")
    max_rank: int = Field(
        2, ge=0, le=3, description="largest rank of hidden tensors; 3 in the paper in three and four dimensions"
    )
    channels: tuple[int, ...] | None = Field(
        None, min_length=1, max_length=4, description="multiplicities of T0, T1, …, in place of width and max_rank"
    )
    bilinear: Literal["invariant", "published"] = Field(
        "invariant", description="invariant: all invariant products of low rank; published: those of the paper"
    )
    products: int = Field(16, ge=1, le=512, description="pairs of channels that each invariant product multiplies")

    def refuses(self, signature: Signature) -> str | None:
        return refuses_dimension(self.symmetry, self.discrete, signature.dimension)

    def build(self, signature: Signature) -> nn.Module:
        from functools import partial

        from symbench.algebra.representations import uniform_multiplicities
        from symbench.regressors.nets.emlp import EquivariantPerceptron
        from symbench.regressors.nets.emlp_bilinear import InvariantProducts, PublishedProducts

        group = group_of(self.symmetry, self.discrete, signature.dimension)
        channels = self.channels or uniform_multiplicities(self.width, signature.dimension, self.max_rank)
        published = self.bilinear == "published"
        products = PublishedProducts if published else partial(InvariantProducts, products=self.products)
        try:
            network = EquivariantPerceptron(signature, group, channels, self.layers, products)
        except ValueError as error:
            raise IncompatibleError(f"no equivariant network for these generators: {error}") from error
        if network.is_constant():
            raise IncompatibleError("with these generators no function of the vectors but a constant is equivariant")
        return network
