"""`laligan`: LieGAN in the latent space of an autoencoder; it claims non-linear vector fields."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.component import Track
from symbench.discovery.liegan.method import LieGanSettings
from symbench.registry import discovery_method


@discovery_method("laligan")
class LaLieGan(LieGanSettings):
    """LieGAN's generators Lᵢ act on z = encode(x) − mean, where x is an event with all of its vectors in one row.

    Autoencoder and generators minimise mean ‖decode(z) − x‖² + 10⁻² (LieGAN's loss of the generators, in z) against a
    discriminator of z and gz, with the label, the class or the encoded companion as further inputs. The claim is the
    vector fields ∂decode(z) Lᵢ z. Every channel is claimed: as in the paper, the number is a parameter.

    The encoder's last layer is orthogonal and its output is centred with a running mean, as in batch normalisation
    without a scale: otherwise shrinking the latent space would be the best response to the discriminator.

    Differences from the reference:

    1. It abstains if `reconstruction_error`, the share of the variance of x that is lost on held-out events, is above
       `worst`. A linear symmetry of a latent space means nothing unless that space represents the data.
    2. The discriminator is narrower than LieGAN's and both rates are larger, so that 4,000 steps suffice.
    """

    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "LieGAN in the latent space of an autoencoder; claims non-linear vector fields"
    reference: ClassVar[str] = "Yang, Dehmamy, Walters, Yu, ICML 2024, arXiv:2310.00105"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION, Track.DISTRIBUTION})

    channels: int = Field(1, ge=1, le=100, description="number of latent generators")
    latent: int = Field(2, ge=1, le=256, description="latent dimension")
    adversarial_weight: float = Field(
        1e-2, ge=0, description="weight of LieGAN's losses relative to the reconstruction"
    )
    steps: int = Field(4_000, ge=1, description="steps at budget 1")
    autoencoder_hidden: int = Field(
        64, ge=1, le=4096, description="units of the two hidden layers of encoder and decoder, SiLU"
    )
    autoencoder_rate: float = Field(1e-3, gt=0, description="Adam's learning rate of the autoencoder, falling to 0")
    generator_rate: float = Field(3e-3, gt=0, description="Adam's learning rate of the generators (β₁ = 0.5)")
    discriminator_rate: float = Field(1e-3, gt=0, description="Adam's learning rate of the discriminator")
    hidden: int = Field(128, ge=1, le=8192, description="units of the discriminator's two hidden layers")
    worst: float = Field(0.1, gt=0, description="reconstruction error above which nothing is claimed")
    held_out: float = Field(0.1, gt=0, lt=1, description="share of the events kept for the reconstruction error")
