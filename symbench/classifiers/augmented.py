"""`augmented`: any classifier, trained on jets that a group moves: the symmetry is learned and not built in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationError, model_validator

from symbench import registry
from symbench.classifiers.base import Classifier
from symbench.classifiers.symmetry import Symmetry, as_generators, symmetry_named
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
    """In training, each jet of each batch is moved by exp(Σ zᵢ Lᵢ) with zᵢ drawn anew; tests see jets as they are.

    The Lᵢ are those of a group, or an orthonormal basis of a discovered span, each of the Frobenius norm of a rotation
    by 1 rad and a boost by rapidity 1, so that `strength` means the same for all. Four-momenta are moved, features of
    the data set are not; nor are the beams of a network that has some. What is drawn depends on the seed and the step
    alone. The recipe (epochs, batch size, rates) is that of the classifier that is trained, unless stated here.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "a classifier trained on jets that a true or discovered group moves"
    reference: ClassVar[str] = "exp(Σ zᵢ Lᵢ) as in arXiv:2302.00236, equation 2"

    classifier: str = Field("pfn", description="the classifier that is trained")
    params: dict[str, Any] = Field(default_factory=dict, description="its parameters")
    classifier_version: str = Field("", description="version of its code; filled in")
    group: Annotated[Symmetry, symmetry_named(GROUPS)] = Field(
        "lorentz",
        description="lorentz, rotation, beam, beam-rotation, beam-boost, so4, {from: ENTRY} or generators",
        json_schema_extra={"suite_source": True},
    )
    distribution: Literal["normal", "uniform"] = Field("normal", description="of each zᵢ; both are centred at 0")
    strength: float = Field(
        0.5, gt=0, le=10, description="standard deviation of zᵢ, or half the width; in rad or units of rapidity"
    )

    @model_validator(mode="before")
    @classmethod
    def _recipe_of_the_classifier(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        name = given.get("classifier", cls.model_fields["classifier"].default)
        params = given.get("params", {})
        if not isinstance(name, str) or not isinstance(params, dict):
            return given  # told by the fields' own types
        trained = _trained(name, params)
        told = given.get("classifier_version") or trained.version
        if told != trained.version:
            raise ValueError(f"{name} is version {trained.version} here, and {told} was asked for")
        recipe = {field: getattr(trained, field) for field in Classifier.model_fields}
        return {**recipe, **given, "params": trained.parameters(), "classifier_version": trained.version}

    def requirements(self) -> tuple[Requirement, ...]:
        return self._trained.requirements()

    def incompatibility(self, task: Task) -> str | None:
        """As the classifier that is trained."""
        return self._trained.incompatibility(task)

    def build(self) -> nn.Module:
        return self._trained.build()

    def augment(self, batch: Jets, generator: torch.Generator) -> Jets:
        """The jets of a batch, each moved by an element of its own."""
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
        """The generators that jets were moved by, and what the trained classifier tells of itself."""
        told = self._trained.diagnostics()
        generators = self._generators()
        metrics = {**told.metrics, "augmented_by": float(len(generators))}
        return Outcome(metrics, {**told.arrays, "augmentation_generators": generators}, notes=told.notes)

    @property
    def _trained(self) -> Classifier:
        return _trained(self.classifier, self.params)

    def _generators(self) -> Floats:
        from symbench.algebra.subspace import orthonormal_generators

        if isinstance(self.group, str):
            return GROUPS[self.group]()
        basis = orthonormal_generators(as_generators(self.group, {}))
        if not len(basis):
            raise ValueError("all generators are zero: they move nothing")
        return _NORM * basis


def _trained(name: str, params: dict[str, Any]) -> Classifier:
    """The classifier of this name; raises ValueError for one that cannot be trained in this way."""
    if name == Augmented.name:
        raise ValueError("a classifier that is augmented already cannot be augmented again")
    try:
        found = registry.find_classifier(name)(**params)
    except UnknownNameError as error:
        raise ValueError(f"unknown classifier {name!r}; {nearest(name, error.known)}") from None
    except ValidationError as error:
        told = [f"{'.'.join(map(str, e['loc']))}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()]
        raise ValueError(f"params of {name}: {'; '.join(told)}") from None
    except TypeError as error:
        raise ValueError(f"params of {name} are named by text: {error}") from None
    if any(isinstance(getattr(found, field), From) for field in type(found).model_fields):
        raise ValueError(f"the trained {name} cannot use another entry's result: only `group` can")
    return found
