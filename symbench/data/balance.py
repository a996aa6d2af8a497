"""Events as blocks of momenta: a Z and what recoils against it, or all particles of an e⁺e⁻ collision by kind.

`hzz`  the file uproot-HZZ.root of scikit-hep-testdata 0.3.3: 2,421 simulated events in the format of a CMS tutorial
       (columns EventWeight and generator truth); 900 have two muons and a jet or more. Blocks: the muon pair, the sum
       of the jets, and the missing transverse momentum
`pp`   Pythia: Z → μμ with a jet at 13 TeV; blocks: the muon pair, and everything else that interacts within |η| < 5
`ee`   Pythia: e⁺e⁻ → hadrons at 91.2 GeV; blocks: charged particles, photons, and neutral hadrons with neutrinos
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from symbench.data.balance_recipe import BLOCKS, HZZ_EVENTS, HZZ_FILE, HZZ_SHA256, SEED, SETTINGS
from symbench.data.cms.zmumu import packaged_file
from symbench.data.container import Dataset, Provenance
from symbench.errors import DataError
from symbench.extras import Requirement, require_all

FloatArray = npt.NDArray[np.float64]

_ETA = 5.0
_NEUTRINOS = (12, 14, 16)
_CHARGED = (11, 13, 211, 321, 2212, 3112, 3222, 3312, 3334)


def read_hzz() -> Dataset:
    """The 900 events: vectors (900, 3, 4) in GeV; the missing momentum has neither E nor pz. Raises DataError."""
    import awkward as ak

    from symbench.data.tables.root_file import open_root, trivial_executors

    path: Path = packaged_file(HZZ_FILE, HZZ_SHA256)
    names = [f"{kind}_{axis}" for kind in ("Muon", "Jet") for axis in ("E", "Px", "Py", "Pz")] + ["MET_px", "MET_py"]
    with open_root(str(path)) as file:
        events = file["events"].arrays(names, **trivial_executors())
    chosen = events[(ak.num(events["Muon_E"]) == 2) & (ak.num(events["Jet_E"]) > 0)]
    muons, jets = (
        np.stack([ak.sum(chosen[f"{kind}_{axis}"], axis=1).to_numpy() for axis in ("E", "Px", "Py", "Pz")], axis=-1)
        for kind in ("Muon", "Jet")
    )
    zero = np.zeros(len(muons))
    missing = np.stack([zero, chosen["MET_px"].to_numpy(), chosen["MET_py"].to_numpy(), zero], axis=-1)
    vectors = np.stack([muons, jets, missing], axis=1).astype(np.float64)
    if len(vectors) != HZZ_EVENTS:
        raise DataError(f"{path}: {len(vectors)} events with two muons and a jet, expected {HZZ_EVENTS}")
    origin = Provenance(
        source=f"simulated events of {HZZ_FILE}, scikit-hep-testdata 0.3.3, in the format of a CMS tutorial",
        selection="two muons and at least one jet; sums of the muons and of the jets, missing transverse momentum",
        licence="BSD-3-Clause (scikit-hep-testdata); none is stated for the file itself",
    )
    return Dataset.numbered(vectors, origin)


def generate(source: Literal["pp", "ee"], events: int) -> Dataset:
    """Events of Pythia as blocks (N, P, 4) in GeV; raises DataError if Pythia cannot start."""
    require_all([Requirement("pythia8mc", "jets")])
    from symbench.data.jets.pythia import started

    pythia = started((*SETTINGS[source], "Print:quiet = on", "Random:setSeed = on", f"Random:seed = {SEED}"))
    particles = pythia.nextBatch(events).prt
    vectors = _of_pp(particles) if source == "pp" else _of_ee(particles)
    what = "; ".join(SETTINGS[source])
    origin = Provenance(
        source=f"generated: Pythia 8, {what}", selection=f"blocks {', '.join(BLOCKS[source])}", licence="CC0-1.0"
    )
    return Dataset.numbered(vectors, origin)


def _of_pp(particles: Any) -> FloatArray:
    """The muons of either charge with the largest transverse momentum, and all else that interacts within |η| < 5."""
    import awkward as ak

    pt = np.hypot(particles.p.px, particles.p.py)
    final = particles.status > 0
    index = ak.local_index(particles.id)
    muons = []
    for charge in (13, -13):
        of_charge = final & (particles.id == charge)
        hardest = ak.argmax(ak.where(of_charge, pt, -1.0), axis=1)
        muons.append(index == hardest)
    of_boson = muons[0] | muons[1]
    inside = final & ~of_boson & (np.abs(particles.p.pz) < np.sinh(_ETA) * pt)
    for neutrino in _NEUTRINOS:
        inside = inside & (np.abs(particles.id) != neutrino)
    return np.stack([_sum(particles.p[of_boson]), _sum(particles.p[inside])], axis=1)


def _of_ee(particles: Any) -> FloatArray:
    kind = np.abs(particles.id)
    final = particles.status > 0
    charged = kind == 0
    for known in _CHARGED:
        charged = charged | (kind == known)
    photon = kind == 22
    parts = (final & charged, final & photon, final & ~charged & ~photon)
    return np.stack([_sum(particles.p[part]) for part in parts], axis=1)


def _sum(momenta: Any) -> FloatArray:
    import awkward as ak

    return np.stack([ak.sum(momenta[c], axis=1).to_numpy() for c in ("e", "px", "py", "pz")], axis=-1).astype(
        np.float64
    )
