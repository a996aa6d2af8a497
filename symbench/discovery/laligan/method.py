"""`laligan`: LieGAN in the latent space of an autoencoder; what it claims are non-linear vector fields."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.component import Track
from symbench.discovery.liegan.method import LieGanSettings
from symbench.registry import discovery_method


@discovery_method("laligan")
class LaLieGan(LieGanSettings):
    """An event x, all of its vectors in one row, becomes z = encode(x) − mean; LieGAN's generators act on z.

    Autoencoder and generators minimise mean ‖decode(z) − x‖² + 10⁻² (LieGAN's loss of the generators in z), against a
    discriminator of z and gz with the label, class or encoded companion beside it. The encoder's last layer is
    orthogonal and its output is centred with a running mean, as in batch normalisation without its scale, for otherwise
    a smaller latent space would be the best answer to the discriminator.

    The claim are the vector fields ∂decode(z) Lᵢ z. As in the paper there is no rule for the number, so every channel
    is claimed; the number is given. A linear symmetry of some latent space is an empty statement where nothing ties
    the latent space to the data: judge with `reconstruction_error`, the share of the variance of x that is lost,
    on events that no training saw. Above `worst` the fields are fields of something else, and it abstains.

    In the function track fields are judged by what they do to the label, in the distribution track by what their flow
    does to the density. The discriminator is narrower than LieGAN's and both rates are larger, so that 4,000 steps do.
    """

    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "LieGAN in the latent space of an autoencoder; claims non-linear vector fields"
    reference: ClassVar[str] = "Yang, Dehmamy, Walters, Yu, ICML 2024, arXiv:2310.00105"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION, Track.DISTRIBUTION})

    channels: int = Field(1, ge=1, le=100, description="number of latent generators")
    latent: int = Field(2, ge=1, le=256, description="latent dimension")
    adversarial_weight: float = Field(1e-2, ge=0, description="weight of LieGAN's losses beside the reconstruction")
    steps: int = Field(4_000, ge=1, description="steps at budget 1")
    autoencoder_hidden: int = Field(64, ge=1, le=4096, description="units of two hidden layers each way, SiLU")
    autoencoder_rate: float = Field(1e-3, gt=0, description="Adam's learning rate of the autoencoder, falling to 0")
    generator_rate: float = Field(3e-3, gt=0, description="Adam's learning rate of the generators (β₁ = 0.5)")
    discriminator_rate: float = Field(1e-3, gt=0, description="Adam's learning rate of the discriminator")
    hidden: int = Field(128, ge=1, le=8192, description="units of the discriminator's two hidden layers")
    worst: float = Field(0.1, gt=0, description="reconstruction error above which nothing is claimed")
    held_out: float = Field(0.1, gt=0, lt=1, description="share of the events kept for the reconstruction error")
