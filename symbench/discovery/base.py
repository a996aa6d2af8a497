"""The contract of a discovery method: from a sample of events to a claimed symmetry."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from symbench.component import Component, Track
from symbench.data.domain import Domain
from symbench.data.samples import (
    ConservedQuantities,
    DistributionSample,
    EquivarianceSample,
    FunctionSample,
    InvariantSample,
    TrajectorySample,
)
from symbench.tasks.base import DynamicsTask, EquivarianceTask, FlowSymmetryTask, FunctionTask, GeneratorTask, Task

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from matplotlib.figure import Figure

__all__ = [
    "ConservedQuantities",
    "DiscoveryMethod",
    "DistributionSample",
    "Domain",
    "EquivarianceSample",
    "FlowClaim",
    "FunctionSample",
    "InvariantSample",
    "Symmetry",
    "TrajectorySample",
]

FlowClaim = Literal["quantities", "generators"]
"""What a method of the dynamics track claims: conserved quantities, or matrices that map trajectories to others."""

LabelKind = Literal["numbers", "tensors"]
"""The labels of a method of the function track: one number or class that generators leave unchanged, or a target of
several components that a representation transforms."""


@dataclass(frozen=True, repr=False)
class Symmetry:
    """The claim of a method.

    generators   (k, d, d), in the scaled coordinates of the sample; with k = 0 the method abstains
    confidence   (k,) the method's own confidence in each generator, in [0, 1]
    steps        number of optimiser steps
    spectrum     singular values, defects or label spreads that decided the count, rising; None if there are none
    arrays       small further arrays (loss curve, metric tensor)
    scalars      further numbers, reported as metrics `method_NAME`
    notes        short texts about the fit, kept with the trial
    conserved    functions constant along trajectories, or nearly the same in every event: the claim in the dynamics
                 and the invariant track, beside which generators are additional information
    domain       the region in which the claim was tested; it states nothing outside of it. None: none is stated
    fields       non-linear generators as vector fields, x (N, P, d) → (k, N, P, d): the claim in place of
                 `generators`, which are then empty
    sample       the sample of the claim, if `symbench.discover` set it; the methods below use it
    """

    generators: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float64]
    steps: int = 0
    spectrum: npt.NDArray[np.float64] | None = None
    arrays: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    scalars: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    conserved: ConservedQuantities | None = None
    fields: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]] | None = None
    domain: Domain | None = None
    sample: FunctionSample | EquivarianceSample | DistributionSample | TrajectorySample | InvariantSample | None = (
        field(default=None, repr=False, compare=False)
    )

    @property
    def name(self) -> str:
        """The name of the algebra that the generators span, `none` if there are none; with a sample, in its frame.

        Of a symmetry that the method knows to be broken, `approximate so(3), broken by 3.0 %`.
        """
        from symbench.algebra.approximate import approximate, broken_by
        from symbench.discovery.shared.inspection import name

        exact = name(self.generators, self.sample)
        return exact if self.breaking is None else f"{approximate(exact)}, {broken_by(self.breaking)}"

    @property
    def breaking(self) -> float | None:
        """σ_L of the claimed span, if the method resolves that the symmetry is broken; None for an exact symmetry.

        It is the change of the label, in its standard deviations, by a displacement of the size of the data.
        """
        return self.scalars.get("breaking")

    @property
    def limit(self) -> float | None:
        """The upper limit of σ_L that the method states for its claim; None if it states none."""
        return self.scalars.get("label_spread_upper")

    def angles_to(self, algebra: str | npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Principal angles in degrees between the claimed span and an algebra, by name or as generators (k, d, d).

        With a sample they are measured in the inner product tr(L Σ Mᵀ) of its second moment Σ. Raises UnknownNameError,
        ValueError for generators of another dimension.
        """
        from symbench.discovery.shared.inspection import angles_to

        return angles_to(self.generators, algebra, self.sample)

    def residuals(self) -> npt.NDArray[np.float64]:
        """How far each event's label moves along each generator or field, (N, k), in label standard deviations.

        The displacement has the length of the data's own spread, so that the root mean square over the central events
        is the label spread; the label's gradient comes from a smooth fit. With trajectories: how far each conserved
        function varies along each of them, in its standard deviations. See `symbench.metrics.residuals`. Raises
        ValueError without a labelled sample or trajectories, and if the fit is too poor
        (`discovery.shared.reference`).
        """
        import numpy as np

        from symbench.discovery.shared.inspection import residuals
        from symbench.metrics.fields import linear_fields

        fields = self.fields or linear_fields(np.asarray(self.generators, dtype=np.float64))
        return residuals(fields, self.conserved, self.sample)

    def plot(self, axes: Sequence[str] | None = None) -> Figure:
        """The sparsest basis of the span as heat maps, which a notebook shows; `axes` names the d components.

        Titles are the names of recognised generators, such as J_x or K_z (see `algebra.canonical`).
        """
        from symbench.discovery.shared.inspection import plot

        return plot(self.generators, self.name, axes)

    def __repr__(self) -> str:
        return f"Symmetry({self._summary()})"

    def _repr_html_(self) -> str:
        from symbench.discovery.shared.inspection import html

        return html(self.generators, self.confidence, self._summary())

    def _summary(self) -> str:
        from symbench.algebra.approximate import NEGLIGIBLE, at_most
        from symbench.discovery.shared.inspection import counted

        claims = [f"{self.name}: {counted(len(self.generators))}"] if len(self.generators) else []
        if claims and self.breaking is None and self.limit is not None and self.limit > NEGLIGIBLE:
            claims = [f"{claims[0]}, {at_most(self.limit)}"]
        if self.conserved is not None:
            kind = "shared" if isinstance(self.sample, InvariantSample) else "conserved"
            claims.append(counted(self.conserved.count, f"{kind} function"))
        if self.fields is not None:
            claims.append(counted(len(self.confidence), "vector field"))
        return "; ".join(claims) or "none"


