"""Jets from Pythia 8, clustered with FastJet: seeded chunks, each a pure function of its request.

Top and QCD jets follow the public Top Tagging reference (arXiv:1902.09914, section 2) at particle level, without its
detector simulation: 14 TeV, no multiple interactions, neutrinos removed, anti-kT with R = 0.8, the hardest jet with
|η| < 2; for the signal a hadronically decaying top quark and its three quarks lie within R of the jet axis.
W jets are generated in the same way, from pairs of W bosons. Quark and gluon jets follow the EnergyFlow samples
(arXiv:1810.05165): they recoil against a Z that decays to neutrinos, multiple interactions are on, and the parton of
the hard process lies within R of the axis.

Whole batches of events are processed by `Pythia.nextBatch` and FastJet's awkward interface, without a loop over
particles.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.data.jets.recipe import ChunkRequest, Recipe
from symbench.errors import DataError
from symbench.extras import Requirement, require_all

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

_STRANGE, _TOP, _GLUON, _W = 3, 6, 21, 24
_NEUTRINOS = (12, 14, 16)


@dataclass(frozen=True)
class Chunk:
    """The jets of one chunk, in the order of generation.

    vectors  (n, constituents, 4) float64 (E, px, py, pz) in GeV, by falling transverse momentum, zero-padded
    mask     (n, constituents) bool
    tops     (n, 4) the top quark that decays within the jet, GeV; zeros for other processes
    events   number of generated events
    """

    vectors: Floats
    mask: npt.NDArray[np.bool_]
    tops: Floats
    events: int


def generate_chunk(request: ChunkRequest) -> Chunk:
    """Generate, cluster and select: the same request gives the same bytes. Raises DataError if Pythia cannot start."""
    require_all(Requirement(package, "jets") for package in ("pythia8mc", "fastjet"))
    import awkward as ak
    import fastjet

    recipe = request.recipe
    events = started(request.settings).nextBatch(recipe.chunk_events)
    particles = events.prt
    kind = np.abs(particles.id)
    visible = particles.status > 0
    for neutrino in _NEUTRINOS:
        visible = visible & (kind != neutrino)
    p = particles[visible].p
    inputs = ak.zip({"px": p.px, "py": p.py, "pz": p.pz, "E": p.e}, with_name="Momentum4D")
    _print_fastjet_banner()
    definition = fastjet.JetDefinition(fastjet.antikt_algorithm, recipe.radius)
    sequence = fastjet.ClusterSequence(inputs, definition)
    jets = sequence.inclusive_jets(min_pt=recipe.pt_min)
    constituents = sequence.constituents(min_pt=recipe.pt_min)
    pt = np.hypot(jets.px, jets.py)
    central = np.abs(np.arcsinh(jets.pz / pt)) < recipe.eta_max
    jets, constituents, pt = jets[central], constituents[central], pt[central]
    hardest = ak.argmax(pt, axis=1, keepdims=True)
    chosen = ak.fill_none(ak.firsts(pt[hardest]), np.inf).to_numpy() <= recipe.pt_max
    tops = np.zeros((len(chosen), 4))
    if request.process != "qcd":
        axis = ak.firsts(jets[hardest])
        eta = ak.fill_none(np.arcsinh(axis.pz / np.hypot(axis.px, axis.py)), 0.0).to_numpy()
        phi = ak.fill_none(np.arctan2(axis.py, axis.px), 0.0).to_numpy()
        chosen &= _MATCHING[request.process](particles, eta, phi, recipe.radius)
        if request.process == "top":
            tops = top_momenta(particles, eta, phi, recipe.radius)
    kept = ak.flatten(constituents[hardest][chosen], axis=1)
    vectors, mask = _pad(kept, recipe)
    return Chunk(vectors, mask, tops[chosen], recipe.chunk_events)


def top_within(particles: Any, eta: Floats, phi: Floats, radius: float) -> npt.NDArray[np.bool_]:
    """Whether a top quark and its three decay quarks lie within ΔR of a jet axis, (N,) bool.

    particles  awkward record of N Pythia events (id, status, daughter1, daughter2, p)
    eta, phi   (N,) the jet axes

    Distances are in pseudorapidity and azimuth. Of the copies of the top quark in the record the last one, which
    decays, is taken.
    """
    record = _FlatRecord(particles)
    return record.within(*_tops(record), eta, phi, radius)


def top_momenta(particles: Any, eta: Floats, phi: Floats, radius: float) -> Floats:
    """The four-momentum (N, 4) in GeV of the top quark of `top_within`, zeros without one; arguments as there."""
    record = _FlatRecord(particles)
    top, quarks = _tops(record)
    rows = record.matched(top, quarks, eta, phi, radius)
    found = np.stack([record.momentum[axis][np.maximum(rows, 0)] for axis in ("e", "px", "py", "pz")], axis=1)
    return np.asarray(np.where(rows[:, None] >= 0, found, 0.0), dtype=np.float64)


def _tops(record: _FlatRecord) -> tuple[Rows, tuple[Rows, ...]]:
    """Rows of the top quarks that decay, and of the three quarks of each."""
    hard = np.flatnonzero((np.abs(record.id) == _TOP) & (record.status == -22))
    top = record.last_copy(hard)
    first, second = record.daughters(top)
    first_is_w = np.abs(record.id[first]) == _W
    boson = record.last_copy(np.where(first_is_w, first, second))
    return top, (np.where(first_is_w, second, first), *record.daughters(boson))


def w_within(particles: Any, eta: Floats, phi: Floats, radius: float) -> npt.NDArray[np.bool_]:
    """Whether a W boson and both its decay quarks lie within ΔR of a jet axis, (N,) bool; arguments as `top_within`."""
    record = _FlatRecord(particles)
    boson = record.last_copy(np.flatnonzero((np.abs(record.id) == _W) & (record.status == -22)))
    return record.within(boson, record.daughters(boson), eta, phi, radius)


def parton_within(particles: Any, eta: Floats, phi: Floats, radius: float) -> npt.NDArray[np.bool_]:
    """Whether a gluon or light quark (u, d, s) of the hard process lies within ΔR of a jet axis, (N,) bool."""
    record = _FlatRecord(particles)
    light = (record.id == _GLUON) | (np.abs(record.id) <= _STRANGE)
    return record.within(np.flatnonzero((record.status == -23) & light), (), eta, phi, radius)


_MATCHING = {"top": top_within, "w": w_within, "quark": parton_within, "gluon": parton_within}


class _FlatRecord:
    """Concatenated event records of Pythia, so that a daughter is found by one index."""

    def __init__(self, particles: Any) -> None:
        import awkward as ak

        counts = ak.num(particles.id, axis=1).to_numpy()
        self.event: Rows = np.repeat(np.arange(len(counts)), counts)
        self._start: Rows = (np.cumsum(counts) - counts)[self.event]
        self.id = ak.flatten(particles.id).to_numpy()
        self.status = ak.flatten(particles.status).to_numpy()
        self._daughters = tuple(ak.flatten(particles[name]).to_numpy() for name in ("daughter1", "daughter2"))
        self.momentum = {axis: ak.flatten(particles.p[axis]).to_numpy() for axis in ("e", "px", "py", "pz")}

    def daughters(self, rows: Rows) -> tuple[Rows, Rows]:
        """Rows of the first and the last daughter."""
        first, last = (self._start[rows] + daughter[rows] for daughter in self._daughters)
        return first, last

    def last_copy(self, rows: Rows) -> Rows:
        """The rows of the last copies of these particles, after recoil and radiation: the entries that decay."""
        while True:
            first, _ = self.daughters(rows)
            copied = self.id[first] == self.id[rows]
            if not copied.any():
                return rows
            rows = np.where(copied, first, rows)

    def within(
        self, hard: Rows, quarks: tuple[Rows, ...], eta: Floats, phi: Floats, radius: float
    ) -> npt.NDArray[np.bool_]:
        """Whether a hard particle of the event lies within ΔR of its jet axis with its quarks, (N,) bool."""
        return self.matched(hard, quarks, eta, phi, radius) >= 0

    def matched(self, hard: Rows, quarks: tuple[Rows, ...], eta: Floats, phi: Floats, radius: float) -> Rows:
        """The row of such a particle of each event, (N,); −1 without one."""
        event = self.event[hard]
        inside = np.ones(len(hard), dtype=bool)
        for row in (hard, *quarks):
            d_phi = np.remainder(self.phi(row) - phi[event] + np.pi, 2 * np.pi) - np.pi
            inside &= np.hypot(self.eta(row) - eta[event], d_phi) < radius
        for row in quarks:
            inside &= np.abs(self.id[row]) < _TOP
        rows = np.full(len(eta), -1, dtype=np.intp)
        rows[event[inside]] = hard[inside]
        return rows

    def eta(self, rows: Rows) -> Floats:
        px, py, pz = (self.momentum[axis][rows] for axis in ("px", "py", "pz"))
        return np.asarray(np.arcsinh(pz / np.hypot(px, py)))

    def phi(self, rows: Rows) -> Floats:
        return np.asarray(np.arctan2(self.momentum["py"][rows], self.momentum["px"][rows]))


def started(settings: tuple[str, ...]) -> Any:
    """Pythia with these settings; raises DataError for an unknown setting, and if it cannot start."""
    import pythia8mc

    pythia = pythia8mc.Pythia("", False)
    for line in settings:
        if not pythia.readString(line):
            raise DataError(f"Pythia does not know the setting {line!r}")
    if not pythia.init():
        raise DataError(f"Pythia could not be initialised with {'; '.join(settings)}")
    return pythia


def _pad(jets: Any, recipe: Recipe) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The leading constituents (n, P, 4) of ragged ones (n, var), and their mask (n, P)."""
    import awkward as ak

    pt = np.hypot(jets.px, jets.py)
    order = ak.argsort(pt, axis=1, ascending=False, stable=True)
    leading = ak.pad_none(jets[order], recipe.constituents, axis=1, clip=True)
    components = [ak.to_numpy(ak.fill_none(leading[c], 0.0), allow_missing=False) for c in ("E", "px", "py", "pz")]
    vectors = np.stack(components, axis=-1).astype(np.float64).reshape(-1, recipe.constituents, 4)
    if recipe.massless:
        vectors[..., 0] = np.linalg.norm(vectors[..., 1:], axis=-1)
    counts = np.minimum(ak.to_numpy(ak.num(jets, axis=1), allow_missing=False), recipe.constituents)
    return vectors, np.arange(recipe.constituents) < counts[:, None]


_banner_printed = False


def _print_fastjet_banner() -> None:
    """Let FastJet print its citation once, to standard error: standard output may be JSON for another program."""
    global _banner_printed
    if _banner_printed:
        return
    import fastjet._swig

    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        fastjet._swig.ClusterSequence.print_banner()
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    _banner_printed = True
