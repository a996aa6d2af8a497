"""`liegan`: generators whose group elements a discriminator cannot tell from the data (arXiv:2302.00236)."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod, FunctionSample, Symmetry
from symbench.registry import discovery_method


@discovery_method("liegan")
class LieGan(DiscoveryMethod):
    """g = exp(Σ zᵢ Lᵢ), z ~ N(0, σ²), against a discriminator of (gx, y) and (x, y).

    Generator loss BCE(D(gx, y), 1) + λ |mean cos(gx, x)| + η Σ_{i<j} |⟨L̂ᵢ, L̂ⱼ⟩| with L̂ = L/√(‖L‖²/d); discriminator
    MLP 512–512, LeakyReLU 0.2, mean of the real and fake BCE. A number is standardised and joined to the
    discriminator's input, a class goes through an embedding. Defaults are the published ones of top tagging,
    with Kaiming-normal generators. One thing is not published for a few hundred events, of which 100 epochs are a
    few hundred steps at most: every sample gets `min_steps`, some ten seconds on one core. More are no help; the
    generators then shrink and g collapses to the identity, a weakness that the paper names.

    It selects no number of generators: it claims the span of all its channels, whatever they became.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "generators trained against a discriminator; claims all its channels"
    reference: ClassVar[str] = "arXiv:2302.00236"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})

    channels: int = Field(7, ge=1, le=100, description="number of generators")
    sigma: float = Field(1.0, gt=0, description="standard deviation of the coefficients z")
    cosine_weight: float = Field(1.0, ge=0, description="λ, of |mean cos(gx, x)|, which keeps g off the identity")
    correlation_weight: float = Field(0.1, ge=0, description="η, of Σ |⟨L̂ᵢ, L̂ⱼ⟩|, which keeps channels apart")
    epochs: int = Field(100, ge=1, description="passes over the sample at budget 1")
    min_steps: int = Field(1_500, ge=0, description="steps at budget 1 where the epochs would be fewer")
    batch_size: int = Field(64, ge=2, description="events in a step")
    generator_rate: float = Field(1e-3, gt=0, description="Adam's learning rate of the generators (β₁ = 0.5)")
    discriminator_rate: float = Field(2e-4, gt=0, description="Adam's learning rate of the discriminator")
    hidden: int = Field(512, ge=1, le=8192, description="units of the discriminator's two hidden layers")
    embedding: int = Field(32, ge=1, le=1024, description="components that a class label is embedded in")

    def fit(self, sample: FunctionSample, *, seed: int, budget: float, device: str = "cpu") -> Symmetry:
        """Train from scratch; the claim is every channel."""
        from symbench.discovery.liegan_training import train

        return train(self, sample, seed=seed, budget=budget, device=device)
