"""What `liegan-incremental` does: train a channel beside those kept, choose a start, test, go on or stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from symbench.algebra.metric import invariant_metric
from symbench.discovery.base import DistributionSample, FunctionSample, Symmetry
from symbench.discovery.liegan.fit import Events, events_of, new_step, run_epoch
from symbench.discovery.shared.two_sample import Verdict, along, halves, judge, observed, unit_displacement

if TYPE_CHECKING:
    from symbench.discovery.liegan_incremental.method import IncrementalLieGan

FloatArray = npt.NDArray[np.float64]

_FEWEST = 8  # events; fewer leave nothing to train or to test with


def fit(
    method: IncrementalLieGan, sample: FunctionSample | DistributionSample, *, seed: int, budget: float, device: str
) -> Symmetry:
    """Train and test channel by channel, until one fails; if no channel passes, the method abstains.

    The arrays hold the AUC of every channel that was tested, and its bound.
    """
    n, _, d = sample.x.shape
    if n < _FEWEST:
        return Symmetry(np.zeros((0, d, d)), np.zeros(0))
    rng = np.random.Generator(np.random.PCG64([seed, 4]))
    fitted, held_out = halves(n, method.held_out, rng)
    everything = observed(sample)
    train, held = everything.take(fitted), everything.take(held_out)
    first, second = halves(len(fitted), 0.5, rng)
    events = events_of(sample)
    events = Events(events.x.to(device), events.y.to(device), events.classes, events.companions)
    events = events.take(torch.from_numpy(fitted).to(device))
    steps = max(1, round(method.steps * budget))
    random = torch.Generator().manual_seed(seed)
    test = {"margin": method.margin, "confidence": method.confidence}
    kept: list[FloatArray] = []
    verdicts: list[Verdict] = []
    spent = 0
    while len(kept) < min(method.max_channels, d * d - 1):
        best: tuple[float, FloatArray] | None = None
        for _ in range(method.starts):
            raw = _train(method, events, np.array(kept).reshape(-1, d, d), random, steps=steps, device=device)
            spent += steps
            channel = unit_displacement(raw, train.vectors)
            if channel is None:
                continue
            told = judge(along(channel), train.take(first), train.take(second), seed=seed, **test).auc
            if best is None or told < best[0]:
                best = told, channel
        if best is None:
            break
        verdict = judge(along(best[1]), train, held, seed=seed, **test)
        verdicts.append(verdict)
        if not verdict.passes:
            break
        kept.append(best[1])
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
        scalars={"held_out_events": float(len(held_out))},
    )


def _train(
    method: IncrementalLieGan, events: Events, kept: FloatArray, random: torch.Generator, *, steps: int, device: str
) -> FloatArray:
    """One channel (d, d) from a new start and a new discriminator, orthogonal to those kept (k, d, d)."""
    step = new_step(method, events, 1, random, device=device)
    vectors = events.x.reshape(-1, events.x.shape[2])
    moment = vectors.T @ vectors / len(vectors)
    # Those kept, orthonormal in the inner product of the data and after rounding to float32.
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
    for one in basis:
        channel = channel - torch.sum(channel @ moment * one) * one
    return channel
