"""`liegan`: generators that move events so that a discriminator cannot distinguish them from the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.errors import IncompatibleError
from symbench.registry import discovery_method
from symbench.tasks.base import DiscoveryTask, Task

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def _sensible(mask: str | tuple[tuple[int, ...], ...]) -> str | tuple[tuple[int, ...], ...]:
    if isinstance(mask, tuple):
        if not mask or any(len(row) != len(mask) for row in mask):
            raise ValueError("mask must be square: as many rows as columns")
        if not any(any(row) for row in mask):
            raise ValueError("mask is zero everywhere: generators would have no entries")
    return mask


Mask = Annotated[
    Literal["none", "block-2x2", "block-4x4"] | tuple[tuple[Literal[0, 1], ...], ...], AfterValidator(_sensible)
]
"""Entries that a matrix may have: all, blocks on the diagonal, or a 0-1 matrix."""


def mask_matrix(mask: Mask, d: int) -> npt.NDArray[np.float64] | None:
    """A mask as a matrix (d, d), None for all entries; raises IncompatibleError if it does not fit d components."""
    import numpy as np

    if mask == "none":
        return None
    if isinstance(mask, str):
        size = int(mask[-1])
        if d % size:
            raise IncompatibleError(f"mask {mask} needs a multiple of {size} components; these vectors have {d}")
        return np.asarray(np.kron(np.eye(d // size), np.ones((size, size))), dtype=np.float64)
    if len(mask) != d:
        raise IncompatibleError(f"the mask has {len(mask)} rows; these vectors have {d} components")
    return np.array(mask, dtype=np.float64)


class LieGanSettings(DiscoveryMethod):
    """Parameters of LieGAN and its variants: losses, rates, the discriminator, and a mask of the generators."""

    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION, Track.DISTRIBUTION})

    sigma: float = Field(1.0, gt=0, description="standard deviation of the coefficients z")
    cosine_weight: float = Field(
        1.0, ge=0, description="λ, weight of |mean cos(gx, x)|, which keeps g away from the identity"
    )
    correlation_weight: float = Field(0.1, ge=0, description="η, weight of Σ |⟨L̂ᵢ, L̂ⱼ⟩|, which keeps channels apart")
    batch_size: int = Field(64, ge=2, description="events in a step")
    generator_rate: float = Field(1e-3, gt=0, description="Adam's learning rate of the generators (β₁ = 0.5)")
    discriminator_rate: float = Field(2e-4, gt=0, description="Adam's learning rate of the discriminator")
    hidden: int = Field(512, ge=1, le=8192, description="units of the discriminator's two hidden layers")
    embedding: int = Field(32, ge=1, le=1024, description="components of the embedding of a class label")
    mask: Mask = Field(
        "none",
        description="entries that generators may have: none (all), block-2x2 or block-4x4 on the diagonal, or a 0-1 "
        "matrix",
    )

    def mask_matrix(self, d: int) -> npt.NDArray[np.float64] | None:
        """The mask (d, d), or None; raises IncompatibleError if it does not fit vectors of d components."""
        return mask_matrix(self.mask, d)


class EventLieGan(LieGanSettings):
    """Parameters of the variants whose generators act on the events themselves: the unit of the events."""

    unit: Literal["original", "rms"] = Field(
        "original", description="unit of the vectors: original, that of the data, as published; rms, their RMS"
    )


class FullLieGan(EventLieGan):
    """Parameters of the variants that train all channels together, as published."""

    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION, Track.DISTRIBUTION})
    reference: ClassVar[str] = "Yang, Walters, Dehmamy, Yu, ICML 2023, arXiv:2302.00236"

    epochs: int = Field(100, ge=1, description="passes over the sample at budget 1")
    min_steps: int = Field(1_500, ge=0, description="least number of steps at budget 1")


@discovery_method("liegan")
class LieGan(FullLieGan):
    """Generators L of g = exp(Σ zᵢ Lᵢ), z ~ N(0, σ²), against a discriminator of (gx, y) and (x, y).

    Loss of the generators: BCE(D(gx, y), 1) + λ |mean cos(gx, x)| + η Σ_{i<j} |⟨L̂ᵢ, L̂ⱼ⟩| with L̂ = L/√(‖L‖²/d).
    Loss of the discriminator: the mean of its BCE on real and on fake events. The defaults are the published values
    for top tagging, with vectors in the unit of the data; two-body motion needs one channel, η = 1 and
    `mask: block-2x2`; discrete rotations one channel, λ = 0.01, `coefficients: integer-grid` and `largest: 10`.

    Differences from the authors' code:

    1. `min_steps`: a sample of a few hundred events would get few steps in 100 epochs, so every sample gets at least
       this many.
    2. Labels that are numbers are standardised.

    It has no rule for the number of generators: it claims the span of all its channels. With integer coefficients it
    claims the group elements e^L, which generate a discrete group, and no generator: the array `group_elements`
    (c, d, d), with `displacement`, the least RMS ‖gx − x‖ over RMS ‖x‖. Measured behaviour is in docs/methods.md.
    """

    version: ClassVar[str] = "3"
    summary: ClassVar[str] = "generators trained against a discriminator; claims all its channels"

    channels: int = Field(7, ge=1, le=100, description="number of generators")
    coefficients: Literal["normal", "uniform", "integer-grid"] = Field(
        "normal",
        description="law of z: N(0, σ²); uniform in ±`largest`; or the integers from −`largest` to `largest` − 1, "
        "for discrete symmetries",
    )
    largest: int = Field(1, ge=1, le=1000, description="largest |z| of uniform and integer-grid coefficients")

    @model_validator(mode="after")
    def _grid(self) -> Self:
        if self.largest != 1 and self.coefficients == "normal":
            raise ValueError("`largest` has no effect with normal coefficients: set sigma")
        return self


@discovery_method("liegan-true-count")
class TrueCountLieGan(FullLieGan):
    """`liegan` with as many channels as the truth has generators: the number is given, not discovered.

    A reference row, which is not ranked. It separates the quality of the generators from the choice of their number,
    for which the method has no rule. If the truth has no generators, it claims none.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "liegan with the true number of channels, which it is given: a reference row"
    sees_truth: ClassVar[bool] = True  # its dimension

    def incompatibility(self, task: Task) -> str | None:
        """As for every method; also for a task whose truth is not known."""
        reason = super().incompatibility(task)
        if reason is None and isinstance(task, DiscoveryTask) and not task.truth_is_known():
            return f"the truth of {task.name} is not known"
        return reason
