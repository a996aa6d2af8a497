"""`liegan`: generators whose group elements a discriminator cannot tell from the data (arXiv:2302.00236)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field, model_validator

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.errors import IncompatibleError
from symbench.registry import discovery_method

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Mask = Literal["none", "block-2x2"] | tuple[tuple[Literal[0, 1], ...], ...]


class LieGanSettings(DiscoveryMethod):
    """What the methods of this family share: losses, rates, the discriminator, and where generators may be non-zero."""

    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION, Track.DISTRIBUTION})

    sigma: float = Field(1.0, gt=0, description="standard deviation of the coefficients z")
    cosine_weight: float = Field(1.0, ge=0, description="λ, of |mean cos(gx, x)|, which keeps g off the identity")
    correlation_weight: float = Field(0.1, ge=0, description="η, of Σ |⟨L̂ᵢ, L̂ⱼ⟩|, which keeps channels apart")
    batch_size: int = Field(64, ge=2, description="events in a step")
    generator_rate: float = Field(1e-3, gt=0, description="Adam's learning rate of the generators (β₁ = 0.5)")
    discriminator_rate: float = Field(2e-4, gt=0, description="Adam's learning rate of the discriminator")
    hidden: int = Field(512, ge=1, le=8192, description="units of the discriminator's two hidden layers")
    embedding: int = Field(32, ge=1, le=1024, description="components that a class label is embedded in")
    mask: Mask = Field(
        "none", description="where generators may be non-zero: none, block-2x2 on the diagonal, or a matrix of 0 and 1"
    )

    @model_validator(mode="after")
    def _square_mask(self) -> Self:
        if isinstance(self.mask, tuple):
            if not self.mask or any(len(row) != len(self.mask) for row in self.mask):
                raise ValueError("mask must be square, as many rows as columns")
            if not any(any(row) for row in self.mask):
                raise ValueError("mask leaves no entry that a generator could have")
        return self

    def mask_matrix(self, d: int) -> npt.NDArray[np.float64] | None:
        """The mask (d, d), or None; raises IncompatibleError where it does not fit vectors of d components."""
        import numpy as np

        if self.mask == "none":
            return None
        if self.mask == "block-2x2":
            if d % 2:
                raise IncompatibleError(f"mask block-2x2 needs an even number of components; these vectors have {d}")
            return np.asarray(np.kron(np.eye(d // 2), np.ones((2, 2))), dtype=np.float64)
        if len(self.mask) != d:
            raise IncompatibleError(f"the mask has {len(self.mask)} rows; these vectors have {d} components")
        return np.array(self.mask, dtype=np.float64)


@discovery_method("liegan")
class LieGan(LieGanSettings):
    """g = exp(Σ zᵢ Lᵢ), z ~ N(0, σ²), against a discriminator of (gx, y) and (x, y).

    Generator loss BCE(D(gx, y), 1) + λ |mean cos(gx, x)| + η Σ_{i<j} |⟨L̂ᵢ, L̂ⱼ⟩| with L̂ = L/√(‖L‖²/d); discriminator
    MLP 512–512, LeakyReLU 0.2, mean of the real and fake BCE. A number is standardised and joined to the
    discriminator's input, a class goes through an embedding, companion vectors are transformed: D(gx, gy). Defaults
    are the published ones of top tagging, with Kaiming-normal generators; two-body motion takes one channel, η = 1 and
    `mask: block-2x2`. One thing is not published for a few hundred events, of which 100 epochs are a
    few hundred steps at most: every sample gets `min_steps`, some ten seconds on one core. More are no help; the
    generators then shrink and g collapses to the identity, a weakness that the paper names.

    Two-body motion approaches the published |cos| of 0.9998 slowly: 0.997 after 4,000 steps, 0.999 after 14,500; a
    discriminator that learns five times as fast stops at 0.9977. Of top jets its metric is Minkowski's from 3,000
    steps on, |cos| ≥ 0.999 (4,000 jets, 100 epochs, two seeds: 0.9999 and 0.9995), and the Grassmann distance of the
    seven channels 0.30 and 0.37, published 0.251 ± 0.041 with 1.2 million jets; at half as many epochs up to 1.14, when
    a channel is still on its way.

    It selects no number of generators: it claims the span of all its channels, whatever they became.
    """

    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "generators trained against a discriminator; claims all its channels"
    reference: ClassVar[str] = "Yang, Walters, Dehmamy, Yu, ICML 2023, arXiv:2302.00236"

    channels: int = Field(7, ge=1, le=100, description="number of generators")
    epochs: int = Field(100, ge=1, description="passes over the sample at budget 1")
    min_steps: int = Field(1_500, ge=0, description="steps at budget 1 where the epochs would be fewer")
