"""What `poincare-1` does: learn to pull points back to a trajectory, walk, and count the directions that stay empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from symbench.discovery.base import InvariantSample, Symmetry, TrajectorySample
from symbench.discovery.evaluate.dynamics import COUNT_ONLY
from symbench.discovery.shared.events_as_states import with_permuted
from symbench.discovery.shared.networks import minimise, new_functions
from symbench.metrics.conservation import FloatArray, frame_of

if TYPE_CHECKING:
    from symbench.discovery.poincare.method import Poincare1


def count(
    method: Poincare1, sample: TrajectorySample | InvariantSample, *, seed: int, budget: float, device: str
) -> Symmetry:
    """The number of quantities, by the manifolds of a few trajectories; tautologies of the whole sample not counted.

    Of events without a label: the directions in which events do not extend and those with permuted partners do.
    """
    dimension, events = sample.x.shape[2], isinstance(sample, InvariantSample)
    if isinstance(sample, InvariantSample):
        sample = with_permuted(method, sample, 1, seed)
    whole = frame_of(sample.x.reshape(-1, sample.x.shape[2]))
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.tensor(method.lengths).to(device)[:, None, None]
    spent = max(1, round(method.steps * budget))
    found: list[list[float]] = []
    of_points: list[FloatArray] = []
    ratios: list[FloatArray] = []
    for trajectory in sample.x if events else sample.x[: method.trajectories]:
        inside = whole.states(trajectory)
        frame = frame_of(inside)  # a linear quantity leaves a direction of no extent, gone already here
        z = torch.from_numpy(frame.states(inside)).float().to(device)
        walked = _walk(method, z, lengths, spent, generator, device)
        flat = whole.rank - frame.rank
        each = np.array([[_shares(cloud) for cloud in clouds] for clouds in walked])
        of_points.append(flat + _counts_of_points(each))
        shares = each.mean(axis=1)
        found.append([flat + float(_vanishing(w)) for w in shares])
        ratios.append(np.pad(shares, ((0, 0), (0, flat))))
    effective = np.array(found)
    chosen = np.concatenate(of_points)
    if events:
        effective = effective[:1] - effective[1:]
        chosen = of_points[0] - of_points[1]
    count = float(np.floor(np.median(effective) + 0.5))
    if method.counting == "points":
        values, times = np.unique(chosen, return_counts=True)
        count = float(values[np.argmax(times)])
    count = max(count, 0.0)
    return Symmetry(
        np.zeros((0, dimension, dimension)),
        np.zeros(0),
        steps=spent * len(found),
        arrays={"explained_ratios": np.array(ratios), "effective_counts": effective},
        scalars={
            COUNT_ONLY: count,
            "effective_count": float(np.median(effective)),
        },
    )


def _walk(
    method: Poincare1, z: torch.Tensor, lengths: torch.Tensor, steps: int, generator: torch.Generator, device: str
) -> FloatArray:
    """Where walkers get to from starting points on z (T, r): (lengths, starts, walkers, r)."""
    networks = new_functions(len(lengths), z.shape[1], method.width, 2, z.shape[1], generator, device)

    def pull(points: torch.Tensor) -> torch.Tensor:
        return points + networks(points)

    def push(points: torch.Tensor) -> torch.Tensor:
        return points + lengths * torch.randn(points.shape, generator=generator).to(device)

    def loss() -> torch.Tensor:
        rows = torch.randint(len(z), (method.batch_size,), generator=generator).to(device)
        clean = z[rows].expand(len(lengths), -1, -1)
        # Each network's own loss in units of its noise, so that none of them is trained less.
        return ((pull(push(clean)) - clean).square().mean(dim=(1, 2)) / lengths[:, 0, 0] ** 2).sum()

    minimise(networks.parameters, loss, steps=steps, rate=method.rate)
    starts = torch.linspace(0, len(z) - 1, method.starts).long().to(device)
    points = z[starts].repeat_interleave(method.walkers, dim=0).expand(len(lengths), -1, -1)
    with torch.no_grad():
        for _ in range(method.pulls):
            points = pull(push(points))
    shape = (len(lengths), len(starts), method.walkers, z.shape[1])
    return np.asarray(points.reshape(shape).double().cpu().numpy())


def _shares(cloud: FloatArray) -> FloatArray:
    """Principal standard deviations of points (walkers, r), falling, as shares of their sum."""
    values = np.linalg.svd(cloud - cloud.mean(axis=0), compute_uv=False)
    return np.asarray(values / max(float(values.sum()), np.finfo(np.float64).tiny))


def _vanishing(shares: FloatArray) -> float:
    """n_eff = Σ cos(π s w / 2) over s w < 1."""
    scaled = len(shares) * shares
    return float(np.cos(np.pi / 2 * scaled[scaled < 1]).sum())


def _counts_of_points(shares: FloatArray) -> FloatArray:
    """The published count at each point, from shares of standard deviations (lengths, points, r).

    With shares w of the variance n_eff = Σ cos(π r w) over 2 r w < 1; the largest over lengths, rounded.
    """
    variance = shares**2 / np.sum(shares**2, axis=-1, keepdims=True)
    scaled = 2 * shares.shape[-1] * variance
    effective = np.where(scaled < 1, np.cos(np.pi / 2 * scaled), 0.0).sum(axis=-1)
    return np.asarray(np.rint(effective.max(axis=0)))
