"""The contract of a discovery method: from a sample of events to a claimed symmetry."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from symbench.component import Component, Track
from symbench.data.samples import ConservedQuantities, DistributionSample, FunctionSample, TrajectorySample
from symbench.tasks.base import Task

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "ConservedQuantities",
    "DiscoveryMethod",
    "DistributionSample",
    "FunctionSample",
    "Symmetry",
    "TrajectorySample",
]


@dataclass(frozen=True)
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
    """

    generators: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float64]
    steps: int = 0
    spectrum: npt.NDArray[np.float64] | None = None
    arrays: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    scalars: dict[str, float] = field(default_factory=dict)
    conserved: ConservedQuantities | None = None
    fields: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]] | None = None


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
