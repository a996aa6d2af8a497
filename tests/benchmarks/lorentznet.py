"""Training throughput of LorentzNet at its published size: ours against the authors' formulation, in one run.

    python tests/benchmarks/lorentznet.py [--constituents 40 100] [--rounds 5] [--json FILE]

Six layers of width 72, batch 64, dropout 0.2; forward, loss and backward by turns on one thread; the ratio is of the
medians over rounds, of processor time, which other work on the machine changes less. Their edge lists, masses and beams
are made beforehand, ours are part of the step. Jets have about as many constituents as top jets of 600 GeV, 55 ± 18, of
which the hardest are kept. Printed as well: the largest difference of logits and of gradients (relative to the largest)
of the faithful variant with the same weights in float64, and the memory that either takes above the data.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.profiler import ProfilerActivity, profile

from symbench.classifiers.nets.lorentznet import LorentzNet
from tests.benchmarks.rounds import by_turns, keep
from tests.classifiers.transcription import AuthorsLorentzNet, authors_inputs

BATCH, WIDTH, BLOCKS = 64, 72, 6
MULTIPLICITY, SPREAD, FEWEST = 55.0, 18.0, 10


def jets(constituents: int, batch: int = BATCH, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Four-momenta (B, P, 4) float64 in GeV, massless, by falling pT, and mask (B, P)."""
    rng = np.random.default_rng(seed)
    members = np.clip(rng.normal(MULTIPLICITY, SPREAD, batch).round(), FEWEST, constituents).astype(int)
    mask = np.arange(constituents) < members[:, None]
    pt = np.sort(rng.exponential(1.0, mask.shape) ** 2 * mask)[:, ::-1]
    pt = 600 * pt / pt.sum(axis=1, keepdims=True)
    eta = rng.uniform(-1, 1, (batch, 1)) + rng.normal(0, 0.25, mask.shape)
    phi = rng.uniform(-np.pi, np.pi, (batch, 1)) + rng.normal(0, 0.25, mask.shape)
    p = np.stack([pt * np.cosh(eta), pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=-1)
    return torch.tensor(p * mask[..., None]), torch.tensor(mask)


def memory(step: Callable[[], None]) -> float:
    """Peak MiB that the step allocates, from the profiler's record of allocations and releases."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        step()
    events = seen.profiler.kineto_results.events()
    memory = [event for event in events if event.name() == "[memory]"]
    return float(max(np.cumsum([event.nbytes() for event in sorted(memory, key=lambda e: e.start_ns())]))) / 2**20


def agreement(constituents: int) -> tuple[float, float]:
    """Largest differences of logits, and of gradients relative to the largest gradient, in float64."""
    torch.manual_seed(0)
    ours = LorentzNet(WIDTH, BLOCKS, dropout=0.0, faithful=True).double()
    theirs = AuthorsLorentzNet(WIDTH, BLOCKS, c_weight=5e-3, dropout=0.0).double()
    theirs.load_state_dict(ours.state_dict())
    p, mask = jets(constituents, batch=8)
    label = torch.arange(len(p)) % 2
    logits = ours(p, mask), theirs(*authors_inputs(p, mask))
    gradients = [
        torch.autograd.grad(cross_entropy(z, label), list(net.parameters()))
        for z, net in zip(logits, (ours, theirs), strict=True)
    ]
    scale = max(float(g.abs().max()) for g in gradients[1])
    differences = (float((a - b).abs().max()) for a, b in zip(*gradients, strict=True))
    return float((logits[0] - logits[1]).detach().abs().max()), max(differences) / scale


def measure(constituents: int, rounds: int) -> dict[str, Any]:
    p, mask = jets(constituents, BATCH)
    label = torch.arange(BATCH) % 2
    torch.manual_seed(0)
    ours = LorentzNet(WIDTH, BLOCKS).train()
    theirs = AuthorsLorentzNet(WIDTH, BLOCKS, c_weight=5e-3, dropout=0.2).train()
    theirs_inputs = authors_inputs(p.float(), mask)

    def step(network: torch.nn.Module, *inputs: Any) -> None:
        network.zero_grad(set_to_none=True)
        cross_entropy(network(*inputs), label).backward()

    steps: dict[str, Callable[[], None]] = {
        "theirs": lambda: step(theirs, *theirs_inputs),
        "ours": lambda: step(ours, p, mask),
    }
    medians = by_turns(steps, rounds)
    logits, gradients = agreement(constituents)
    return {
        "constituents": constituents,
        "nodes": float(mask.sum(dim=1).double().mean()) + 2,
        **{f"{name} jets/s": BATCH / seconds for name, seconds in medians.items()},
        **{f"{name} ratio": medians["theirs"] / seconds for name, seconds in medians.items() if name != "theirs"},
        **{f"{name} MiB": memory(run) for name, run in steps.items()},
        "difference of logits": logits,
        "difference of gradients": gradients,
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--constituents", type=int, nargs="+", default=[40, 100])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=None)
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)
    rows = [measure(constituents, chosen.rounds) for constituents in chosen.constituents]
    for row in rows:
        print(f"LorentzNet {BLOCKS} × {WIDTH}, batch {BATCH}, training, one thread")
        for name, value in row.items():
            print(f"  {name:26s} {value:10.4g}")
    keep(rows, chosen.json)


if __name__ == "__main__":
    main()
