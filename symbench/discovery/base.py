"""The contract of a discovery method: from a sample of events to a claimed symmetry."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from symbench.component import Component, Track
from symbench.data.samples import ConservedQuantities, DistributionSample, FunctionSample, TrajectorySample
from symbench.tasks.base import Task

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from matplotlib.figure import Figure

__all__ = [
    "ConservedQuantities",
    "DiscoveryMethod",
    "DistributionSample",
    "FunctionSample",
    "Symmetry",
    "TrajectorySample",
]


@dataclass(frozen=True, repr=False)
class Symmetry:
    """What a method claims.

    generators   (k, d, d), in the scaled coordinates of the sample; k = 0 is a claim too: the method abstains
    confidence   (k,) the method's own, in [0, 1]
    spectrum     singular values or defects that the count was read from, rising, empty where there are none
    steps        optimiser steps spent
    arrays       small extra arrays worth keeping (loss curve, metric tensor)
    scalars      extra numbers worth a column
    conserved    functions constant along trajectories, of the dynamics track; generators are then an extra
    fields       non-linear generators as vector fields, x (N, P, d) → (k, N, P, d); they then are the claim, and
                 `generators` is empty
    sample       what it was found in, where `symbench.discover` found it; the methods below read it
    """

    generators: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float64]
    steps: int = 0
    spectrum: npt.NDArray[np.float64] | None = None
    arrays: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    scalars: dict[str, float] = field(default_factory=dict)
    conserved: ConservedQuantities | None = None
    fields: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]] | None = None
    sample: FunctionSample | DistributionSample | TrajectorySample | None = field(
        default=None, repr=False, compare=False
    )

    @property
    def name(self) -> str:
        """The name of the algebra that the generators span, `none` if there are none."""
        from symbench.algebra.naming import name_of

        return name_of(self.generators) if len(self.generators) else "none"

    def angles_to(self, algebra: str | npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Principal angles in degrees between the claimed span and an algebra, by name or as generators (k, d, d).

        With a sample they are measured in the inner product tr(L Σ Mᵀ) of its second moment Σ. Raises UnknownNameError,
        ValueError for generators of another dimension.
        """
        from symbench.discovery.shared.inspection import angles_to

        return angles_to(self.generators, algebra, self.sample)

    def residuals(self) -> npt.NDArray[np.float64]:
        """How far each event's label moves along each generator, (N, k), in label standard deviations.

        The displacement has the length of the data's own spread; the label's gradient comes from a smooth fit. Raises
        ValueError without a labelled sample.
        """
        from symbench.discovery.shared.inspection import residuals

        return residuals(self.generators, self.sample)

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
        from symbench.discovery.shared.inspection import counted

        claims = [f"{self.name}: {counted(len(self.generators))}"] if len(self.generators) else []
        if self.conserved is not None:
            claims.append(f"{self.conserved.count} conserved functions")
        if self.fields is not None:
            claims.append(f"{len(self.confidence)} vector fields")
        return "; ".join(claims) or "none"


class DiscoveryMethod(Component):
    """A way of discovering a symmetry; its fields are its parameters.

    A method never sees the truth, the test events, or anything of a task but the sample. The two entries that
    bound every table set `sees_truth`; one that is handed the label as a formula, which no experiment has, sets
    `sees_label`. Neither competes for a rank.
    """

    tracks: ClassVar[frozenset[Track]]
    sees_truth: ClassVar[bool] = False
    sees_label: ClassVar[bool] = False

    def incompatibility(self, task: Task) -> str | None:
        """Why this method cannot answer this task's question, or None when it can; asked at plan time."""
        if task.track in self.tracks:
            return None
        return f"{self.name} plays in {', '.join(sorted(self.tracks))}, {task.name} asks a {task.track} question"

    def fit(self, sample: Any, *, seed: int, budget: float, device: str = "cpu") -> Symmetry:
        """Discover in a sample of one of the method's tracks (see `symbench.data.samples`).

        The same sample, seed and budget give the same result on the CPU. budget scales the method's own number of
        steps or epochs (1 is what its reference says). A method in a folder of its own leaves this to the function
        `fit(method, sample, *, seed, budget, device)` of the module `fit` beside it, which may import torch; a method
        in one file overrides it.
        """
        folder = type(self).__module__.rpartition(".")[0]
        try:
            module = importlib.import_module(f"{folder}.fit")
        except ModuleNotFoundError as error:
            if error.name != f"{folder}.fit":
                raise
            raise NotImplementedError(f"{type(self).__name__} defines no method `fit`") from None
        symmetry: Symmetry = module.fit(self, sample, seed=seed, budget=budget, device=device)
        return symmetry
