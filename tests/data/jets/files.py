"""Small files in the layouts of public jet data sets, made from the same jets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import awkward as ak
import h5py
import numpy as np
import uproot

from symbench.data.jets.jetclass import PROCESSES

MASS = {211: 0.13957039, 22: 0.0, 130: 0.497611, 11: 0.00051099895}


class Jets:
    """Ragged jets: `counts` (n,), and columns of all constituents end to end, by falling pT within a jet."""

    def __init__(self, count: int, seed: int = 0, largest: int = 30) -> None:
        rng = np.random.default_rng(seed)
        self.counts = rng.integers(3, largest + 1, count)
        total = int(self.counts.sum())
        jet = np.repeat(np.arange(count), self.counts)
        pt = rng.exponential(20, total) + 0.5
        self.pt = pt[np.lexsort((-pt, jet))]
        self.eta, self.phi = rng.normal(0, 0.4, (2, total))
        self.pdg = rng.choice([211, -211, 22, 130, 11], total)
        self.mass = np.array([MASS[abs(code)] for code in self.pdg])
        self.px, self.py = self.pt * np.cos(self.phi), self.pt * np.sin(self.phi)
        self.pz = self.pt * np.sinh(self.eta)
        self.label = rng.integers(0, 2, count)

    def energy(self, massless: bool = False) -> np.ndarray:
        mass = 0.0 if massless else self.mass
        return np.asarray(np.sqrt(self.px**2 + self.py**2 + self.pz**2 + mass**2))

    def padded(self, constituents: int, massless: bool = False) -> np.ndarray:
        """(n, constituents, 4), written with a loop."""
        columns = np.stack([self.energy(massless), self.px, self.py, self.pz], axis=1)
        found = np.zeros((len(self.counts), constituents, 4))
        for n, start in enumerate(np.cumsum(self.counts) - self.counts):
            kept = min(int(self.counts[n]), constituents)
            found[n, :kept] = columns[start : start + kept]
        return found

    def lists(self, column: np.ndarray, dtype: str = "f4") -> Any:
        return ak.unflatten(column.astype(dtype), self.counts)


def write_tree(path: Path, name: str, branches: dict[str, Any]) -> None:
    """A TTree, as experiments write it: assigning to the file would make an RNTuple."""
    types = {branch: ak.type(column).content if isinstance(column, ak.Array) else column.dtype
             for branch, column in branches.items()}  # fmt: skip
    with uproot.recreate(path) as file:
        file.mktree(name, types).extend(branches)


def reference(path: Path, jets: Jets, **filters: Any) -> None:
    """As PyTables writes it: `table/table` with 804 and 2 columns in two blocks."""
    dtype = [("index", "<i8"), ("values_block_0", "<f4", (804,)), ("values_block_1", "<i8", (2,))]
    table = np.zeros(len(jets.counts), dtype=dtype)
    table["values_block_0"][:, :800] = jets.padded(200, massless=True).reshape(-1, 800)
    table["values_block_1"][:, 1] = jets.label
    with h5py.File(path, "w") as file:
        file.create_group("table").create_dataset("table", data=table, chunks=(8,), **filters)


def quark_gluon(path: Path, jets: Jets, particles: int = 35) -> None:
    """X (n, M, 4) of pT, rapidity, azimuth, PDG id, shuffled within a jet; y."""
    rng = np.random.default_rng(5)
    x = np.zeros((len(jets.counts), particles, 4))
    rapidity = np.arcsinh(jets.pz / np.sqrt(jets.pt**2 + jets.mass**2))
    columns = np.stack([jets.pt, rapidity, jets.phi, jets.pdg], axis=1)
    for n, start in enumerate(np.cumsum(jets.counts) - jets.counts):
        x[n, : jets.counts[n]] = rng.permutation(columns[start : start + jets.counts[n]])
    np.savez(path, X=x, y=jets.label.astype(np.float64))


def jetclass(folder: Path, name: str, jets: Jets, number: int = 0) -> Path:
    """`TTBar_000.root`: a tree of lists, and a flag for each of the ten classes."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{PROCESSES[name]}_{number:03}.root"
    momenta = {"px": jets.px, "py": jets.py, "pz": jets.pz, "energy": jets.energy()}
    branches = {f"part_{component}": jets.lists(column) for component, column in momenta.items()}
    branches["part_charge"] = jets.lists(np.sign(jets.pdg) * (np.abs(jets.pdg) == 211))
    for kind, codes in {
        "isChargedHadron": (211,),
        "isNeutralHadron": (130,),
        "isPhoton": (22,),
        "isElectron": (11,),
        "isMuon": (13,),
    }.items():
        branches[f"part_{kind}"] = jets.lists(np.isin(np.abs(jets.pdg), codes))
    flags = {f"label_{each}": np.full(len(jets.counts), each == name) for each in PROCESSES}
    write_tree(path, "tree", {**branches, **flags})
    return path


