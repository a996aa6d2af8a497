"""`hidden-symmetry`: coordinates in which a stated property of the dynamics, or of a label, is manifest."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.registry import discovery_method
from symbench.tasks.base import FunctionTask, Task


@discovery_method("hidden-symmetry")
class HiddenSymmetry(DiscoveryMethod):
    """Minimise the violation of a property of f′ = (∂T/∂x) f in z = T(x), over residual flows T that start at 1.

    translation    ∂f′/∂zₖ = 0
    rotation       A K z = K f′, A = ∂f′/∂z: f′ is equivariant under the linear generator K
    hamiltonicity  AᵀΩ + ΩA = 0, z = (q, p)
    modularity     the coordinates of `module` and the others do not influence each other
    label          ∇h·K z = 0, h = label ∘ T⁻¹: in the function track

    The property is a parameter; the coordinates are the result. Derivatives of f come from a kernel fit to states and
    velocities, the gradient of a label from a network.

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

    version: ClassVar[str] = "2"
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


@discovery_method("hidden-symmetry-known")
class KnownHiddenSymmetry(HiddenSymmetry):
    """Coordinates z = T(x) in which a metric tensor does not depend on zₖ: ∂g′/∂zₖ = 0 for the `axes` k.

    Events are a point and a displacement, and the label is the metric, given as a formula as in the paper: no discovery
    from data, and not ranked. The claim is the fields ∂/∂zₖ in the coordinates x, which are then Killing fields.

    With `sections`, only the components of g′ along `axes` count: the surfaces on which the other coordinates are
    constant are flat if this holds for the components along all their axes. Nothing is claimed, since no field leaves
    the label unchanged; `residual`, and `printed_loss` as in the notebook, say how flat they are.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "coordinates in which a metric that is given as a formula has translations: not from data"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})
    sees_label: ClassVar[bool] = True

    property: Literal["translation"] = Field("translation", description="the property: the metric has translations")
    axes: tuple[Annotated[int, Field(ge=0)], ...] | None = Field(
        None, min_length=1, description="coordinates z along which the metric is constant; all by default"
    )
    sections: bool = Field(False, description="whether only components of the metric along `axes` are to be constant")
    moves: tuple[Annotated[int, Field(ge=0)], ...] | None = Field(
        None, min_length=1, description="coordinates that T may change; all by default"
    )

    def incompatibility(self, task: Task) -> str | None:
        """As for every method; also for a task whose label has no formula."""
        reason = DiscoveryMethod.incompatibility(self, task)
        if reason is None and isinstance(task, FunctionTask) and not task.label_is_known():
            return f"the label of {task.name} is not known as a formula"
        return reason
