"""`spacetime-milne`, `spacetime-de-sitter`, `spacetime-black-hole`, `spacetime-bumpy`: metric tensors as labels.

An event is a point x and a displacement v there, its label g_x(v, v). A vector field ξ moves both, x by ξ(x) and v by
(∂ξ/∂x) v, and leaves the label unchanged if and only if it is a Killing field. A matrix acts on points and
displacements alike, so methods that claim matrices find the Killing fields that are linear.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from symbench.data.sizes import Sizes
from symbench.registry import task
from symbench.tasks.base import DataContext, FunctionTask

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    from symbench.data.container import Dataset
    from symbench.data.samples import VectorFields

    FloatArray = npt.NDArray[np.float64]

_DATA_SEED = 20_230_134
_LIU_TEGMARK = "Liu, Tegmark, Phys. Rev. Lett. 128 (2022) 180201, arXiv:2109.09721"


class Spacetime(FunctionTask):
    """Points of a region of a spacetime, displacements v ~ N(0, 1) in its coordinates, c = 1, signature (+, −, …)."""

    version: ClassVar[str] = "1"
    dimension: ClassVar[int]

    events: int = Field(2_000, ge=10, le=1_000_000, description="events from which training sets are drawn")
    test_events: int = Field(500, ge=10, le=1_000_000, description="test events for the metrics")

    @abstractmethod
    def metric(self, x: torch.Tensor) -> torch.Tensor:
        """g (N, d, d) at points x (N, d)."""

    @abstractmethod
    def points(self, rng: np.random.Generator, count: int) -> FloatArray:
        """Points (count, d) of the region."""

    @abstractmethod
    def killing(self, x: torch.Tensor) -> torch.Tensor:
        """The Killing fields (k*, d) at one point x (d,)."""

    def identity(self) -> dict[str, Any]:
        return {"generator": "PCG64", "data_seed": _DATA_SEED, "events": self.events + self.test_events}

    def sizes(self) -> Sizes:
        return Sizes(train=self.events, validation=0, test=self.test_events)

    def load(self, context: DataContext) -> Dataset:
        import numpy as np
        import torch

        from symbench.data.container import Dataset, Provenance

        total = self.events + self.test_events
        rng = np.random.Generator(np.random.PCG64(_DATA_SEED))
        points = self.points(rng, total)
        x = np.stack([points, rng.standard_normal(points.shape)], axis=1)
        return Dataset.numbered(
            vectors=x,
            label=self.label_function()(torch.from_numpy(x)).numpy(),
            provenance=Provenance(f"made: {self.summary}", f"seed {_DATA_SEED}", "CC0-1.0"),
        )

    def label_function(self) -> Callable[[torch.Tensor], torch.Tensor]:
        def interval(x: torch.Tensor) -> torch.Tensor:
            import torch

            return torch.einsum("nij,ni,nj->n", self.metric(x[:, 0]), x[:, 1], x[:, 1])

        return interval

    def truth(self) -> FloatArray:
        """The linear part is not stated apart from the rest: empty."""
        import numpy as np

        return np.zeros((0, self.dimension, self.dimension))

    def truth_fields(self) -> VectorFields:
        """Of points the Killing fields ξ, of displacements (∂ξ/∂x) v."""
        from symbench.tasks.function.prolonged import prolonged

        return prolonged(self.killing)


@task("spacetime-milne")
class Milne(Spacetime):
    """An expanding universe that is empty space: ds² = dτ² − τ² dχ², 1 < τ < 2, |χ| < 1.

    In t = τ cosh χ, x = τ sinh χ it is dt² − dx². The Killing fields are both translations and the boost, e(1,1).
    """

    summary: ClassVar[str] = (
        "metric of an expanding empty universe in 1 + 1 dimensions; truth e(1,1), hidden translations"
    )
    reference: ClassVar[str] = _LIU_TEGMARK
    dimension: ClassVar[int] = 2

    def metric(self, x: torch.Tensor) -> torch.Tensor:
        import torch

        return torch.diag_embed(torch.stack([torch.ones_like(x[:, 0]), -x[:, 0].square()], dim=1))

    def points(self, rng: np.random.Generator, count: int) -> FloatArray:
        return rng.uniform((1.0, -1.0), (2.0, 1.0), (count, 2))

    def truth_name(self) -> str:
        return "e(1,1)"

    def killing(self, x: torch.Tensor) -> torch.Tensor:
        import torch

        tau, chi = x
        zero = torch.zeros_like(tau)
        return torch.stack(
            [
                torch.stack([chi.cosh(), -chi.sinh() / tau]),
                torch.stack([-chi.sinh(), chi.cosh() / tau]),
                torch.stack([zero, zero + 1]),
            ]
        )


@task("spacetime-de-sitter")
class DeSitter(Spacetime):
    """An expanding universe with a cosmological constant: ds² = dt² − e^2t dx² in units of the horizon, |t|, |x| < ½.

    Translations in x are manifest, those in time, ∂_t − x∂_x, are hidden. With x∂_t − ½(x² + e^−2t)∂_x they form
    so(2,1).
    """

    summary: ClassVar[str] = "de Sitter metric in 1 + 1 dimensions; truth so(2,1), hidden translations in time"
    reference: ClassVar[str] = _LIU_TEGMARK
    dimension: ClassVar[int] = 2

    def metric(self, x: torch.Tensor) -> torch.Tensor:
        import torch

        return torch.diag_embed(torch.stack([torch.ones_like(x[:, 0]), -(2 * x[:, 0]).exp()], dim=1))

    def points(self, rng: np.random.Generator, count: int) -> FloatArray:
        return rng.uniform(-0.5, 0.5, (count, 2))

    def truth_name(self) -> str:
        return "so(2,1)"

    def killing(self, x: torch.Tensor) -> torch.Tensor:
        import torch

        t, r = x
        zero = torch.zeros_like(t)
        return torch.stack(
            [
                torch.stack([zero, zero + 1]),
                torch.stack([zero + 1, -r]),
                torch.stack([r, -(r.square() + (-2 * t).exp()) / 2]),
            ]
        )


@task("spacetime-black-hole")
class BlackHole(Spacetime):
    """Schwarzschild's metric outside of the horizon, in (t, x, y, z): 1.2 < r < 3 in units of the horizon's radius.

    ds² = (1 − 1/r) dt² − dx⃗² − (x̂·dx⃗)²/(r − 1). The Killing fields are the translation in time and the rotations. In
    the time T = t ± (2√r + ln((√r − 1)/(√r + 1))) of Gullstrand and Painlevé spatial sections are flat: translations of
    these are hidden, and no Killing fields. The region is that of Z. Liu's notebook (documentation of pykan).
    """

    summary: ClassVar[str] = "metric of a black hole; truth so(3) and a translation in time, hidden flat sections"
    reference: ClassVar[str] = _LIU_TEGMARK
    dimension: ClassVar[int] = 4

    def metric(self, x: torch.Tensor) -> torch.Tensor:
        import torch

        place = x[:, 1:]
        r = place.norm(dim=1)
        along = place / r[:, None]
        space = torch.eye(3, dtype=x.dtype, device=x.device) + torch.einsum("n,ni,nj->nij", 1 / (r - 1), along, along)
        rows = torch.nn.functional.pad(-space, (1, 0, 1, 0))
        time = torch.nn.functional.pad((1 - 1 / r)[:, None, None], (0, 3, 0, 3))
        return rows + time

    def points(self, rng: np.random.Generator, count: int) -> FloatArray:
        import numpy as np

        direction = rng.standard_normal((count, 3))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        return np.hstack([rng.uniform(0, 10, (count, 1)), direction * rng.uniform(1.2, 3, (count, 1))])

    def truth_name(self) -> str:
        return "so(3)+abelian(1)"

    def killing(self, x: torch.Tensor) -> torch.Tensor:
        import torch

        _, a, b, c = x
        zero, one = torch.zeros_like(a), torch.ones_like(a)
        return torch.stack(
            [
                torch.stack([one, zero, zero, zero]),
                torch.stack([zero, zero, -c, b]),
                torch.stack([zero, c, zero, -a]),
                torch.stack([zero, -b, a, zero]),
            ]
        )


@task("spacetime-bumpy")
class Bumpy(Spacetime):
    """A control: ds² = e^2φ (dt² − dx²), φ a sum of waves; a curvature that varies like this allows no Killing field.

    In 1 + 1 dimensions the curvature K is constant along Killing fields, and so is (∇K)²: if their gradients are
    independent at some point, there is none.
    """

    summary: ClassVar[str] = "metric of a bumpy spacetime in 1 + 1 dimensions; truth: none"
    dimension: ClassVar[int] = 2

    def metric(self, x: torch.Tensor) -> torch.Tensor:
        import torch

        t, r = x[:, 0], x[:, 1]
        phi = 0.3 * torch.sin(2 * t + r) + 0.2 * torch.sin(3 * r - t + 1) + 0.2 * torch.sin(t - 2 * r + 2)
        return (2 * phi).exp()[:, None, None] * torch.diag(x.new_tensor([1.0, -1.0]))

    def points(self, rng: np.random.Generator, count: int) -> FloatArray:
        return rng.uniform(-1, 1, (count, 2))

    def truth_name(self) -> str:
        return "none"

    def killing(self, x: torch.Tensor) -> torch.Tensor:
        return x.new_zeros(0, 2)
