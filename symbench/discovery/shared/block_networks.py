"""Networks for many events: each is fitted to a block of them, and all events decide how their units are combined.

A full solve costs the cube of its events, so that each network is fitted to at most a thousand. Their mean has less
variance, but not less bias; the least-squares combination of their last hidden units has both (`fold_fits`). What is
fitted without a fold of the sample uses only networks that saw none of its events.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from symbench.discovery.shared.designs import BlockNetwork, NetworkDesign, input_scale
from symbench.discovery.shared.fold_fits import fit_folds, prepare
from symbench.discovery.shared.label_map import BETTER, MappedLabel
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

    @property
    def loss(self) -> float:
        """Mean squared error of held-out labels, of variance 1."""
        return float(np.mean((self.predictions - self.label.values) ** 2))


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

    sizes   root mean squares of the inputs of an event, of which the first network chooses

    The first network also leaves out the maps that it predicts much worse than others. Of the remaining ones that map
    is taken of which the combination of all networks leaves the smallest part of the held-out labels' variance. Ranks
    say less: with ten thousand events of arctan(q/2) they prefer normal scores, whose gradient is worse.
    """
    context = _Blocks(
        settings, inputs, fold, blocks_of(fold, seed), seed, max(1, round(settings.steps * budget)), device
    )
    size, contenders, spent = context.chosen(maps, sizes)
    best: BlockFits | None = None
    for label in contenders:
        found = context.fit(label, size)
        spent += found.steps
        if best is None or found.loss < BETTER * best.loss:
            best = found
    assert best is not None
    return replace(best, steps=spent)


@dataclass(frozen=True)
class _Blocks:
    """What all maps of a label have in common: inputs (N, P, q), folds and blocks, and the start of each network.

    first   the fits of the first network, by map and size
    """

    settings: NetworkSettings
    inputs: FloatArray
    fold: npt.NDArray[np.int64]
    blocks: list[FittingBlock]
    seed: int
    steps: int
    device: str
    first: dict[tuple[str, float], Fit] = field(default_factory=dict)

    def chosen(self, maps: Sequence[MappedLabel], sizes: Sequence[float]) -> tuple[float, list[MappedLabel], int]:
        """The size of the inputs, the maps that may be best, and the steps that this took."""
        fits = next(self._trials(maps))
        size = fits.best_size(maps[0], sizes)
        return size, fits.contenders(maps, size), fits.spent

    def fit(self, label: MappedLabel, size: float) -> BlockFits:
        """Networks of all blocks for this map, and their combination."""
        owners = [block for block in self.blocks for _ in range(self.settings.networks)]
        trials = self._trials([label])
        first = next(trials)
        before = first.spent
        fit = first.of(label, size)
        others = list(map_parts(_fitted, (label.name, label.classes, size), trials))
        spent = first.spent - before + sum(other.steps for other in others)
        scale = input_scale(size, self.inputs)
        networks = [
            BlockNetwork(fit.network, scale, block.seen, label.unit)
            for fit, block in zip([fit, *others], owners, strict=True)
        ]
        design, y = NetworkDesign(tuple(networks), self.device), label.values
        found = fit_folds(prepare(design, self.inputs, y, self.fold), self.inputs, y, self.fold, binary=label.classes)
        gradient, inputs = design.gradient(found.coefficients), self.inputs
        slopes = Slopes(lambda rows: gradient(inputs[rows]), (self.settings.folds, 1, *inputs.shape))
        return BlockFits(slopes, found.predictions, found.values, spent, label)

    def _trials(self, maps: Sequence[MappedLabel]) -> Iterator[TrialFits]:
        """The start of each network that is to be fitted, the same for all maps: every block has as many."""
        generator, first = torch.Generator().manual_seed(self.seed), True
        for block in self.blocks:
            rows = np.concatenate([block.fitted, block.stopping])
            scaled = input_scale(1.0, self.inputs) * self.inputs[rows].reshape(len(rows), -1)
            events = torch.from_numpy(scaled).to(self.device)
            labels = {mapped.name: torch.from_numpy(mapped.fitted[rows]).to(self.device) for mapped in maps}
            fitted, stopping = torch.arange(len(rows), device=self.device).split(
                [len(block.fitted), len(block.stopping)]
            )
            for _ in range(self.settings.networks):
                start = new_network(events.shape[1], self.settings.width, self.settings.depth, generator)
                start.layers[:] = [(weight.to(self.device), bias.to(self.device)) for weight, bias in start.layers]
                made, first = self.first if first else {}, False
                yield TrialFits(start, events, labels, fitted, stopping, self.steps, made)


def _fitted(shared: tuple[str, bool, float], fits: TrialFits) -> Fit:
    return fits.fit(*shared)
