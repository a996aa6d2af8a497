"""`rotated-digits`: randomly rotated images as point clouds, on which affine maps act linearly."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from symbench.registry import task
from symbench.tasks.distribution.sampled_density import SampledDensity

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@task("rotated-digits")
class RotatedDigits(SampledDensity):
    """Handwritten digits, each rotated by a uniformly distributed angle, as clouds of points in the affine plane.

    P points are drawn from an 8 × 8 image with its intensities as weights, smeared over a pixel, and written as
    (u, v, 1) relative to the centre of the image: affine maps are then linear. The class is the digit. The truth is the
    rotation about the centre. Points are ordered by their distance from the centre, which rotations preserve.
    """

    summary: ClassVar[str] = "digits turned at random, as point clouds (u, v, 1); truth so(2)"
    reference: ClassVar[str] = "scikit-learn digits (Alpaydin, Kaynak, UCI 1998)"
    companion: ClassVar[Literal["none", "class", "vectors"]] = "class"

    points: int = Field(16, ge=2, le=256, description="number of points drawn from each image")

    def truth(self) -> npt.NDArray[np.float64]:
        import numpy as np

        rotation = np.zeros((1, 3, 3))
        rotation[0, 0, 1], rotation[0, 1, 0] = -1.0, 1.0
        return rotation

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
