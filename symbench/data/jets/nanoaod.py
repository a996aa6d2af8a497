"""Jets with constituents in NanoAOD and PFNano, where indices link jets to the particles of their event.

Two spellings are in use: `PFCand_*` with `FatJetPFCand_{pfCandIdx,jetIdx}` (NanoAOD v15), and `PFCands_*` with
`FatJetPFCands_{pFCandsIdx,jetIdx}` (PFNano); jets are `FatJet` (AK8) and `Jet` (AK4).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from symbench.data.blocks import EventBlock, Floats, from_ragged
from symbench.data.container import content_ids
from symbench.data.jets.root import Tree, flat, ragged
from symbench.data.tables.tally import Tally
from symbench.errors import DataError

Algorithm = Literal["ak8", "ak4"]

COLLECTIONS: dict[Algorithm, str] = {"ak8": "FatJet", "ak4": "Jet"}
EVENT = ("run", "luminosityBlock", "event")
_SPELLINGS = (("PFCand", "pfCandIdx"), ("PFCands", "pFCandsIdx"))


@dataclass(frozen=True)
class NanoRequest:
    """The selection: the hardest jet of each event with |η| and pT (GeV) in these ranges, so that an event is one jet.

    puppi     weight the constituents by `…_puppiWeight`, as CMS does for its AK8 jets; None does so for AK8 jets if
              the file has weights
    massless  set energies to |p|
    label     a branch with one number a jet (`FatJet_hadronFlavour`) or an event; None if the file is of one class
    weight    a branch with one weight an event (`genWeight`) or a jet
    """

    algorithm: Algorithm
    constituents: int
    pt_min: float = 0.0
    pt_max: float = float("inf")
    eta_max: float = float("inf")
    puppi: bool | None = None
    massless: bool = False
    identification: bool = False
    label: str | None = None
    weight: str | None = None


@dataclass(frozen=True)
class _Names:
    """The branch names of a file, in one of the two spellings."""

    particles: str
    link: str
    particle_index: str
    jet: str

    @property
    def indices(self) -> tuple[str, str]:
        return f"{self.link}_{self.particle_index}", f"{self.link}_jetIdx"


def read_nano(tree: Tree, request: NanoRequest, tally: Tally) -> Any:
    """Blocks of jets of an open `Events` tree, each with the values of the label's branch, or None.

    Events without a jet that passes, and jets without constituents, are counted. Raises DataError for a file without
    constituents, or with indices out of range.
    """
    names = _names(tree, request.algorithm)
    if request.puppi is None:
        weights = f"{names.particles}_puppiWeight" in tree.branches
        request = replace(request, puppi=weights and request.algorithm == "ak8")
    link = names.indices
    wanted = [f"{names.particles}_{c}" for c in ("pt", "eta", "phi", "mass")]
    optional = [f"{names.particles}_pdgId"] if request.identification else []
    optional += [f"{names.particles}_puppiWeight"] if request.puppi else []
    jets = [f"{names.jet}_{c}" for c in ("pt", "eta")]
    others = [name for name in (request.label, request.weight) if name is not None]
    for arrays in tree.blocks(list(dict.fromkeys([*EVENT, *wanted, *optional, *link, *jets, *others]))):
        yield _block(tree.path, arrays, request, names, [*wanted, *optional], jets, tally)


def _names(tree: Tree, algorithm: Algorithm) -> _Names:
    jet = COLLECTIONS[algorithm]
    for particles, index in _SPELLINGS:
        names = _Names(particles, f"{jet}{particles}", index, jet)
        if names.indices[0] in tree.branches:
            return names
    tried = " or ".join(f"{jet}{particles}_{index}" for particles, index in _SPELLINGS)
    raise DataError(f"{tree.path}: no branch {tried}: a NanoAOD file without the constituents of {jet}")


def _block(
    path: Path,
    arrays: dict[str, Any],
    request: NanoRequest,
    names: _Names,
    particle: list[str],
    jet: list[str],
    tally: Tally,
) -> tuple[EventBlock, npt.NDArray[Any] | None]:
    jets_in, jets = ragged(path, {name: arrays[name] for name in jet})
    particles_in, columns = ragged(path, {name: arrays[name] for name in particle})
    links_in, links = ragged(path, {name: arrays[name] for name in names.indices})
    chosen = _hardest(jets_in, jets, names.jet, request)
    # the jet and the particle of each link, counted over all events of the block
    event = np.repeat(np.arange(len(links_in)), links_in)
    at_jet = _global(path, names.indices[1], links[names.indices[1]], event, jets_in)
    at_particle = _global(path, names.indices[0], links[names.indices[0]], event, particles_in)
    place = np.full(len(jets[jet[0]]), -1)
    place[chosen] = np.arange(len(chosen))
    ours = (at_jet >= 0) & (at_particle >= 0)
    ours[ours] = place[at_jet[ours]] >= 0
    order = np.argsort(place[at_jet[ours]], kind="stable")
    counts = np.bincount(place[at_jet[ours]], minlength=len(chosen))
    taken = {name.removeprefix(f"{names.particles}_"): c[at_particle[ours]][order] for name, c in columns.items()}
    block = _jets(taken, counts, arrays, np.repeat(np.arange(len(jets_in)), jets_in)[chosen], path, request)
    real = np.asarray(block.mask.any(axis=1))
    tally.add(len(jets_in) - len(chosen), "events without a jet in the ranges of pT and η left out")
    tally.add(int((~real).sum()), "jets without constituents left out")
    block = block.take(real)
    if request.weight is not None:
        weight = _of_jets(path, arrays, request.weight, chosen, jets_in, real).astype(np.float64)
        if not np.isfinite(weight).all():
            raise DataError(f"{path}: weight {request.weight!r} is not finite in {(~np.isfinite(weight)).sum():,} jets")
        block = replace(block, weight=weight)
    label = None if request.label is None else _of_jets(path, arrays, request.label, chosen, jets_in, real)
    return block, label


def _jets(
    taken: dict[str, npt.NDArray[Any]],
    counts: npt.NDArray[np.int64],
    arrays: dict[str, Any],
    event: npt.NDArray[np.int64],
    path: Path,
    request: NanoRequest,
) -> EventBlock:
    from symbench.data.blocks import four_momenta
    from symbench.data.jets.particle_id import identify

    weight = taken["puppiWeight"].astype(np.float64) if request.puppi else np.ones(len(taken["pt"]))
    mass: Floats | float = 0.0 if request.massless else taken["mass"]
    momentum = [weight * c for c in four_momenta(taken["pt"], taken["eta"], taken["phi"], mass)]
    kept = momentum[0] > 0
    counts = np.bincount(np.repeat(np.arange(len(counts)), counts)[kept], minlength=len(counts))
    columns = [c[kept] for c in momentum]
    if request.identification:
        columns += list(identify(taken["pdgId"][kept]).T)
    padded, mask = from_ragged(counts, columns, request.constituents)
    identity = [flat(path, name, arrays[name])[event].astype("<i8") for name in EVENT]
    features = padded[..., 4:].astype(np.float32) if request.identification else None
    zeros = np.zeros(len(padded), dtype=np.int64)
    return EventBlock(padded[..., :4], mask, zeros, content_ids(*identity), features)


def _hardest(
    counts: npt.NDArray[np.int64], jets: dict[str, npt.NDArray[Any]], collection: str, request: NanoRequest
) -> npt.NDArray[np.intp]:
    """Rows, among the concatenated jets, of the hardest jet of each event that passes; other events are dropped."""
    pt, eta = jets[f"{collection}_pt"], jets[f"{collection}_eta"]
    passes = np.flatnonzero((pt >= request.pt_min) & (pt <= request.pt_max) & (np.abs(eta) <= request.eta_max))
    event = np.repeat(np.arange(len(counts)), counts)[passes]
    order = np.lexsort((-pt[passes], event))
    _, first = np.unique(event[order], return_index=True)
    return np.asarray(passes[order[first]])


def _global(
    path: Path, name: str, index: npt.NDArray[Any], event: npt.NDArray[np.intp], counts: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """An index within the event as an index into the concatenated array; −1, a particle that was not kept, stays."""
    index = index.astype(np.int64)
    if (wrong := index >= counts[event]).any() or (index < -1).any():
        row = int(np.flatnonzero(wrong | (index < -1))[0])
        raise DataError(f"{path}: {name!r} is {index[row]}, but the event has {counts[event[row]]} entries")
    return np.where(index < 0, -1, (np.cumsum(counts) - counts)[event] + index)


def _of_jets(
    path: Path,
    arrays: dict[str, Any],
    name: str,
    chosen: npt.NDArray[np.intp],
    jets_in: npt.NDArray[np.int64],
    real: npt.NDArray[np.bool_],
) -> npt.NDArray[Any]:
    """The values of a branch with one number an event, or a jet, of the chosen jets that have constituents."""
    if arrays[name].ndim == 1:
        return np.asarray(flat(path, name, arrays[name])[np.repeat(np.arange(len(jets_in)), jets_in)[chosen]][real])
    counts, columns = ragged(path, {name: arrays[name]})
    if not np.array_equal(counts, jets_in):
        raise DataError(f"{path}: {name!r} does not have one value for each jet")
    return np.asarray(columns[name][chosen][real])
