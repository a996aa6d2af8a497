"""What identifies the events of `balance` (light: `symbench plan` computes digests with it)."""

from __future__ import annotations

from typing import Literal

Source = Literal["hzz", "pp", "ee"]

PYTHIA = "8.317.0"
SEED = 20_230_131
HZZ_FILE = "uproot-HZZ.root"
HZZ_SHA256 = "baa852f7b801eee0fb7234f44864a20808d17d84fa44e712072fa881c423ad46"
HZZ_EVENTS = 900
BLOCKS: dict[Source, tuple[str, ...]] = {
    "hzz": ("muon pair", "jets", "missing"),
    "pp": ("muon pair", "hadrons"),
    "ee": ("charged", "photons", "neutral"),
}
SETTINGS: dict[str, tuple[str, ...]] = {
    "pp": (
        "Beams:eCM = 13000.",
        "WeakBosonAndParton:qqbar2gmZg = on",
        "WeakBosonAndParton:qg2gmZq = on",
        "WeakZ0:gmZmode = 2",
        "PhaseSpace:pTHatMin = 20.",
        "PartonLevel:MPI = off",
        "23:onMode = off",
        "23:onIfAny = 13",
    ),
    "ee": (
        "Beams:idA = 11",
        "Beams:idB = -11",
        "Beams:eCM = 91.2",
        "PDF:lepton = off",
        "WeakSingleBoson:ffbar2gmZ = on",
        "23:onMode = off",
        "23:onIfAny = 1 2 3 4 5",
    ),
}
