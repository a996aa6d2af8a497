"""PELICAN at its published size: ours against its maps written out one by one, in one run.

    python tests/benchmarks/pelican.py [--constituents 40] [--batch 16] [--rounds 3] [--json FILE]

Five blocks of 132 and 78 channels, no dropout; forward, loss and backward by turns, with the same weights, on one
thread; the ratio is of the medians over rounds, of processor time. Jets as for LorentzNet. Printed as well: the memory
that either takes above the data, and how large (B, C, 15, N, N) would be.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from symbench.classifiers.nets.pelican import Pelican
from tests.benchmarks.lorentznet import jets, memory
from tests.benchmarks.rounds import by_turns, keep
from tests.classifiers.transcription_pelican import forward

WIDTH, MESSAGE, BLOCKS = 132, 78, 5


def measure(constituents: int, batch: int, rounds: int) -> dict[str, Any]:
    p, mask = jets(constituents, batch)
    label = torch.arange(batch) % 2
    torch.manual_seed(0)
    net = Pelican(WIDTH, MESSAGE, BLOCKS, dropout=0.0).train()

    def ours() -> None:
        net.zero_grad(set_to_none=True)
        cross_entropy(net(p, mask), label).backward()

    def theirs() -> None:
        net.zero_grad(set_to_none=True)
        cross_entropy(forward(net, p, mask), label).backward()

    steps: dict[str, Callable[[], None]] = {"ours": ours, "theirs": theirs}
    medians = by_turns(steps, rounds)
    return {
        "constituents": constituents,
        **{f"{name} jets/s": batch / seconds for name, seconds in medians.items()},
        "ratio": medians["theirs"] / medians["ours"],
        **{f"{name} MiB": memory(run) for name, run in steps.items()},
        "all maps of one block MiB": batch * MESSAGE * 15 * (int(mask.sum(dim=1).max()) + 2) ** 2 * 4 / 2**20,
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--constituents", type=int, nargs="+", default=[40])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, default=None)
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)
    rows = [measure(constituents, chosen.batch, chosen.rounds) for constituents in chosen.constituents]
    for row in rows:
        print(f"PELICAN {WIDTH}/{MESSAGE} × {BLOCKS}, batch {chosen.batch}, training, one thread")
        for name, value in row.items():
            print(f"  {name:26s} {value:10.4g}")
    keep(rows, chosen.json)


if __name__ == "__main__":
    main()
