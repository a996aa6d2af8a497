"""A training step of `emlp` against one of a dense perceptron of the same width, in one run.

    python tests/benchmarks/emlp.py [--batch 500] [--rounds 9] [--json FILE]

Three layers of 384 on the tasks of the paper, with both bilinear layers, forward, loss, backward and optimiser by turns
on one thread; the ratio is of the medians over rounds, of processor time. Printed as well: the first construction of
the basis, which a process makes once for each group.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from symbench.data.signature import Signature
from symbench.regressors.emlp import EquivariantMLP
from symbench.regressors.mlp import ComponentPerceptron
from symbench.tasks.regression.inertia import MomentOfInertia
from symbench.tasks.regression.lorentz_amplitude import LorentzAmplitude
from symbench.tasks.regression.o5 import O5Function
from tests.benchmarks.rounds import by_turns, keep

CELLS = (
    (O5Function(), "o", 2),
    (MomentOfInertia(), "o", 2),
    (MomentOfInertia(), "o", 3),
    (LorentzAmplitude(), "o13", 2),
)


def step(net: nn.Module, signature: Signature, batch: int) -> Callable[[], None]:
    """A training step on random events."""
    drawn = torch.Generator().manual_seed(0)
    x = torch.randn(batch, signature.vectors, signature.dimension, generator=drawn, dtype=torch.float64)
    scalars = torch.randn(batch, signature.vectors, signature.scalars, generator=drawn, dtype=torch.float64)
    mask = torch.ones(batch, signature.vectors, dtype=torch.bool)
    weights = list(net.parameters())
    optimiser = torch.optim.AdamW(weights, lr=1e-4, foreach=True)

    def run() -> None:
        optimiser.zero_grad(set_to_none=True)
        net(x, mask, scalars if signature.scalars else None).square().mean().backward()
        nn.utils.clip_grad_norm_(weights, 1.0, foreach=True)
        optimiser.step()

    return run


def measure(batch: int, rounds: int) -> list[dict[str, Any]]:
    rows = []
    for task, symmetry, rank in CELLS:
        signature = task.outputs()
        started = time.process_time()
        nets: dict[str, nn.Module] = {
            bilinear: EquivariantMLP(symmetry=symmetry, max_rank=rank, bilinear=bilinear).build(signature)
            for bilinear in ("invariant", "published")
        }
        basis = time.process_time() - started
        nets["mlp"] = ComponentPerceptron().build(signature)
        medians = by_turns({name: step(net, signature, batch) for name, net in nets.items()}, rounds)
        ratios = {f"{name} / mlp": medians[name] / medians["mlp"] for name in ("invariant", "published")}
        rows.append({"task": task.name, "rank": rank, "mlp ms": 1e3 * medians["mlp"], **ratios, "basis s": basis})
    return rows


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path, default=None)
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)
    rows = measure(chosen.batch, chosen.rounds)
    for row in rows:
        print(
            "  ".join(f"{name} {value:.3g}" if isinstance(value, float) else f"{value}" for name, value in row.items())
        )
    keep(rows, chosen.json)


if __name__ == "__main__":
    main()