def nanoaod(path: Path, jets: Jets, spelling: str, jet: str = "FatJet", weights: bool = False) -> None:
    """Events of three jets, whose particles stand shuffled in the event, in one of the two spellings."""
    rng = np.random.default_rng(7)
    events = len(jets.counts) // 3
    in_event = jets.counts[: 3 * events].reshape(-1, 3)
    particles = in_event.sum(axis=1)
    event = np.repeat(np.arange(events), particles)
    order = np.lexsort((rng.random(len(event)), event))  # where each particle of the file stands among the jets'
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    index = place - np.repeat(np.cumsum(particles) - particles, particles)
    which = np.concatenate([np.repeat(np.arange(3), counts) for counts in in_event])
    axis = jets.padded(30)[: 3 * events].sum(axis=1)
    pt = np.hypot(axis[:, 1], axis[:, 2])
    link = {"PFCand": "pfCandIdx", "PFCands": "pFCandsIdx"}[spelling]
    columns = {"pt": jets.pt, "eta": jets.eta, "phi": jets.phi, "mass": jets.mass, "pdgId": jets.pdg}
    total = len(order)
    lists = {
        f"{spelling}_{n}": (c[:total][order], particles, "i4" if n == "pdgId" else "f4") for n, c in columns.items()
    }
    if weights:
        lists[f"{spelling}_puppiWeight"] = (np.full(total, 0.5), particles, "f4")
    lists[f"{jet}{spelling}_{link}"] = (index, particles, "i4")
    lists[f"{jet}{spelling}_jetIdx"] = (which, particles, "i4")
    three = np.full(events, 3)
    lists[f"{jet}_pt"] = (pt, three, "f4")
    lists[f"{jet}_eta"] = (np.arcsinh(axis[:, 3] / pt), three, "f4")
    lists[f"{jet}_hadronFlavour"] = (5 * jets.label[: 3 * events], three, "u1")
    tree: dict[str, Any] = {name: ak.unflatten(c.astype(kind), n) for name, (c, n, kind) in lists.items()}
    tree |= {
        "run": np.ones(events, "u4"),
        "luminosityBlock": np.ones(events, "u4"),
        "event": np.arange(events, dtype="u8"),
    }
    write_tree(path, "Events", tree)


def muons(path: Path, masses: Sequence[float], seed: int = 0) -> None:
    """A NanoAOD file of events with one to three muons; those with two, opposite ones, have these masses in turn."""
    rng = np.random.default_rng(seed)
    rows: dict[str, list[list[float]]] = {"pt": [], "eta": [], "phi": [], "charge": []}
    for number, mass in enumerate(masses):
        pt = rng.uniform(3, 40)
        # massless: M² = 2 pT₁ pT₂ (cosh Δη − cos Δφ), at equal pT and azimuths
        d_eta = float(np.arccosh(1 + mass**2 / (2 * pt**2)))
        eta, phi = rng.normal(0, 0.3), rng.uniform(-3, 3)
        rows["pt"] += [[pt, pt], [pt] * 3 if number % 2 else [pt], [pt, pt]]
        rows["eta"] += [[eta, eta + d_eta], [eta] * 3 if number % 2 else [eta], [eta, eta + d_eta]]
        rows["phi"] += [[phi, phi], [phi] * 3 if number % 2 else [phi], [phi, phi]]
        rows["charge"] += [[1, -1], [1, -1, 1] if number % 2 else [1], [1, 1]]
    kinds = {"charge": "i4"}
    write_tree(
        path,
        "Events",
        {f"Muon_{name}": ak.values_astype(ak.Array(lists), kinds.get(name, "f4")) for name, lists in rows.items()},
    )
