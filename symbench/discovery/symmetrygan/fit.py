"""How `symmetrygan` proceeds: several starts, the best group element of them, and its logarithm."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from symbench.discovery.base import DistributionSample, Symmetry
from symbench.discovery.liegan.fit import events_of
from symbench.discovery.shared.two_sample import FEWEST, along, by, halves, judge, observed, unit_displacement
from symbench.discovery.symmetrygan.game import play
from symbench.discovery.symmetrygan.logarithm import logarithm

if TYPE_CHECKING:
    from symbench.discovery.symmetrygan.method import SymmetryGan

FloatArray = npt.NDArray[np.float64]


def fit(method: SymmetryGan, sample: DistributionSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Train from every start; the array `group_element` (d, d) is the element whose logarithm is tested.

    The logarithm is claimed if the one-parameter group that it generates passes the test.
    """
    n, _, d = sample.x.shape
    if n < FEWEST:
        return Symmetry(np.zeros((0, d, d)), np.zeros(0))
    rng = np.random.Generator(np.random.PCG64([seed, 5]))
    fitted, held_out = halves(n, method.held_out, rng)
    first, second = halves(len(fitted), 0.5, rng)
    everything = observed(sample)
    train, held = everything.take(fitted), everything.take(held_out)
    events = events_of(sample).take(torch.from_numpy(fitted))
    random = torch.Generator().manual_seed(seed)
    steps = max(1, round(method.steps * budget))
    test = {"margin": method.margin, "confidence": method.confidence}
    ends = [play(method, events, random, steps=steps, device=device) for _ in range(method.starts)]
    aucs = [judge(by(g), train.take(first), train.take(second), seed=seed, **test).auc for g in ends]
    best, lengths = _best_end(ends, aucs, train.vectors, method.nearest)
    scalars = {"displacement": lengths[best], "starts_away": float(sum(length >= method.nearest for length in lengths))}
    generators, confidence = np.zeros((0, d, d)), np.zeros(0)
    generator = logarithm(ends[best]) if lengths[best] >= method.nearest else None
    unit = None if generator is None else unit_displacement(generator, train.vectors)
    if unit is not None:
        verdict = judge(along(unit), train, held, seed=seed, **test)
        scalars["generator_auc"] = verdict.auc
        if verdict.passes:
            generators, confidence = unit[None], np.array([verdict.confidence])
    return Symmetry(
        generators,
        confidence,
        steps=steps * method.starts,
        arrays={"group_element": ends[best], "start_aucs": np.array(aucs)},
        scalars=scalars,
    )


def _best_end(
    ends: list[FloatArray], aucs: list[float], vectors: FloatArray, nearest: float
) -> tuple[int, list[float]]:
    """The index of the end with the lowest AUC among those away from the identity, or among all if none is.

    Also returns the displacement of each end.
    """
    lengths = [_displacement(end, vectors) for end in ends]
    order = [int(i) for i in np.argsort(aucs, kind="stable")]
    away = [i for i in order if lengths[i] >= nearest]
    return (away or order)[0], lengths


def _displacement(element: FloatArray, vectors: FloatArray) -> float:
    """RMS ‖Lx‖ over RMS ‖x‖ of L = log g; 0 if g has no real logarithm."""
    generator = logarithm(element)
    if generator is None:
        return 0.0
    return math.sqrt(float(np.mean((vectors @ generator.T) ** 2)) / float(np.mean(vectors**2)))
