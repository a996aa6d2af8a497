"""`augerino`: generators by which events can be augmented without a loss in the fit of the label."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.discovery.liegan.method import Mask
from symbench.registry import discovery_method
from symbench.tasks.base import DistributionTask, Task


@discovery_method("augerino")
class Augerino(DiscoveryMethod):
    """f and L minimise E[(f(gx) − y)²] − regularisation · Σ width(Lᵢ), with g = exp(Σ zᵢ Lᵢ) and z uniform in ±1.

    Given companion vectors y instead of a label, f predicts them and the loss is E‖f(gx) − gy‖².

    The width of a generator is measured on the data, √(E‖Lx‖²/E‖x‖²): an angle in radians if L is a rotation. A width
    above `widest` is not rewarded. A generator that changes the label costs δ² width²/3 to lowest order if f is optimal
    and the label smooth, δ² the variance of ∇f·Lx at width 1 in units of the label's variance. It stops at a
    width of about 3/2 · regularisation/δ², while the width of a symmetry keeps growing. Channels are kept apart by
    η Σ_{i<j} |⟨L̂ᵢ, L̂ⱼ⟩|, a product weighted by the data. The two classes of a label are treated as numbers.

    Differences from the reference:

    1. The generators are learned, as in the comparison of the LieGAN paper; the original learns only how widely to
       sample from given ones.
    2. Channels that end narrower than `narrowest` are not claimed.

    The number of channels is a parameter, so that it claims at most one generator by default. That comparison, which
    its authors call Augerino+, has no reward for the width: `regularisation: 0`, `cosine_weight: 1`, normal
    coefficients. A generator with δ² below about three times the regularisation is not stopped either: see
    docs/methods.md.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "generators learned by the loss of a network trained on what they move"
    reference: ClassVar[str] = "Benton et al., NeurIPS 2020, arXiv:2010.11882; with learned generators arXiv:2302.00236"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION, Track.DISTRIBUTION})

    channels: int = Field(1, ge=1, le=100, description="number of generators, k")
    regularisation: float = Field(0.01, ge=0, description="weight of the width")
    cosine_weight: float = Field(0.0, ge=0, description="weight of |mean cos(gx, x)|, which keeps g from the identity")
    correlation_weight: float = Field(0.1, ge=0, description="η, weight of the correlation of channels")
    mask: Mask = Field(
        "none", description="entries of generators: none (all), block-2x2 or block-4x4 on the diagonal, or a 0-1 matrix"
    )
    coefficients: Literal["uniform", "normal"] = Field("uniform", description="law of z: uniform in ±1, or N(0, 1)")
    start: float = Field(0.2, gt=0, description="initial width of every channel")
    widest: float = Field(3.0, gt=0, description="width above which there is no reward")
    narrowest: float = Field(0.3, ge=0, description="width below which a channel is not claimed")
    steps: int = Field(4_000, ge=1, description="steps at budget 1")
    batch_size: int = Field(128, ge=2, description="events in a step")
    rate: float = Field(2e-3, gt=0, description="Adam's learning rate of the network")
    generator_rate: float = Field(2e-3, gt=0, description="Adam's learning rate of the generators")
    falls: bool = Field(True, description="whether both learning rates fall to 0")
    hidden: int = Field(64, ge=1, le=8192, description="units of the network's two hidden layers, SiLU")

    def incompatibility(self, task: Task) -> str | None:
        """As for every method; also for a density without companion vectors, in which nothing can be predicted."""
        reason = super().incompatibility(task)
        if reason is None and isinstance(task, DistributionTask) and task.companion != "vectors":
            return f"augerino predicts a label or companion vectors; {task.name} has neither"
        return reason
