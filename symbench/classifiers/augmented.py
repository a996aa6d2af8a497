"""`augmented`: any classifier, trained on transformed jets: it learns a symmetry that is not built in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from symbench.classifiers.symmetry import SymmetryParameter, normalised_generators, symmetry_named
from symbench.classifiers.wrapped import WrappedClassifier
from symbench.registry import classifier
from symbench.trial.result import Outcome

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    from symbench.classifiers.training.jets import Jets

    Floats = npt.NDArray[np.float64]


def _lorentz() -> Floats:
    import numpy as np

    from symbench.algebra.lorentz import boost_generators, rotation_generators

    return np.concatenate([rotation_generators(), boost_generators()])


def _so4() -> Floats:
    from symbench.algebra.bases import so

    return so(4)


GROUPS: Mapping[str, Callable[[], Floats]] = {
    "lorentz": _lorentz,
    "rotation": lambda: _lorentz()[:3],
    "beam": lambda: _lorentz()[[2, 5]],
    "beam-rotation": lambda: _lorentz()[2:3],
    "beam-boost": lambda: _lorentz()[5:],
    "so4": _so4,
}


@classifier("augmented")
class Augmented(WrappedClassifier):
    """In training each jet of each batch is transformed by exp(Σ zᵢ Lᵢ) with new zᵢ; test jets are not transformed.

    The Lᵢ are the generators of a group, or an orthonormal basis of a discovered span. Each has the Frobenius norm of
    a rotation by 1 rad and a boost by rapidity 1, so that `strength` has the same meaning for all. Four-momenta are
    transformed; features of the data set and the beams of a network are not. The zᵢ depend only on the seed and
    the step. The recipe (epochs, batch size, rates) is by default that of the trained classifier.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "a classifier trained on jets transformed by a true or discovered group"
    reference: ClassVar[str] = "exp(Σ zᵢ Lᵢ) as in arXiv:2302.00236, equation 2"

    around: ClassVar[str] = "augmented"
    source_field: ClassVar[str] = "group"

    group: Annotated[SymmetryParameter, symmetry_named(GROUPS)] = Field(
        "lorentz",
        description="lorentz, rotation, beam, beam-rotation, beam-boost, so4, {from: ENTRY} or generators",
        json_schema_extra={"suite_source": True},
    )
    distribution: Literal["normal", "uniform"] = Field("normal", description="distribution of each zᵢ, centred at 0")
    strength: float = Field(
        0.5, gt=0, le=10, description="standard deviation of zᵢ, or half the width; in rad or units of rapidity"
    )

    def augment(self, batch: Jets, generator: torch.Generator) -> Jets:
        """The jets of a batch, each transformed by its own group element."""
        from dataclasses import replace

        import torch

        from symbench.algebra.exponential import exponential

        generators = torch.from_numpy(self._generators())
        z = torch.empty(len(batch), len(generators), dtype=torch.float64)
        if self.distribution == "normal":
            z.normal_(0.0, self.strength, generator=generator)
        else:
            z.uniform_(-self.strength, self.strength, generator=generator)
        moves = exponential(torch.einsum("nk,kij->nij", z, generators)).to(batch.p.device)
        return replace(batch, p=batch.p @ moves.mT)

    def diagnostics(self) -> Outcome:
        """The generators by which jets were transformed, and the diagnostics of the trained classifier."""
        trained = self._trained.diagnostics()
        generators = self._generators()
        metrics = {**trained.metrics, "augmented_by": float(len(generators))}
        return Outcome(metrics, {**trained.arrays, "augmentation_generators": generators}, notes=trained.notes)

    def _generators(self) -> Floats:
        return normalised_generators(self.group, GROUPS)
