"""The recipe of a jet sample, and the request for one chunk of it (no numpy: a task's digest contains its recipe)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Process = Literal["qcd", "top", "w", "quark", "gluon"]

_MAX_SEED = 900_000_000  # the largest that Pythia accepts

_COMMON = (
    "Print:quiet = on",
    "Random:setSeed = on",
    "Beams:eCM = 14000.",
    "PartonLevel:MPI = off",
)
_Z_AND_JET = (  # as the EnergyFlow samples: arXiv:1810.05165, section 4.1
    "PartonLevel:MPI = on",
    "WeakZ0:gmZmode = 2",
    "23:onMode = off",
    "23:onIfAny = 12 14 16",
)
_PROCESS: dict[Process, tuple[str, ...]] = {
    "qcd": ("HardQCD:all = on",),
    "top": (
        "Top:gg2ttbar = on",
        "Top:qqbar2ttbar = on",
        "24:onMode = off",
        "24:onIfAny = 1 2 3 4 5",
    ),
    "w": (
        "WeakDoubleBoson:ffbar2WW = on",
        "24:onMode = off",
        "24:onIfAny = 1 2 3 4 5",
    ),
    "quark": ("WeakBosonAndParton:qg2gmZq = on", *_Z_AND_JET),
    "gluon": ("WeakBosonAndParton:qqbar2gmZg = on", *_Z_AND_JET),
}


@dataclass(frozen=True)
class Recipe:
    """The parameters that, with the versions of Pythia and FastJet, determine a jet sample.

    pt_min, pt_max          the jet's transverse momentum, GeV
    eta_max                 largest |η| of the jet axis
    radius                  R of the anti-kT algorithm, and of the matching to the top quark, W or parton and its quarks
    constituents            number of constituents kept, by falling transverse momentum
    massless                set the energy of every constituent to |p|
    pt_hat_min, pt_hat_max  transverse momentum of the hard process, GeV
    chunk_events            events that one chunk generates
    """

    seed: int
    pt_min: float = 550.0
    pt_max: float = 650.0
    eta_max: float = 2.0
    radius: float = 0.8
    constituents: int = 40
    massless: bool = True
    pt_hat_min: float = 450.0
    pt_hat_max: float = 1000.0
    chunk_events: int = 1000

    def identity(self, processes: Sequence[Process]) -> dict[str, Any]:
        """Every field and every Pythia setting of these processes, as JSON."""
        return {**asdict(self), "settings": {name: [*_COMMON, *_PROCESS[name]] for name in processes}}


@dataclass(frozen=True)
class ChunkRequest:
    """The index-th chunk of one process; it can be pickled, so that any worker can generate it."""

    recipe: Recipe
    process: Process
    index: int

    @property
    def pythia_seed(self) -> int:
        """A number in [1, 900000000]; the chunks of one process have distinct ones."""
        text = f"{self.recipe.seed}:{self.process}".encode()
        first = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")
        return 1 + (first + self.index) % _MAX_SEED

    @property
    def settings(self) -> tuple[str, ...]:
        """The lines for `Pythia.readString`."""
        return (
            *_COMMON,
            *_PROCESS[self.process],
            f"Random:seed = {self.pythia_seed}",
            f"PhaseSpace:pTHatMin = {self.recipe.pt_hat_min}",
            f"PhaseSpace:pTHatMax = {self.recipe.pt_hat_max}",
        )
