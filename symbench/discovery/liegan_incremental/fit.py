"""How `liegan-incremental` proceeds: train a channel orthogonal to those kept, test it, continue or stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from symbench.algebra.metric import invariant_metric
from symbench.discovery.base import DistributionSample, FunctionSample, Symmetry
from symbench.discovery.liegan.fit import Events, events_of, new_step, run_epoch
from symbench.discovery.shared.two_sample import (
    FEWEST,
    Observed,
    Verdict,
    along,
    halves,
    judge,
    observed,
    unit_displacement,
)

if TYPE_CHECKING:
    from symbench.discovery.liegan_incremental.method import IncrementalLieGan

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SampleParts:
    """A sample in three parts.

    first, second   training events: trees are fitted to the first half and evaluated on the second to compare starts
    train           all training events
    held            events that no training uses, for the tests
    """

    first: Observed
    second: Observed
    train: Observed
    held: Observed


def fit(
    method: IncrementalLieGan, sample: FunctionSample | DistributionSample, *, seed: int, budget: float, device: str
) -> Symmetry:
    """Train and test channel by channel until one fails; abstain if the first fails.

    The array `two_sample_auc_held_out` holds the AUC of every channel that was tested, the spectrum its upper bound.
    """
    n, _, d = sample.x.shape
    if n < FEWEST:
        return Symmetry(np.zeros((0, d, d)), np.zeros(0))
    parts, events = _prepare(method, sample, seed, device)
    steps = max(1, round(method.steps * budget))
    random = torch.Generator().manual_seed(seed)
    kept: list[FloatArray] = []
    verdicts: list[Verdict] = []
    spent = 0
    while len(kept) < min(method.max_channels, d * d - 1):
        channel = _best_start(method, events, parts, np.array(kept).reshape(-1, d, d), random, seed, steps, device)
        spent += method.starts * steps
        if channel is None:
            break
        verdict = judge(
            along(channel), parts.train, parts.held, margin=method.margin, confidence=method.confidence, seed=seed
        )
        verdicts.append(verdict)
        if not verdict.passes:
            break
        kept.append(channel)
    generators = np.array(kept).reshape(-1, d, d)
    arrays = {"two_sample_auc_held_out": np.array([v.auc for v in verdicts])}
    if kept:
        arrays["metric_tensor"] = invariant_metric(generators)
    return Symmetry(
        generators=generators,
        confidence=np.array([v.confidence for v in verdicts[: len(kept)]]),
        spectrum=np.maximum.accumulate([v.upper for v in verdicts]) if verdicts else None,
        steps=spent,
        arrays=arrays,
        scalars={"held_out_events": float(len(parts.held.vectors))},
    )


def _prepare(
    method: IncrementalLieGan, sample: FunctionSample | DistributionSample, seed: int, device: str
) -> tuple[SampleParts, Events]:
    """The parts of a sample, and its training events as tensors on the device."""
    rng = np.random.Generator(np.random.PCG64([seed, 4]))
    fitted, held_out = halves(len(sample.x), method.held_out, rng)
    everything = observed(sample)
    train = everything.take(fitted)
    first, second = halves(len(fitted), 0.5, rng)
    events = events_of(sample, method.unit)
    events = Events(events.x.to(device), events.y.to(device), events.classes, events.companions)
    events = events.take(torch.from_numpy(fitted).to(device))
    return SampleParts(train.take(first), train.take(second), train, everything.take(held_out)), events


def _best_start(
    method: IncrementalLieGan,
    events: Events,
    parts: SampleParts,
    kept: FloatArray,
    random: torch.Generator,
    seed: int,
    steps: int,
    device: str,
) -> FloatArray | None:
    """Of several trained channels (d, d) the one with the lowest AUC on training events; None if all of them vanish."""
    best: FloatArray | None = None
    lowest = np.inf
    for _ in range(method.starts):
        channel = unit_displacement(
            _train(method, events, kept, random, steps=steps, device=device), parts.train.vectors
        )
        if channel is None:
            continue
        verdict = judge(
            along(channel), parts.first, parts.second, margin=method.margin, confidence=method.confidence, seed=seed
        )
        if best is None or verdict.auc < lowest:
            best, lowest = channel, verdict.auc
    return best


def _train(
    method: IncrementalLieGan, events: Events, kept: FloatArray, random: torch.Generator, *, steps: int, device: str
) -> FloatArray:
    """One channel (d, d) from a new start and a new discriminator, orthogonal to the kept ones (k, d, d)."""
    step = new_step(method, events, 1, random, device=device)
    vectors = events.x.reshape(-1, events.x.shape[2])
    moment = vectors.T @ vectors / len(vectors)
    # The kept channels, orthonormal in the inner product of the data and after rounding to float32.
    basis: list[torch.Tensor] = []
    for channel in torch.from_numpy(kept).float().to(device):
        rest = _without(channel, basis, moment)
        basis.append(rest / torch.sum(rest @ moment * rest).sqrt())

    def project() -> None:
        step.generators[0].copy_(_without(step.generators[0], basis, moment))

    project()
    done = 0
    while done < steps:
        done += run_epoch(method, step, events, random, most=steps - done, after=project)[1]
    return np.asarray(step.generators[0].cpu().double().numpy())


def _without(channel: torch.Tensor, basis: list[torch.Tensor], moment: torch.Tensor) -> torch.Tensor:
    """The part of a channel (d, d) that is orthogonal to an orthonormal basis."""
    for unit in basis:
        channel = channel - torch.sum(channel @ moment * unit) * unit
    return channel
