"""`hidden-symmetry`: coordinates in which a stated property of the dynamics, or of a label, is manifest."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.registry import discovery_method
from symbench.tasks.base import Task


@discovery_method("hidden-symmetry")
class HiddenSymmetry(DiscoveryMethod):
    """Minimise the violation of a property of f′ = (∂T/∂x) f in z = T(x), over residual flows T that start at 1.

    translation    ∂f′/∂zₖ = 0
    rotation       A K z = K f′, A = ∂f′/∂z: f′ is equivariant under the linear generator K
    hamiltonicity  AᵀΩ + ΩA = 0, z = (q, p)
    modularity     the coordinates of `module` and the others do not influence each other
    label          ∇h·K z = 0, h = label ∘ T⁻¹: in the function track

    The property is a parameter; the coordinates are the result. Derivatives of f come from a kernel fit to states and
    velocities, the gradient of a label from a network, after the monotone map of the label that it predicts best.

    On points of held-out orbits a claim needs a residual (see `losses`) below `bound` and below `fraction` of that of
    T = 1, a condition of the Jacobian below `condition`, and an error of the fitted field below `bound`; otherwise
    the method abstains. If the residual of T = 1 is below `bound`, the property is manifest and T = 1. The T of a
    label may not move the events to a region in which the generator moves all of them one way.

    Translation, rotation and label claim one vector field, the generator pulled back to x. Hamiltonicity claims H if a
    function with the gradient ΩᵀJf′ exists on the data. The others give no conserved quantity, and modularity no
    vector field either.

    Differences from the reference: the criteria for a claim, the condition of the Jacobian as a cost, and residuals
    that do not change if z is stretched. Which properties are easy to fake is described in docs/methods.md.
    """

    version: ClassVar[str] = "3"
    summary: ClassVar[str] = "coordinates, by an invertible network, in which a given property is manifest; abstains"
    reference: ClassVar[str] = "Liu, Tegmark, Phys. Rev. Lett. 128 (2022) 180201, arXiv:2109.09721"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION, Track.DYNAMICS})

    property: Literal["auto", "translation", "rotation", "hamiltonicity", "modularity", "label"] = Field(
        "auto", description="the property; auto: hamiltonicity of trajectories, invariance of a label"
    )
    axis: int = Field(0, ge=0, description="the coordinate zₖ of a translation")
    generator: tuple[tuple[float, ...], ...] | None = Field(
        None,
        description="K, D rows of D numbers; by default the rotation of the first two coordinates, of states (q, p) of "
        "the first two q and of their p alike, and of (q, p) where there is one q",
    )
    module: tuple[int, ...] | None = Field(
        None, description="coordinates of a module; by default the first half, of states (q, p) the first q and its p"
    )
    blocks: int = Field(2, ge=1, le=32, description="residual blocks of T")
    layers: int = Field(2, ge=1, le=8, description="hidden layers of a block, tanh")
    width: int = Field(48, ge=2, le=2048, description="units of a hidden layer")
    steps: int = Field(1_200, ge=1, description="Adam's steps at budget 1")
    rate: float = Field(5e-3, gt=0, description="Adam's first learning rate, falling to 0 along a cosine")
    points: int = Field(400, ge=10, le=10_000, description="states, or events of a label, in a step")
    fraction: float = Field(0.2, gt=0, lt=1, description="largest residual of a claim, as a fraction of that of T = 1")
    bound: float = Field(
        0.05, gt=0, lt=1, description="largest residual, and largest error of the fitted field, of a claim"
    )
    condition: float = Field(
        20.0,
        gt=1,
        description="largest condition of ∂T/∂x (largest over smallest stretch) of a claim, on 99 % of points",
    )

    @model_validator(mode="after")
    def _square(self) -> HiddenSymmetry:
        if self.generator is not None and any(len(row) != len(self.generator) for row in self.generator):
            raise ValueError(
                f"generator must be square: it has {len(self.generator)} rows, so each needs as many numbers"
            )
        return self

    def incompatibility(self, task: Task) -> str | None:
        """As for every method; also for a property of the other track."""
        reason = super().incompatibility(task)
        if reason is None and self.property != "auto" and (self.property == "label") != (task.track is Track.FUNCTION):
            return f"{self.property} is not a property for the {task.track} track of {task.name}"
        return reason