class DiscoveryMethod(Component):
    """A method of discovering a symmetry; its fields are its parameters.

    A method receives the sample only: neither the truth nor test events. The reference rows `truth` and `random` set
    `sees_truth`; a method that receives the label as a formula sets `sees_label`. Neither kind is ranked.
    """

    tracks: ClassVar[frozenset[Track]]
    sees_truth: ClassVar[bool] = False
    sees_label: ClassVar[bool] = False
    of_flows: ClassVar[frozenset[FlowClaim]] = frozenset({"quantities"})  # in the dynamics track
    in_parts: ClassVar[bool] = False  # whether `fit` gives parts to `trial.parts.map_parts`, for several workers
    of_labels: ClassVar[frozenset[LabelKind]] = frozenset({"numbers"})  # in the function track
    tested_share: ClassVar[float] = 1.0  # of the events, those nearest to the mean, in which claims are tested

    @property
    def vector_coordinates(self) -> Literal["cartesian", "pt_eta_phi"]:
        """The meaning of the components of its vectors: of (pT, η, φ), only pT has a unit."""
        return "cartesian"

    def incompatibility(self, task: Task) -> str | None:
        """Why this method cannot be applied to this task, or None if it can; evaluated at plan time."""
        if task.track in self.tracks:
            if isinstance(task, FlowSymmetryTask) and "generators" not in self.of_flows:
                return f"{self.name} finds conserved quantities; {task.name} asks for maps of trajectories"
            if isinstance(task, EquivarianceTask) and "tensors" not in self.of_labels:
                return f"{self.name} finds what leaves a number unchanged; the target of {task.name} is transformed"
            if isinstance(task, FunctionTask) and "numbers" not in self.of_labels:
                return f"{self.name} finds what transforms a target of several components; {task.name} has a number"
            if isinstance(task, DynamicsTask) and "quantities" not in self.of_flows:
                return f"{self.name} finds maps of trajectories; {task.name} asks for conserved quantities"
            coordinates = task.vector_coordinates if isinstance(task, GeneratorTask) else "cartesian"
            if self.vector_coordinates == "pt_eta_phi" != coordinates:
                return f"{self.name} with these parameters needs vectors (pT, η, φ); {task.name} has others"
            return None
        tracks = " and ".join(sorted(self.tracks))
        return f"{self.name} is a method for the {tracks} track; {task.name} is a task of the {task.track} track"

    def fit(self, sample: Any, *, seed: int, budget: float, device: str = "cpu") -> Symmetry:
        """The symmetry of a sample of one of the method's tracks (see `symbench.data.samples`).

        The same sample, seed and budget give the same result on the CPU. The budget scales the method's number of
        steps or epochs. By default this calls the function `fit(method, sample, *, seed, budget, device)` of the module
        `fit` in the package of the method, which may import torch; a method in a single file overrides it. Raises
        NotImplementedError if there is neither.
        """
        package = type(self).__module__.rpartition(".")[0]
        name = f"{package}.fit" if package else "fit"
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            raise NotImplementedError(
                f"{type(self).__name__} has no method `fit`, and there is no module {name} beside it"
            ) from None
        symmetry: Symmetry = module.fit(self, sample, seed=seed, budget=budget, device=device)
        return symmetry
