"""`augerino`: generators by which events can be augmented without a loss in the fit of the label."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.registry import discovery_method


@discovery_method("augerino")
class Augerino(DiscoveryMethod):
    """f and L minimise E[(f(gx) − y)²] − regularisation · Σ width(Lᵢ), with g = exp(Σ zᵢ Lᵢ) and z uniform in ±1.

    The width of a generator is measured on the data, √(E‖Lx‖²/E‖x‖²): an angle in radians if L is a rotation. A width
    above `widest` is not rewarded. A generator that changes the label costs δ² width²/3 to lowest order if f is optimal
    and the label smooth, δ² the variance of ∇f·Lx at width 1 in units of the label's variance. It stops at a
    width of about 3/2 · regularisation/δ², while the width of a symmetry keeps growing. Channels are kept apart by
    η Σ_{i<j} |⟨L̂ᵢ, L̂ⱼ⟩|, a product weighted by the data. The two classes of a label are treated as numbers.

    Differences from the reference:

    1. The generators are learned, as in the comparison of the LieGAN paper; the original learns only how widely to
       sample from given ones.
    2. Channels that end narrower than `narrowest` are not claimed. The number of channels is a parameter.

    A generator with δ² below about three times the regularisation is not stopped either: see docs/methods.md.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "generators learned by the loss of a network trained on what they move"
    reference: ClassVar[str] = "Benton et al., NeurIPS 2020, arXiv:2010.11882; with learned generators arXiv:2302.00236"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})

    channels: int = Field(1, ge=1, le=100, description="number of generators, k")
    regularisation: float = Field(0.01, ge=0, description="weight of the width")
    correlation_weight: float = Field(0.1, ge=0, description="η, weight of the correlation of channels")
    start: float = Field(0.2, gt=0, description="initial width of every channel")
    widest: float = Field(3.0, gt=0, description="width above which there is no reward")
    narrowest: float = Field(0.3, ge=0, description="width below which a channel is not claimed")
    steps: int = Field(4_000, ge=1, description="steps at budget 1")
    batch_size: int = Field(128, ge=2, description="events in a step")
    rate: float = Field(2e-3, gt=0, description="Adam's learning rate of the network, falling to 0")
    generator_rate: float = Field(2e-3, gt=0, description="Adam's learning rate of the generators, falling to 0")
    hidden: int = Field(64, ge=1, le=8192, description="units of the network's two hidden layers, SiLU")
