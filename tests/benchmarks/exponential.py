"""Exponentials of batches of small matrices: ours against `torch.matrix_exp`, interleaved in one run.

    python tests/benchmarks/exponential.py [--rounds 5] [--json FILE]

One thread. Each cell times blocks of calls of either, ten milliseconds a block, by turns; the ratio (ours over theirs,
smaller is faster) is of the medians over rounds. `mixed` has one matrix of norm 20 in a batch of norm 0.5; elsewhere
all have the same size. Printed beside it: the largest relative difference from `torch.matrix_exp` in float64,
in units of rounding of the type.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import torch

from symbench.algebra.exponential import exponential

DIMENSIONS = (2, 3, 4, 5, 7, 10)
BATCHES = (1, 64, 1024)
NORMS: tuple[float | str, ...] = (0.5, 3.0, 20.0, "mixed")
TYPES = (torch.float32, torch.float64)
BLOCK = 0.01  # seconds

Function = Callable[[torch.Tensor], torch.Tensor]


def matrices(batch: int, d: int, norm: float | str, dtype: torch.dtype) -> torch.Tensor:
    """(batch, d, d) with that largest row sum of absolute values."""
    a = torch.randn(batch, d, d, generator=torch.Generator().manual_seed(d), dtype=torch.float64)
    a = a / a.abs().sum(-1).amax(-1)[:, None, None]
    if norm == "mixed":
        sizes = torch.full((batch, 1, 1), 0.5, dtype=torch.float64)
        sizes[0] = 20.0
        return (a * sizes).to(dtype)
    assert isinstance(norm, float)
    return (norm * a).to(dtype)


def forward(function: Function, a: torch.Tensor, g: torch.Tensor) -> None:
    function(a)


def both(function: Function, a: torch.Tensor, g: torch.Tensor) -> None:
    torch.autograd.grad(function(a), a, g)


def medians(task: Callable[..., None], a: torch.Tensor, rounds: int) -> tuple[float, float]:
    """Seconds a call of ours and of theirs."""
    random = torch.Generator().manual_seed(1)
    g = torch.randn(a.shape, generator=random, dtype=torch.float64).to(a.dtype)
    functions: tuple[Function, Function] = (exponential, torch.matrix_exp)
    repeats = []
    for function in functions:
        task(function, a, g)
        started = time.perf_counter()
        task(function, a, g)
        repeats.append(max(1, min(200, int(BLOCK / (time.perf_counter() - started)))))
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for function, repeat, taken in zip(functions, repeats, times, strict=True):
            started = time.perf_counter()
            for _ in range(repeat):
                task(function, a, g)
            taken.append((time.perf_counter() - started) / repeat)
    return statistics.median(times[0]), statistics.median(times[1])


def error(a: torch.Tensor) -> float:
    """The largest ‖e^A − reference‖/‖reference‖ over the batch, in units of rounding."""
    reference = torch.matrix_exp(a.double())
    difference = torch.linalg.matrix_norm(exponential(a).double() - reference) / torch.linalg.matrix_norm(reference)
    return float(difference.max()) / torch.finfo(a.dtype).eps


def measure(rounds: int) -> list[dict[str, Any]]:
    torch.set_num_threads(1)
    rows: list[dict[str, Any]] = []
    for dtype, d, batch, norm in product(TYPES, DIMENSIONS, BATCHES, NORMS):
        if norm == "mixed" and batch == 1:
            continue
        a = matrices(batch, d, norm, dtype)
        ours, theirs = medians(forward, a, rounds)
        ours_both, theirs_both = medians(both, a.clone().requires_grad_(), rounds)
        rows.append(
            {
                "type": str(dtype).removeprefix("torch."),
                "d": d,
                "batch": batch,
                "norm": norm,
                "forward_us": ours * 1e6,
                "forward_ratio": ours / theirs,
                "both_us": ours_both * 1e6,
                "both_ratio": ours_both / theirs_both,
                "error_eps": error(a),
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=None)
    arguments = parser.parse_args()
    rows = measure(arguments.rounds)
    print("type      d  batch  norm   forward   ratio   forward+backward   ratio   error/eps")
    for row in rows:
        print(
            f"{row['type']} {row['d']:3d} {row['batch']:6d} {row['norm']!s:>6s}"
            f" {row['forward_us']:7.0f} µs {row['forward_ratio']:6.2f}"
            f"  {row['both_us']:14.0f} µs {row['both_ratio']:6.2f} {row['error_eps']:10.1f}"
        )
    for key in ("forward_ratio", "both_ratio"):
        values = [row[key] for row in rows]
        worst = max(rows, key=lambda row: float(row[key]))
        print(
            f"{key}: geometric mean {statistics.geometric_mean(values):.2f}, worst {worst[key]:.2f} at "
            f"{worst['type']}, d = {worst['d']}, batch {worst['batch']}, norm {worst['norm']}"
        )
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
