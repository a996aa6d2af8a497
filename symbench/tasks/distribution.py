"""Made data whose density has a known symmetry, or none.

A linear symmetry of a density with a finite second moment preserves that moment, so all truths here are compact.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from symbench.data.sizes import Sizes
from symbench.registry import task
from symbench.tasks.base import DataContext, DistributionTask

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.container import Dataset

_DATA_SEED = 20_230_133


class MadeDensity(DistributionTask):
    """Events drawn from a density that is written down, from one seed for everybody."""

    version: ClassVar[str] = "1"

    events: int = Field(10_000, ge=10, le=1_000_000, description="events to draw training sets from")
    test_events: int = Field(2_000, ge=10, le=1_000_000, description="events kept for the metrics")

    def identity(self) -> dict[str, Any]:
        return {"generator": "PCG64", "data_seed": _DATA_SEED, **self.model_dump(mode="json")}

    def sizes(self) -> Sizes:
        return Sizes(train=self.events, validation=0, test=self.test_events)

    def load(self, context: DataContext) -> Dataset:
        import numpy as np

        from symbench.data.container import Dataset, Provenance

        total = self.events + self.test_events
        vectors, companions, label = self.draw(np.random.Generator(np.random.PCG64(_DATA_SEED)), total)
        return Dataset(
            vectors=vectors,
            mask=np.ones(vectors.shape[:2], dtype=np.bool_),
            label=np.zeros(total, dtype=np.int64) if label is None else label,
            event_id=np.arange(total, dtype=np.uint64),
            provenance=Provenance(source=f"made: {self.summary}", selection=f"seed {_DATA_SEED}", licence="CC0-1.0"),
            features=companions,
        )

    @abstractmethod
    def draw(
        self, rng: np.random.Generator, count: int
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None, npt.NDArray[np.int64] | None]:
        """Vectors (N, P, d), companion vectors (N, P, d) or None, classes (N,) or None."""


@task("isotropic-gas")
class IsotropicGas(MadeDensity):
    """Two momenta an event, correlated, in directions that nothing prefers: the density is invariant under so(3).

    p₁ = r₁n₁ with r₁ from a gamma distribution, p₂ = ½p₁ + r₂n₂: turning only one of the two changes the density.
    """

    summary: ClassVar[str] = "two correlated momenta of an isotropic gas; truth so(3)"

    def truth(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import so

        return so(3)

    def truth_name(self) -> str:
        return "so(3)"

    def draw(
        self, rng: np.random.Generator, count: int
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None, npt.NDArray[np.int64] | None]:
        import numpy as np

        direction = rng.standard_normal((count, 2, 3))
        direction /= np.linalg.norm(direction, axis=2, keepdims=True)
        p = direction * rng.gamma(3.0, 0.4, (count, 2, 1))
        p[:, 1] += p[:, 0] / 2
        return p, None, None


@task("anisotropic")
class Anisotropic(MadeDensity):
    """Independent components of different shapes, none of them a Gaussian: a control.

    Proof: a linear symmetry of a density with finite second moment is, in whitened coordinates, a rotation; it would
    mix independent components into independent ones, which by Darmois and Skitovich only Gaussian ones allow.
    """

    summary: ClassVar[str] = "independent, differently shaped components in 3 dimensions; truth: none"

    def truth(self) -> npt.NDArray[np.float64]:
        from symbench.algebra.bases import nothing

        return nothing(3)

    def truth_name(self) -> str:
        return "none"

    def draw(
        self, rng: np.random.Generator, count: int
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None, npt.NDArray[np.int64] | None]:
        import numpy as np

        columns = [rng.exponential(1.0, count) - 1, rng.uniform(-1.7, 1.7, count), rng.gumbel(0.0, 0.8, count)]
        return np.stack(columns, axis=1)[:, None], None, None


@task("two-body-steps")
class TwoBody(MadeDensity):
    """States x_t = (q₁, q₂, p₁, p₂) ∈ R⁸ of two equal masses in the plane, with x_{t+1} as companion.

    The density of (x_t, x_{t+1}) is invariant under rotations of the plane, one generator: it takes steps of the
    motion to steps. In the centre-of-mass frame q₁ = −q₂ and p₁ = −p₂ exactly, so that the data fill four of eight
    dimensions and generators count modulo what annihilates them; in the moving frame they fill all eight. Orbits are
    exact, from Kepler's equation, with G = m = 1.
    """

    summary: ClassVar[str] = "two-body orbits: x_t → x_{t+1} is equivariant under so(2)"
    reference: ClassVar[str] = "Yang et al., arXiv:2302.00236, section 5.2; Greydanus et al., arXiv:1906.01563"
    companion: ClassVar[Literal["none", "class", "vectors"]] = "vectors"

    frame: Literal["moving", "centre-of-mass"] = Field("moving", description="of the two bodies")
    dt: float = Field(0.4, gt=0, le=10, description="time from x_t to x_{t+1}")

    def truth(self) -> npt.NDArray[np.float64]:
        import numpy as np

        turn = np.array([[0.0, -1.0], [1.0, 0.0]])
        return np.kron(np.eye(4), turn)[None]

    def truth_name(self) -> str:
        return "so(2)"

    def draw(
        self, rng: np.random.Generator, count: int
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None, npt.NDArray[np.int64] | None]:
        import numpy as np

        from symbench.data.kepler import PlanarOrbits

        orbits = PlanarOrbits(
            axis=rng.uniform(1.5, 4.0, count),
            eccentricity=rng.uniform(0.0, 0.5, count),
            orientation=rng.uniform(0, 2 * np.pi, count),
            anomaly=rng.uniform(0, 2 * np.pi, count),
            sense=rng.choice([-1.0, 1.0], count),
            strength=2.0,
        )
        centre, drift = np.zeros((count, 2)), np.zeros((count, 2))
        if self.frame == "moving":
            centre, drift = rng.standard_normal((count, 2)), 0.5 * rng.standard_normal((count, 2))
        states = []
        for time in (0.0, self.dt):
            r, v = orbits.at(time)
            q = centre + drift * time
            states.append(np.hstack([q + r / 2, q - r / 2, drift + v / 2, drift - v / 2])[:, None])
        return states[0], states[1], None


@task("rotated-digits")
class RotatedDigits(MadeDensity):
    """Handwritten digits, each turned by an angle drawn uniformly, as clouds of points in the affine plane.

    Of an 8 × 8 image P points are drawn with its intensities as weights, smeared over a pixel, and written as
    (u, v, 1) about the image's centre: affine maps are then linear. The class is the digit. Truth: the rotation about
    the centre. Points are ordered by their distance from it, which rotations keep.
    """

    summary: ClassVar[str] = "digits turned at random, as point clouds (u, v, 1); truth so(2)"
    reference: ClassVar[str] = "scikit-learn digits (Alpaydin, Kaynak, UCI 1998)"
    companion: ClassVar[Literal["none", "class", "vectors"]] = "class"

    points: int = Field(16, ge=2, le=256, description="points drawn from each image")

    def truth(self) -> npt.NDArray[np.float64]:
        import numpy as np

        turn = np.zeros((1, 3, 3))
        turn[0, 0, 1], turn[0, 1, 0] = -1.0, 1.0
        return turn

    def truth_name(self) -> str:
        return "so(2)"

    def draw(
        self, rng: np.random.Generator, count: int
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None, npt.NDArray[np.int64] | None]:
        import numpy as np
        from sklearn.datasets import load_digits

        digits = load_digits()
        chosen = rng.integers(len(digits.images), size=count)
        weights = digits.images[chosen].reshape(count, 64)
        cumulative = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
        pixel = (rng.random((count, self.points, 1)) > cumulative[:, None]).sum(axis=2)
        v, u = np.divmod(pixel, 8)
        plane = (np.stack([u, -v], axis=2) + rng.random((count, self.points, 2)) - [4.0, -3.0]) / 4
        angle = rng.uniform(0, 2 * np.pi, count)
        cos, sin = np.cos(angle), np.sin(angle)
        turn = np.stack([np.stack([cos, -sin], axis=1), np.stack([sin, cos], axis=1)], axis=1)
        plane = np.einsum("nij,npj->npi", turn, plane)
        order = np.argsort(np.linalg.norm(plane, axis=2), axis=1)
        plane = np.take_along_axis(plane, order[:, :, None], axis=1)
        homogeneous = np.concatenate([plane, np.ones((count, self.points, 1))], axis=2)
        return homogeneous, None, digits.target[chosen].astype(np.int64)
