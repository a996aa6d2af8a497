"""`nullspace`: fit the label with smooth functions and read the symmetry off the null space of their gradients."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.registry import discovery_method
from symbench.tasks.base import FunctionTask, Task


@discovery_method("nullspace")
class Nullspace(DiscoveryMethod):
    """Σ_p ∇_p f · L x_p = 0 is linear in L; its solutions are the directions of vanishing relative defect.

    How many there are is decided on events that a fit has not seen: the sample is cut into folds, every fold is held
    out from networks that are fitted to the others, and the k best directions of the *other* folds' networks are
    accepted as long as the worst direction in their span has, with the stated confidence over folds, a relative
    defect below `bound`, every event weighing the same. The bound is about what a defect means, not about any
    spectrum: 0.05 says that a displacement along the claimed orbit changes the label by at most a twentieth of what a
    displacement of that length could. Where not even one direction passes, the method abstains.

    Class labels are taken where there are two: f is then a least-squares fit to the probability of the second.

    With another library than `linear` a generator is a vector field, a sum of the library's functions in every
    component, found by the same equation, count rule and bound: `affine` has 1 and the coordinates, `polynomial` those
    and their products, `kinematic` the products of {1, pT, 1/pT}, {1, sinh η, cosh η, tanh η} and {1, sin φ, cos φ},
    36 functions a component of (pT, η, φ), which are the standard functions of these variables.
    """

    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "null space of the gradients of cross-fitted networks; counts by held-out defects"
    reference: ClassVar[str] = "Moskalev et al., LieGG, NeurIPS 2022, arXiv:2210.04345"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})

    library: Literal["linear", "affine", "polynomial", "kinematic"] = Field(
        "linear", description="what generators are made of: matrices, or fields that are sums of functions"
    )
    width: int = Field(128, ge=2, le=2048, description="units of a hidden layer")
    depth: int = Field(2, ge=1, le=8, description="hidden layers, SiLU")
    steps: int = Field(60, ge=1, le=10_000, description="Levenberg–Marquardt steps of a fit, at most")
    folds: int = Field(5, ge=3, le=50, description="parts of the sample, each held out once")
    networks: int = Field(1, ge=1, le=20, description="networks averaged in each fold")
    bound: float = Field(0.05, gt=0, lt=1, description="relative defect below which a direction is a symmetry")
    confidence: float = Field(0.95, ge=0.5, lt=1, description="confidence that it is below, one-sided")

    def incompatibility(self, task: Task) -> str | None:
        """As for every method; and the kinematic functions mean something for (pT, η, φ) only."""
        reason = super().incompatibility(task)
        coordinates = task.coordinates if isinstance(task, FunctionTask) else "cartesian"
        if reason is None and self.library == "kinematic" and coordinates != "pt_eta_phi":
            return f"the kinematic library reads vectors (pT, η, φ), {task.name} has none"
        return reason
