"""The search of `invariant-network`: networks without one fold each, judged by their spread on the fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from symbench.data.permuted import exchanged
from symbench.discovery.invariant_network.inputs import EventInputs
from symbench.discovery.invariant_network.training import train
from symbench.discovery.shared.concentration import shortest, spreads
from symbench.discovery.shared.networks import Functions

if TYPE_CHECKING:
    from symbench.discovery.invariant_network.method import InvariantNetwork

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

FEWEST = 100
"""Events to train a network with, at least."""

_AT_ONCE = 24  # networks that are trained at once
_REACH = 3.0  # half widths of the core at which a peak ends, as in `casimir`


@dataclass(frozen=True)
class Sample:
    """Events, a reference, and for each fold the events that its next network is about.

    x, other      (N, P, d) and (M, P, d), their inputs (N, r) and (M, r)
    fold          (N,) and, of the events that were exchanged, (M,)
    here, there   (folds, N) and (folds, M): the events in the peaks of the functions before
    """

    x: FloatArray
    other: FloatArray
    inputs: EventInputs
    fold: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
    here: BoolArray
    there: BoolArray

    @classmethod
    def drawn(cls, method: InvariantNetwork, x: FloatArray, rng: np.random.Generator) -> Sample:
        """Of events x (N, P, d)."""
        other = exchanged(x, rng, method.candidates, method.references)
        fold = rng.permutation(len(x)) % method.folds
        whole = np.ones((method.folds, len(x)), dtype=np.bool_), np.ones((method.folds, len(other)), dtype=np.bool_)
        inputs = EventInputs.of(x, method.vector_coordinates, method.products)
        return cls(x, other, inputs, (fold, np.tile(fold, method.references)), *whole)

    def of_fold(self, m: int, held_out: bool) -> tuple[FloatArray, FloatArray]:
        """Inputs of the events of fold m or of all others, and of these with exchanged partners."""
        here = self.here[m] & ((self.fold[0] == m) == held_out)
        there = self.there[m] & ((self.fold[1] == m) == held_out)
        return self.inputs(self.x[here]), self.inputs(self.other[there])

    def within(self, networks: Sequence[Functions], core: float) -> Sample:
        """The events in the peak of the network of each fold."""
        here, there = self.here.copy(), self.there.copy()
        values = self.inputs(self.x), self.inputs(self.other)
        for m, network in enumerate(networks):
            inside, outside = (evaluated(network, each) for each in values)
            low, high = (float(end[0]) for end in shortest(inside[here[m]], core))
            reach = _REACH * (high - low) / 2
            here[m] &= np.abs(inside[:, 0] - (low + high) / 2) < reach
            there[m] &= np.abs(outside[:, 0] - (low + high) / 2) < reach
        return replace(self, here=here, there=there)

    @property
    def fewest(self) -> int:
        """The smallest number of events, or of the reference, that a network is trained with."""
        inside = [np.sum(self.here[m] & (self.fold[0] != m)) for m in range(len(self.here))]
        outside = [np.sum(self.there[m] & (self.fold[1] != m)) for m in range(len(self.here))]
        return int(min([*inside, *outside]))


def evaluated(network: Functions, inputs: FloatArray) -> FloatArray:
    """Values (N, k) of k networks at inputs (N, r)."""
    with torch.no_grad():
        return np.asarray(network(torch.from_numpy(inputs))[..., 0].T.numpy())


def searched(
    method: InvariantNetwork, wanted: Sequence[tuple[Sample, int]], steps: int, generator: torch.Generator
) -> tuple[list[Functions], FloatArray]:
    """For each of the samples with a fold, the network without the fold, and its spread (n,) on the fold itself."""
    found: list[Functions] = []
    for start in range(0, len(wanted), _AT_ONCE):
        pairs = [sample.of_fold(m, held_out=False) for sample, m in wanted[start : start + _AT_ONCE]]
        networks = train(method, _stacked([a for a, _ in pairs]), _stacked([b for _, b in pairs]), steps, generator)
        found += [networks.chosen([i]) for i in range(len(pairs))]
    measured = []
    for (sample, m), network in zip(wanted, found, strict=True):
        here, there = (evaluated(network, each) for each in sample.of_fold(m, held_out=True))
        measured.append(float(spreads(here, there, method.core)[0]) if min(len(here), len(there)) > 1 else 1.0)
    return found, np.array(measured)


def _stacked(inputs: Sequence[FloatArray]) -> torch.Tensor:
    """(n, N, r) float32 of inputs of different numbers of events, of which N is the smallest."""
    fewest = min(len(each) for each in inputs)
    return torch.from_numpy(np.stack([each[:fewest] for each in inputs])).float()
