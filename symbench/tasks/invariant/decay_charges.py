"""`decay-charges`: which additive charges do reactions of particles conserve?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from symbench.data.decays_recipe import CHARGES, DECAYS_OF_Z, PYTHIA, SETTINGS, SPECIES, charge
from symbench.data.sizes import Sizes
from symbench.extras import Requirement
from symbench.registry import task
from symbench.tasks.base import DataContext
from symbench.tasks.invariant.pairing import WithControl

if TYPE_CHECKING:
    from symbench.data.container import Dataset
    from symbench.data.samples import ConservedQuantities

_READER = "1"
_SALT = 0x44454359


@task("decay-charges")
class DecayCharges(WithControl):
    """Reactions of Pythia's event record as numbers of species before and after, and no charge of any of them.

    all     decays of hadrons and leptons of every interaction: electric charge, baryon number, and the three lepton
            numbers
    strong  strong and electromagnetic decays, and the hadrons of whole collisions, which connect the families of
            particles: electric charge, baryon number, strangeness, charm and beauty, which weak decays break
    A share `wrong` of the reactions has the products of another one. In the control the number of each species among
    the products is that of another reaction, and the truth is none.
    """

    summary: ClassVar[str] = "reactions of particles as numbers of species; truth additive charges, 5"
    reference: ClassVar[str] = "Pythia 8.3, arXiv:2203.11601"
    parts = "reactions"

    interactions: Literal["all", "strong"] = Field("all", description="interactions whose reactions are listed")
    wrong: float = Field(0.0, ge=0, le=0.5, description="share of reactions with the products of another one")
    reactions: int = Field(6_000, ge=500, le=200_000, description="number of reactions")
    test_events: int = Field(2_000, ge=100, le=100_000, description="test reactions for the metrics")

    def requirements(self) -> tuple[Requirement, ...]:
        return (Requirement("pythia8mc", "jets"),)

    def identity(self) -> dict[str, Any]:
        return {
            "pythia": PYTHIA,
            "settings": [*SETTINGS, DECAYS_OF_Z[self.interactions]],
            "species": [*SPECIES],
            "interactions": self.interactions,
            "reactions": self.reactions,
            "wrong": self.wrong,
            "reader": _READER,
            **self.control_identity(),
        }

    def sizes(self) -> Sizes:
        return Sizes(train=self.reactions - self.test_events, validation=0, test=self.test_events)

    def part_names(self) -> tuple[str, ...]:
        return tuple(SPECIES.values())

    def width(self) -> int:
        return 2 * len(SPECIES)

    def events(self, context: DataContext) -> Dataset:
        import numpy as np

        from symbench.data.decays import generate
        from symbench.data.store import load_or_make

        identity = {**self.identity(), "wrong": None, "permutation": None}
        folder = context.cache / f"decay-charges-{self.interactions}-{self.reactions}"
        data = load_or_make(folder, identity, lambda: generate(self.interactions, self.reactions))
        if not self.wrong:
            return data
        rng = np.random.Generator(np.random.PCG64(_SALT))
        vectors = np.array(data.vectors)
        rows = rng.choice(len(vectors), round(self.wrong * len(vectors)), replace=False)
        vectors[rows, 1] = data.vectors[rng.integers(len(vectors), size=len(rows)), 1]
        note = f"{len(rows)} reactions have the products of another one"
        return replace(data, vectors=vectors, provenance=replace(data.provenance, notes=(note,)))

    def shared(self) -> ConservedQuantities:
        import numpy as np

        from symbench.data.event_functions import linear_functions

        charges = np.array([[float(charge(name, kind)) for kind in SPECIES] for name in self.shared_names()])
        return linear_functions(np.concatenate([-charges, charges], axis=1))

    def shared_names(self) -> tuple[str, ...]:
        return CHARGES[self.interactions]
