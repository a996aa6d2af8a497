"""Jets that are made here with Pythia 8 and FastJet: what the families of such tasks have in common."""

from __future__ import annotations

import functools
import importlib.metadata
import math
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, model_validator

from symbench.data.sizes import Sizes
from symbench.errors import DataError
from symbench.extras import Requirement, require_all
from symbench.tasks.base import ClassificationTask, DataContext

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.container import Dataset, Provenance
    from symbench.data.jets.recipe import Process, Recipe

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

_ACCEPTANCE: dict[Process, float] = {"qcd": 0.25, "top": 0.18, "w": 0.2, "quark": 0.2, "gluon": 0.2}
"""Jets an event; only sizes the first wave of work."""
_MAX_EMPTY_CHUNKS = 20

GENERATORS = {"pythia8mc": "8.317.0", "fastjet": "3.5.2.0"}
"""Packages that generate jets, with the versions of constraints.txt."""


class GeneratedJets(ClassificationTask):
    """Two balanced classes of jets; the same parameters give the same jets to the bit, however many workers make them.

    processes        of label 0 and label 1
    radius, eta_max  of the jets and their axis
    """

    processes: ClassVar[tuple[Process, Process]]
    radius: ClassVar[float] = 0.8
    eta_max: ClassVar[float] = 2.0

    jets: int = Field(6000, ge=4, multiple_of=2, description="jets in all, half of each class")
    test_jets: int = Field(2000, ge=1, description="jets that every trial is tested with")
    validation_jets: int = Field(750, ge=1, description="jets kept for choosing the epoch")
    constituents: int = Field(40, ge=1, le=400, description="constituents kept, by falling transverse momentum")
    massless: bool = Field(True, description="set the energy of every constituent to |p|, like calorimeter towers")
    pt_min: float = Field(550.0, ge=100.0, le=3000.0, description="lowest jet transverse momentum, GeV")
    pt_max: float = Field(650.0, le=4000.0, description="highest jet transverse momentum, GeV")
    generation_seed: int = Field(1, ge=0, description="seed of the event generation")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.pt_max <= self.pt_min:
            raise ValueError(f"pt_max must lie above pt_min, {self.pt_min:g} GeV")
        if self.test_jets + self.validation_jets >= self.jets:
            raise ValueError("test_jets and validation_jets leave nothing of jets to train with")
        return self

    def requirements(self) -> tuple[Requirement, ...]:
        return tuple(Requirement(package, "jets") for package in GENERATORS)

    def identity(self) -> dict[str, Any]:
        """The recipe, the number of jets, and the versions of what makes them."""
        return {"jets": self.jets, "recipe": self.recipe().identity(self.processes), "versions": _versions()}

    def sizes(self) -> Sizes:
        """Known without making a jet."""
        return Sizes(self.jets - self.test_jets - self.validation_jets, self.validation_jets, self.test_jets)

    def recipe(self) -> Recipe:
        """How the jets are made: hard processes of 450 to 1000 GeV for a window of 550 to 650 GeV.

        About a quarter of the jets in the window come from softer processes, pushed by initial-state radiation; they
        cost ten times as many events. With processes from 250 GeV on, the spectra of transverse momentum, mass and
        multiplicity in the window are the same within the errors of 400 top or QCD jets a class (Kolmogorov–Smirnov
        p ≥ 0.1).
        """
        from symbench.data.jets.recipe import Recipe

        return Recipe(
            seed=self.generation_seed,
            pt_min=self.pt_min,
            pt_max=self.pt_max,
            eta_max=self.eta_max,
            radius=self.radius,
            constituents=self.constituents,
            massless=self.massless,
            pt_hat_min=round(9 / 11 * self.pt_min, 3),
            pt_hat_max=round(20 / 13 * self.pt_max, 3),
        )

    def load(self, context: DataContext) -> Dataset:
        """Read the jets from the cache, or make them side by side; raises DataError."""
        from symbench.data.store import load_or_make

        identity = self.identity()
        return load_or_make(context.cache / self.digest, identity, lambda: self._make(context))

    def _selection(self) -> str:
        """What is generated and selected, for the provenance: up to the number of constituents."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it selects")

    def _notes(self) -> tuple[str, ...]:
        recipe = self.recipe()
        return (
            f"hard processes of {recipe.pt_hat_min:g} to {recipe.pt_hat_max:g} GeV only: jets that recoil against "
            "harder initial-state radiation than that are left out",
        )

    def _make(self, context: DataContext) -> Dataset:
        import numpy as np

        from symbench.data.container import Dataset, content_ids

        require_all(self.requirements(), self.name)
        background, signal = _generate(self.recipe(), self.processes, self.jets // 2, context)
        vectors = np.concatenate([background[0], signal[0]])
        event_id = content_ids(vectors)
        if len(np.unique(event_id)) != len(event_id):
            raise DataError("the same jet was made twice: two chunks drew the same random numbers")
        return Dataset(
            vectors=vectors,
            mask=np.concatenate([background[1], signal[1]]),
            label=np.repeat(np.array([0, 1], dtype=np.int64), self.jets // 2),
            event_id=event_id,
            provenance=self._provenance(),
        )

    def _provenance(self) -> Provenance:
        from symbench.data.container import Provenance

        versions = _versions()
        return Provenance(
            source=f"Pythia {versions['pythia8mc']} with FastJet {versions['fastjet']}, generated here",
            selection=(
                f"{self._selection()}; the {self.constituents} leading constituents"
                + (", made massless (E = |p|)" if self.massless else "")
            ),
            licence="generated: no licence needed; Pythia is GPL-2.0-or-later, FastJet GPL-2.0-or-later",
            record=self.reference,
            notes=self._notes(),
        )


def _generate(
    recipe: Recipe, processes: tuple[Process, Process], wanted: int, context: DataContext
) -> list[tuple[Floats, Mask]]:
    """Vectors and mask of `wanted` jets of each process: the first ones of its chunks, taken in order."""
    import numpy as np

    from symbench.data.jets.pythia import Chunk, generate_chunk
    from symbench.data.jets.recipe import ChunkRequest

    made: dict[Process, list[Chunk]] = {process: [] for process in processes}
    have: dict[Process, int] = dict.fromkeys(processes, 0)
    while any(have[process] < wanted for process in made):
        wave: list[ChunkRequest] = []
        for process, chunks in made.items():
            if len(chunks) >= _MAX_EMPTY_CHUNKS and have[process] == 0:
                raise DataError(f"no {process} jet passes the selection of {recipe}")
            rate = have[process] / len(chunks) if have[process] else _ACCEPTANCE[process] * recipe.chunk_events
            short = max(0, math.ceil(1.05 * (wanted - have[process]) / rate))
            wave += [ChunkRequest(recipe, process, len(chunks) + index) for index in range(short)]
        for request, chunk in zip(wave, context.fan_out(generate_chunk, wave), strict=True):
            made[request.process].append(chunk)
            have[request.process] += len(chunk.vectors)
    return [
        (
            np.concatenate([chunk.vectors for chunk in chunks])[:wanted],
            np.concatenate([chunk.mask for chunk in chunks])[:wanted],
        )
        for chunks in made.values()
    ]


@functools.cache
def _versions() -> dict[str, str]:
    """Versions of the generators, without importing them.

    Of a package that is not installed, the version in `GENERATORS`: results of such jets can then be planned, ranked
    and reported on a machine that generates none.
    """
    found = {}
    for package, pinned in GENERATORS.items():
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = pinned
    return found
