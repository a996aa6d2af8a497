"""Networks for many events: each is fitted to a block of them, and all events decide how their units are combined.

A full solve costs the cube of its events, so that each network is fitted to at most a thousand. Their mean has less
variance, but not less bias; the least-squares combination of their last hidden units has both (`fold_fits`). What is
fitted without a fold of the sample uses only networks that saw none of its events.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from symbench.discovery.shared.designs import BlockNetwork, NetworkDesign, input_scale
from symbench.discovery.shared.fold_fits import fit_folds, prepare
from symbench.discovery.shared.label_map import MappedLabel
from symbench.discovery.shared.slopes import Slopes
from symbench.discovery.shared.smooth_fit import Fit, new_network
from symbench.discovery.shared.trial_fits import TrialFits
from symbench.trial.parts import map_parts

FloatArray = npt.NDArray[np.float64]

MOST_AT_ONCE = 1_250
"""Events up to which each network is fitted to all that are not held out: a full solve of a thousand."""

_FITTED = 0.8  # share of a block that a network is fitted to; the others decide when to stop
_BLOCKS = 3  # largest number of blocks in each fold: more units cost their square and improve little


class NetworkSettings(Protocol):
    """The parameters of a method that decide its networks."""

    @property
    def width(self) -> int: ...
    @property
    def depth(self) -> int: ...
    @property
    def steps(self) -> int: ...
    @property
    def folds(self) -> int: ...
    @property
    def networks(self) -> int: ...


@dataclass(frozen=True)
class FittingBlock:
    """Rows of events of the folds in `seen`: to fit a network to, and to stop its fit by."""

    fitted: npt.NDArray[np.intp]
    stopping: npt.NDArray[np.intp]
    seen: frozenset[int]


@dataclass(frozen=True)
class BlockFits:
    """Functions without one fold each, their gradients at all events in the coordinates of the inputs, and the steps.

    predictions   (N,) of the labels of held-out events
    values        (N,) of the function there, of which the gradients are: log-odds for a label of two values
    label         after the map that was chosen
    """

    slopes: Slopes
    predictions: FloatArray
    values: FloatArray
    steps: int
    label: MappedLabel


def blocks_of(fold: npt.NDArray[np.int64], seed: int) -> list[FittingBlock]:
    """Blocks of at most MOST_AT_ONCE events, disjoint if the folds have as many, of as few folds as it takes.

    fold   (N,) the fold of each event, of equal numbers

    The block of fold m consists of events of the folds m, m + 1, …; at least one fold is in no block of fold m.
    """
    folds = int(fold.max()) + 1
    rng = np.random.Generator(np.random.PCG64([seed, 4]))
    members = [rng.permutation(np.flatnonzero(fold == m)) for m in range(folds)]
    each = min(len(rows) for rows in members)
    together = min(folds - 1, math.ceil(MOST_AT_ONCE / each))
    per_fold = min(max(round(each / MOST_AT_ONCE), 1), _BLOCKS) if together == 1 else 1
    most = min(MOST_AT_ONCE, each // per_fold) if together == 1 else MOST_AT_ONCE
    found = []
    for i in range(per_fold):
        for m in range(folds):
            seen = [(m + j) % folds for j in range(together)]
            pool = (
                members[m][i * most :] if together == 1 else rng.permutation(np.concatenate([members[j] for j in seen]))
            )
            rows = pool[:most]
            cut = round(_FITTED * len(rows))
            found.append(FittingBlock(rows[:cut], rows[cut:], frozenset(seen)))
    return found


def fit_blocks(
    settings: NetworkSettings,
    sizes: Sequence[float],
    inputs: FloatArray,
    maps: Sequence[MappedLabel],
    fold: npt.NDArray[np.int64],
    *,
    seed: int,
    budget: float,
    device: str,
) -> BlockFits:
    """Functions of whitened inputs (N, P, q), N > MOST_AT_ONCE, for the label after one of the maps.

    sizes   root mean squares of the inputs of an event, of which the first network chooses, as of the maps
    """
    generator = torch.Generator().manual_seed(seed)
    steps = max(1, round(settings.steps * budget))

    def prepared(block: FittingBlock, maps: Sequence[MappedLabel]) -> TrialFits:
        rows = np.concatenate([block.fitted, block.stopping])
        events = torch.from_numpy(input_scale(1.0, inputs) * inputs[rows].reshape(len(rows), -1)).to(device)
        labels = {mapped.name: torch.from_numpy(mapped.fitted[rows]).to(device) for mapped in maps}
        fitted, stopping = torch.arange(len(rows), device=device).split([len(block.fitted), len(block.stopping)])
        start = new_network(events.shape[1], settings.width, settings.depth, generator)
        start.layers[:] = [(weight.to(device), bias.to(device)) for weight, bias in start.layers]
        return TrialFits(start, events, labels, fitted, stopping, steps)

    owners = [block for block in blocks_of(fold, seed) for _ in range(settings.networks)]
    first = prepared(owners[0], maps)
    size, label = first.chosen(maps, sizes)
    others = map_parts(_fitted, (label.name, label.classes, size), (prepared(block, [label]) for block in owners[1:]))
    fits = [first.of(label, size), *others]
    spent = first.spent + sum(fit.steps for fit in fits[1:])
    scale = input_scale(size, inputs)
    networks = [
        BlockNetwork(fit.network, scale, block.seen, label.unit) for fit, block in zip(fits, owners, strict=True)
    ]
    design, y = NetworkDesign(tuple(networks), device), label.values
    found = fit_folds(prepare(design, inputs, y, fold), inputs, y, fold, binary=label.classes)
    gradient = design.gradient(found.coefficients)
    slopes = Slopes(lambda rows: gradient(inputs[rows]), (settings.folds, 1, *inputs.shape))
    return BlockFits(slopes, found.predictions, found.values, spent, label)


def _fitted(shared: tuple[str, bool, float], fits: TrialFits) -> Fit:
    return fits.fit(*shared)
