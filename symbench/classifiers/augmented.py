"""`augmented`: any classifier, trained on transformed jets: it learns a symmetry that is not built in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationError, model_validator

from symbench import registry
from symbench.classifiers.base import Classifier, build_network
from symbench.classifiers.symmetry import SymmetryParameter, as_generators, symmetry_named
from symbench.errors import UnknownNameError, nearest
from symbench.extras import Requirement
from symbench.registry import classifier
from symbench.tasks.base import Task
from symbench.trial.reference import From
from symbench.trial.result import Outcome

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch
    from torch import nn

    from symbench.classifiers.training.jets import Jets

    Floats = npt.NDArray[np.float64]

_NORM = 2**0.5  # Frobenius norm of the generator of a rotation in a plane by 1 rad, and of a boost by rapidity 1


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
class Augmented(Classifier):
    """In training each jet of each batch is transformed by exp(Σ zᵢ Lᵢ) with new zᵢ; test jets are not transformed.

    The Lᵢ are the generators of a group, or an orthonormal basis of a discovered span. Each has the Frobenius norm of
    a rotation by 1 rad and a boost by rapidity 1, so that `strength` has the same meaning for all. Four-momenta are
    transformed; features of the data set and the beams of a network are not. The zᵢ depend only on the seed and
    the step. The recipe (epochs, batch size, rates) is by default that of the trained classifier.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "a classifier trained on jets transformed by a true or discovered group"
    reference: ClassVar[str] = "exp(Σ zᵢ Lᵢ) as in arXiv:2302.00236, equation 2"

    classifier: str = Field("pfn", description="name of the trained classifier")
    params: dict[str, Any] = Field(default_factory=dict, description="parameters of the trained classifier")
    classifier_version: str = Field("", description="version of the trained classifier; filled in")
    group: Annotated[SymmetryParameter, symmetry_named(GROUPS)] = Field(
        "lorentz",
        description="lorentz, rotation, beam, beam-rotation, beam-boost, so4, {from: ENTRY} or generators",
        json_schema_extra={"suite_source": True},
    )
    distribution: Literal["normal", "uniform"] = Field("normal", description="distribution of each zᵢ, centred at 0")
    strength: float = Field(
        0.5, gt=0, le=10, description="standard deviation of zᵢ, or half the width; in rad or units of rapidity"
    )

    @model_validator(mode="before")
    @classmethod
    def _recipe_of_the_classifier(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        name = values.get("classifier", cls.model_fields["classifier"].default)
        params = values.get("params", {})
        if not isinstance(name, str) or not isinstance(params, dict):
            return values  # the types of the fields report this
        trained = _trained(name, params)
        version = values.get("classifier_version") or trained.version
        if version != trained.version:
            raise ValueError(f"{name} has version {trained.version} here; the parameters are for version {version}")
        recipe = {field: getattr(trained, field) for field in Classifier.model_fields}
        return {**recipe, **values, "params": trained.parameters(), "classifier_version": trained.version}

    def requirements(self) -> tuple[Requirement, ...]:
        return self._trained.requirements()

    def incompatibility(self, task: Task) -> str | None:
        """As the trained classifier."""
        return self._trained.incompatibility(task)

    def build(self, classes: int = 2) -> nn.Module:
        return build_network(self._trained, classes)

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

    @property
    def _trained(self) -> Classifier:
        return _trained(self.classifier, self.params)

    def _generators(self) -> Floats:
        from symbench.algebra.subspace import orthonormal_generators

        if isinstance(self.group, str):
            return GROUPS[self.group]()
        basis = orthonormal_generators(as_generators(self.group, {}))
        if not len(basis):
            raise ValueError("all generators are zero: they transform nothing")
        return _NORM * basis


def _trained(name: str, params: dict[str, Any]) -> Classifier:
    """The classifier of this name; raises ValueError if it cannot be trained on augmented jets."""
    if name == Augmented.name:
        raise ValueError("an augmented classifier cannot be augmented again")
    try:
        trained = registry.find_classifier(name)(**params)
    except UnknownNameError as error:
        raise ValueError(f"unknown classifier {name!r}; {nearest(name, error.known)}") from None
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, e['loc']))}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()]
        raise ValueError(f"params of {name}: {'; '.join(problems)}") from None
    except TypeError as error:
        raise ValueError(f"names of params of {name} must be text: {error}") from None
    if any(isinstance(getattr(trained, field), From) for field in type(trained).model_fields):
        raise ValueError(f"the trained {name} cannot use another entry's result: only `group` can")
    return trained
