"""`event-balance`: which sums of an event's blocks are conserved? Momentum, in the directions that are measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from symbench.data.balance_recipe import BLOCKS, HZZ_EVENTS, HZZ_SHA256, PYTHIA, SETTINGS
from symbench.data.sizes import Sizes
from symbench.extras import Requirement
from symbench.registry import task
from symbench.tasks.base import DataContext
from symbench.tasks.invariant.pairing import WithControl

if TYPE_CHECKING:
    from symbench.data.container import Dataset
    from symbench.data.samples import ConservedQuantities

_READER = "1"
_CONSERVED = {
    "hzz": ((1, 2), ("Σ px", "Σ py")),
    "pp": ((1, 2), ("Σ px", "Σ py")),
    "ee": ((0, 1, 2, 3), ("Σ E", "Σ px", "Σ py", "Σ pz")),
}


@task("event-balance")
class EventBalance(WithControl):
    """Blocks of momenta (E, px, py, pz), without a label: which linear functions of them are the same in every event?

    hzz  a muon pair, the sum of the jets and the missing transverse momentum of 900 simulated events of a file that
         scikit-hep-testdata ships: the transverse momenta balance within the resolution, the truth is 2
    pp   Pythia: a muon pair from a Z and all that recoils within |η| < 5. What is lost along the beams carries energy
         and longitudinal momentum, and hardly a transverse one: 2
    ee   Pythia: e⁺e⁻ → hadrons at the Z. Every particle is in a block, so that energy and momentum are exact: 4
    With permuted partners the truth is 0. The true coefficients are 1; detector responses differ from it.
    """

    summary: ClassVar[str] = "blocks of an event without a label; truth momentum balance: 2 (pp), 4 (e⁺e⁻)"
    reference: ClassVar[str] = "scikit-hep-testdata 0.3.3; Pythia 8.3, arXiv:2203.11601"
    parts = "blocks"

    events_of: Literal["hzz", "pp", "ee"] = Field("hzz", description="hzz: packaged file; pp, ee: Pythia")
    generated: int = Field(1_200, ge=100, le=100_000, description="events that Pythia generates")
    test_events: int = Field(300, ge=10, le=10_000, description="test events for the metrics")

    def requirements(self) -> tuple[Requirement, ...]:
        return () if self.events_of == "hzz" else (Requirement("pythia8mc", "jets"),)

    def identity(self) -> dict[str, Any]:
        if self.events_of == "hzz":
            source: dict[str, Any] = {"sha256": HZZ_SHA256}
        else:
            source = {"pythia": PYTHIA, "settings": [*SETTINGS[self.events_of]], "events": self.generated}
        return {**source, "events_of": self.events_of, "reader": _READER, **self.control_identity()}

    def sizes(self) -> Sizes:
        total = HZZ_EVENTS if self.events_of == "hzz" else self.generated
        return Sizes(train=total - self.test_events, validation=0, test=self.test_events)

    @property
    def scale(self) -> float:
        return 50.0

    def part_names(self) -> tuple[str, ...]:
        return BLOCKS[self.events_of]

    def width(self) -> int:
        return 4 * len(BLOCKS[self.events_of])

    def events(self, context: DataContext) -> Dataset:
        from symbench.data.balance import generate, read_hzz
        from symbench.data.store import load_or_make

        if self.events_of == "hzz":
            return read_hzz()
        source, identity = self.events_of, {**self.identity(), "permutation": None}
        folder = context.cache / f"event-balance-{source}-{self.generated}"
        return load_or_make(folder, identity, lambda: generate(source, self.generated))

    def shared(self) -> ConservedQuantities:
        import numpy as np

        from symbench.data.event_functions import linear_functions

        components, _ = _CONSERVED[self.events_of]
        return linear_functions(np.tile(np.eye(4)[list(components)], len(BLOCKS[self.events_of])))

    def shared_names(self) -> tuple[str, ...]:
        return _CONSERVED[self.events_of][1]
