"""The oracle method's time to its published loss, beside a direct transcription of the published loop.

so(1,3) with six generators, 300 points, float64, one thread: Adam at 1e-3 on matrices and structure constants, the loss
summed over generators and pairs, against the minimiser of `symbench.discovery.oracle_fit`. Both stop at a loss of
TARGET above the floor that the finite ε sets.
"""

from __future__ import annotations

import time

import numpy as np
import torch

from symbench.algebra.defects import quadratic_forms
from symbench.discovery.oracle_fit import published_loss, smallest
from symbench.metrics.discovery import label_gradient

K, D, EPSILON, TARGET = 6, 4, 1e-3, 1e-3
MOST_STEPS = 6_000


def label(x: torch.Tensor) -> torch.Tensor:
    """x (N, P, 4) → xᵀηx."""
    return x[:, 0, 0] ** 2 - x[:, 0, 1:].square().sum(dim=1)


def transcription(x: torch.Tensor, seed: int) -> tuple[float, float, int]:
    """Seconds, loss and steps of the loop as published."""
    generator = torch.Generator().manual_seed(seed)
    w = torch.randn(K, D, D, generator=generator, dtype=torch.float64).mul_(0.5).requires_grad_()
    a = torch.randn(K * (K - 1) // 2, K, generator=generator, dtype=torch.float64).requires_grad_()
    optimiser = torch.optim.Adam([w, a], lr=1e-3)
    started = time.perf_counter()
    step = 0
    while step < MOST_STEPS:
        step += 1
        before = label(x)
        loss = torch.zeros((), dtype=torch.float64)
        pair = 0
        for i in range(K):
            moved = x + EPSILON * x @ w[i].T
            loss = loss + (label(moved) - before).square().mean() / EPSILON**2 + ((w[i] ** 2).sum() - 2) ** 2
            for j in range(i + 1, K):
                commutator = w[i] @ w[j] - w[j] @ w[i]
                for k in range(K):
                    commutator = commutator - a[pair, k] * w[k]
                loss = loss + (w[i] * w[j]).sum() ** 2 + (commutator**2).sum()
                pair += 1
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if loss.item() < TARGET:
            break
    return time.perf_counter() - started, loss.item(), step


def main() -> dict[str, float]:
    """Print both, and give the ratio of times."""
    torch.set_num_threads(1)
    points = np.random.default_rng(0).normal(size=(300, 1, D))
    started = time.perf_counter()
    form = quadratic_forms(label_gradient(label, points), points)[0]
    found = smallest(form, K, D, seed=0)
    ours = time.perf_counter() - started
    loss = published_loss(found.generators, found.structure_constants, label, points)
    theirs, reached, steps = transcription(torch.from_numpy(points), 0)
    print(f"transcription   {theirs:7.2f} s   loss {reached:.2g} after {steps} steps")
    print(f"symbench        {ours:7.2f} s   loss {loss:.2g} (three starts, {found.steps} steps)")
    print(f"ratio           {ours / theirs:7.4f}")
    return {"oracle_seconds_ratio": ours / theirs}


if __name__ == "__main__":
    main()
