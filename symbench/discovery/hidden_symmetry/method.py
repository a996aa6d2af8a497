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
    """Minimise the violation of a property of f′ = (∂T/∂x) f in z = T(x) over residual flows T that begin at 1.

    translation    ∂f′/∂zₖ = 0
    rotation       A K z = K f′, A = ∂f′/∂z: f′ is equivariant under the linear generator K
    hamiltonicity  AᵀΩ + ΩA = 0, z = (q, p)
    modularity     the coordinates of `module` and the others do not move each other
    label          ∇h·K z = 0, h = label ∘ T⁻¹: of the function track

    The property is given, the coordinates are found; derivatives of f come from a kernel fit to states and velocities,
    the label's gradient from a network.

    It claims on points of held-out orbits: the residual (see `hidden_symmetry_losses`, no stretching of z lowers it)
    must be below `bound` and below `fraction` of the identity's, the Jacobian's condition below `condition`, and the
    error of the fitted field below `bound`; else it abstains. Where the identity's is below `bound` the property is
    manifest, and T = 1. Translation, rotation and label claim one vector field, the generator pulled back to x.
    Hamiltonicity claims H where a function with the gradient ΩᵀJf′ exists on the data: it is conserved. From the
    others no conserved quantity follows, and modularity gives no vector field either.

    What is local is cheap: away from its fixed points every flow is a translation in some coordinates (and so is
    Hamiltonian and modular), and one that spirals into a point or circles it commutes with a rotation. A property says
    something where the data have a fixed point (divergence there is that of any coordinates) or return to where they
    were (on an attractor the mean divergence is that of any coordinates). A few points near a fixed point weigh
    little: for a damped pendulum the residual of Hamiltonicity fell from 0.10 to 0.024 at a condition of 6, which
    `fraction` only just refuses. On the Lorenz attractor 150 steps of a small T (a block of 24 units) took translation
    from 1.19 to 0.73, modularity from 1.26 to 0.42 and rotation from 0.99 to 0.21, at conditions of 14 to 17; 1,200
    steps took modularity to 0.11. None is claimed. A label's T may not carry the events to where the generator moves
    all of them one way (`one_way` above ½ and above what it was): from afar a rotation is a translation, and without
    this rule one of a linear label was claimed, with a residual of 0.018. T can still bend events around the
    generator's centre: at the default `condition` open level sets of two vectors were claimed at conditions of 9 and
    12; demand less there.
    """

    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "coordinates, by an invertible network, in which a given property is manifest; abstains"
    reference: ClassVar[str] = "Liu, Tegmark, Phys. Rev. Lett. 128 (2022) 180201, arXiv:2109.09721"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION, Track.DYNAMICS})

    property: Literal["auto", "translation", "rotation", "hamiltonicity", "modularity", "label"] = Field(
        "auto", description="what is to become manifest; auto: hamiltonicity of trajectories, invariance of a label"
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
    fraction: float = Field(0.2, gt=0, lt=1, description="of the identity's residual: a claim needs less")
    bound: float = Field(0.05, gt=0, lt=1, description="residual and error of the fitted field that a claim may have")
    condition: float = Field(
        20.0, gt=1, description="of ∂T/∂x, largest over smallest stretch, that a claim may have on 99 % of points"
    )

    @model_validator(mode="after")
    def _square(self) -> HiddenSymmetry:
        if self.generator is not None and any(len(row) != len(self.generator) for row in self.generator):
            raise ValueError(f"generator has {len(self.generator)} rows, so each must have as many numbers")
        return self

    def incompatibility(self, task: Task) -> str | None:
        reason = super().incompatibility(task)
        if reason is None and self.property != "auto" and (self.property == "label") != (task.track is Track.FUNCTION):
            return f"{self.property} is not a property that the {task.track} track asks for, as {task.name} does"
        return reason
