"""`augerino`: generators that a network may be augmented with at no cost to its fit of the label."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.registry import discovery_method


@discovery_method("augerino")
class Augerino(DiscoveryMethod):
    """f and L together minimise E[(f(gx) − y)²] − regularisation · width, g = exp(Σ zᵢ Lᵢ), z uniform in ±1.

    The original learns how widely to draw from given generators; here, as in the comparison of the LieGAN paper, the
    generators are learned too. Without a scale of its own a generator is measured by what it does to the data: its
    width is √(E‖Lx‖²/E‖x‖²), an angle in radians where L is a rotation, and the width of the loss is their sum, none of
    them counting for more than `widest`, beyond which nothing pulls. For a smooth label and an optimal f a generator
    that changes the label costs δ² width²/3 to lowest order, δ² the variance of ∇f·Lx at unit width in units of
    the label's, so that it stops at a width of about 3/2 · regularisation/δ², and a symmetry never stops; neither does
    a generator with δ² below about three times the regularisation, since at large widths f has nothing left to lose: of
    a linear label a scaling hides 1 − tanh(w)/w, which rises with a slope of 0.34 at most. Channels are kept apart by
    η Σ_{i<j} |⟨L̂ᵢ, L̂ⱼ⟩|, the product weighted by the data. Labels of two classes are numbers here.

    The number of channels is given. A channel that ended narrower than `narrowest` moves the data so little that it
    claims nothing, and is left out; a symmetry has the time to grow past that, what the fit resists has not.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "generators learned by the loss of a network trained on what they move"
    reference: ClassVar[str] = "Benton et al., NeurIPS 2020, arXiv:2010.11882; with learned generators arXiv:2302.00236"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})

    channels: int = Field(1, ge=1, le=100, description="number of generators, k")
    regularisation: float = Field(0.01, ge=0, description="weight of the width")
    correlation_weight: float = Field(0.1, ge=0, description="η, which keeps channels apart")
    start: float = Field(0.2, gt=0, description="width of every channel at the start")
    widest: float = Field(3.0, gt=0, description="width beyond which there is no reward")
    narrowest: float = Field(0.3, ge=0, description="width below which a channel is not claimed")
    steps: int = Field(4_000, ge=1, description="steps at budget 1")
    batch_size: int = Field(128, ge=2, description="events in a step")
    rate: float = Field(2e-3, gt=0, description="Adam's learning rate of the network, falling to 0")
    generator_rate: float = Field(2e-3, gt=0, description="Adam's learning rate of the generators, falling to 0")
    hidden: int = Field(64, ge=1, le=8192, description="units of the network's two hidden layers, SiLU")
