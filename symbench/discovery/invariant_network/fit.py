"""How `invariant-network` proceeds: functions one after another, their mean over folds, and their algebra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from symbench.algebra.label_spread import central_events
from symbench.data.permuted import exchanged, permuted
from symbench.data.samples import ConservedQuantities, no_quantities
from symbench.discovery.base import InvariantSample, Symmetry
from symbench.discovery.invariant_network.inputs import EventInputs
from symbench.discovery.invariant_network.search import FEWEST, Sample, searched
from symbench.discovery.shared.function_algebra import SpreadLimits, algebra_of, with_algebra
from symbench.discovery.shared.networks import Functions
from symbench.errors import IncompatibleError
from symbench.metrics.conservation import frame_of

if TYPE_CHECKING:
    from symbench.discovery.invariant_network.method import InvariantNetwork

FloatArray = npt.NDArray[np.float64]


def fit(method: InvariantNetwork, sample: InvariantSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Search functions, count them against permuted samples, and name their algebra; the budget scales the steps."""
    if sample.parts not in method.parts:
        raise IncompatibleError(f"invariant-network takes events of vectors, not of {sample.parts}")
    x, rng = sample.x, np.random.Generator(np.random.PCG64([seed, 9]))
    generator = torch.Generator().manual_seed(seed)
    steps = max(1, round(method.steps * budget))
    _, parts, d = x.shape
    nothing = Symmetry(np.zeros((0, d, d)), np.zeros(0), conserved=no_quantities(parts * d))
    events = Sample.drawn(method, x, rng)
    if events.fewest < FEWEST:
        return _with(nothing, {"too_few_events": 1.0})
    controls = [Sample.drawn(method, permuted(x, rng), rng) for _ in range(method.null_samples)]
    wanted = [(events, m) for m in range(method.folds)] + [(control, 0) for control in controls]
    networks, measured = searched(method, wanted, steps, generator)
    of_events, null = measured[: method.folds], np.sort(measured[method.folds :])
    cut = min(method.bound, float(np.quantile(null, method.level, method="lower")))
    stages, tried, of_folds = [networks[: method.folds]], [float(np.median(of_events))], [of_events]
    trained = len(wanted)
    inside = events
    while tried[-1] < cut and len(tried) < method.most:
        inside = inside.within(stages[-1], method.core)
        if inside.fewest < FEWEST:
            break
        found, more = searched(method, [(inside, m) for m in range(method.folds)], steps, generator)
        stages, tried, of_folds = [*stages, found], [*tried, float(np.median(more))], [*of_folds, more]
        trained += method.folds
    k = sum(spread < cut for spread in tried)
    scalars = {"too_few_events": 0.0, "null_quantile": cut}
    arrays = {"null_spreads": null, "bound": np.array([cut])}
    evidence = Symmetry(
        np.zeros((0, d, d)),
        np.array([(1 + np.sum(null > s)) / (2 + len(null)) for s in sorted(tried[:k])]),
        steps=steps * trained,
        spectrum=np.array(sorted(tried[:k]) + tried[k:]),
        arrays=arrays,
        scalars=scalars,
        conserved=nothing.conserved,
    )
    if not k:
        return evidence
    best = int(np.argmin(np.sum(of_folds[:k], axis=0)))
    shared = SharedFunctions.of(events, [[stage[m] for stage in stages[:k]] for m in range(method.folds)], best)
    near = exchanged(x, rng, method.candidates)
    evidence = _with(evidence, {"agreement": shared.agreement}, shared.quantities(parts, d))
    if sample.parts != "vectors":
        return evidence
    limits = SpreadLimits(method.symmetry_bound, method.confidence)
    values, (_, gradients) = shared.of_each_fold(near)[0], shared.of_each_fold(x)
    algebra = algebra_of(limits, x, events.fold[0], values, gradients, method.library)
    return with_algebra(evidence, algebra)


def _with(symmetry: Symmetry, scalars: dict[str, float], conserved: ConservedQuantities | None = None) -> Symmetry:
    conserved = symmetry.conserved if conserved is None else conserved
    return replace(symmetry, scalars={**symmetry.scalars, **scalars}, conserved=conserved)


@dataclass(frozen=True)
class SharedFunctions:
    """The functions of all folds, each a linear map of its k networks, fitted to those of one fold.

    maps       (folds, k, k) and offsets (folds, k): networks of a fold to functions
    agreement  mean share of the gradients that these maps explain, at the events in the domain
    """

    inputs: EventInputs
    networks: tuple[Functions, ...]
    maps: FloatArray
    offsets: FloatArray
    agreement: float

    @classmethod
    def of(cls, sample: Sample, networks: Sequence[Sequence[Functions]], best: int) -> SharedFunctions:
        """From the k networks of each fold; the functions are those of fold `best`, 0 at the median event.

        Functions are fitted by their gradients at the central events, each event counting alike: their values far from
        the events are not determined.
        """
        joined = [_joined(each) for each in networks]
        x = sample.x[central_events(sample.x)]
        frame = frame_of(x.reshape(len(x), -1))
        pairs = [sample.inputs.value_and_gradient(each, x) for each in joined]
        rows = [frame.gradients(g.reshape(len(x), g.shape[1], -1)) for _, g in pairs]  # (n, k, r) of each fold
        target = rows[best] / np.sqrt(np.mean(np.sum(rows[best] ** 2, axis=2), axis=0))[:, None]
        lengths = np.sum(target**2, axis=(1, 2))
        weights = 1 / np.sqrt(lengths + np.median(lengths))
        maps, offsets, explained = [], [], []
        wanted = (target * weights[:, None, None]).transpose(0, 2, 1).reshape(-1, target.shape[1])
        for (values, _), gradients in zip(pairs, rows, strict=True):
            given = (gradients * weights[:, None, None]).transpose(0, 2, 1).reshape(wanted.shape)
            solved = np.linalg.lstsq(given, wanted, rcond=None)[0]
            maps.append(solved)
            offsets.append(-np.median(values @ solved, axis=0))
            explained.append(1 - np.sum((wanted - given @ solved) ** 2) / np.sum(wanted**2))
        agreement = float(np.mean([share for m, share in enumerate(explained) if m != best]))
        return cls(sample.inputs, tuple(joined), np.array(maps), np.array(offsets), agreement)

    def of_each_fold(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values (folds, N, k) and gradients (folds, N, k, P, d) at events x (N, P, d)."""
        pairs = [self.inputs.value_and_gradient(network, x) for network in self.networks]
        values = [v @ a + b for (v, _), a, b in zip(pairs, self.maps, self.offsets, strict=True)]
        gradients = [np.einsum("nkpd,kj->njpd", g, a) for (_, g), a in zip(pairs, self.maps, strict=True)]
        return np.array(values), np.array(gradients)

    def quantities(self, parts: int, d: int) -> ConservedQuantities:
        """The means over folds, as functions of events in one row."""

        def mean(states: FloatArray) -> tuple[FloatArray, FloatArray]:
            values, gradients = self.of_each_fold(states.reshape(-1, parts, d))
            return values.mean(axis=0), gradients.mean(axis=0).reshape(len(states), -1, parts * d)

        return ConservedQuantities(self.maps.shape[2], lambda x: mean(x)[0], lambda x: mean(x)[1])


def _joined(networks: Sequence[Functions]) -> Functions:
    """Several networks of the same shape as one."""
    weights = zip(*(each.weights for each in networks), strict=True)
    biases = zip(*(each.biases for each in networks), strict=True)
    return Functions([torch.cat(w) for w in weights], [torch.cat(b) for b in biases])
