"""The angle of a claim to the truth, its time and its memory against the number of events.

    python -m tests.benchmarks.many_events [--events 50 100 … 1000000] [--method nullspace] [--noise 0] [--width 128]
        [--seeds 1] [--recorded Zmumu_Run2011A_masses.csv] [--json FILE]

The toy label is arctan(xᵀηx/2) of four normal components, no polynomial, with truth so(1,3); with --recorded it is M of
muon pairs, in units of 50 GeV, from a file of CERN Open Data record 545 (at most 10,851 events). `nullspace` and
`oracle` fit networks only, so that it is their solver that is measured; `quadratic` and `polynomial` are given the
quadratic form itself. Angles are the largest principal ones, in degrees; "–" if the number of generators is not 6.
Seconds are those of the CPU, which other work on the machine lengthens less than those of the wall. Peak memory is
that of the process beyond what it needed before the fit; a fit of few events may reuse what an earlier one of many
left, so that each size needs a process of its own if memory is in question.

Measurements are in docs/discovery.md.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from symbench.algebra.bases import so
from symbench.algebra.subspace import overlap, second_moment
from symbench.discovery.base import DiscoveryMethod, FunctionSample
from symbench.discovery.nullspace.method import Nullspace
from symbench.discovery.oracle.method import Oracle
from symbench.discovery.polynomial.method import Polynomial
from symbench.discovery.quadratic.method import Quadratic

FloatArray = npt.NDArray[np.float64]

EVENTS = [50, 100, 200, 400, 1_000, 2_000, 5_000, 10_000, 100_000, 1_000_000]
POLYNOMIAL = ("quadratic", "polynomial")
METRIC = np.diag([1.0, -1.0, -1.0, -1.0])


def method_of(name: str, width: int) -> DiscoveryMethod:
    """The method, with networks of this width if it has any."""
    if name == "nullspace":
        return Nullspace(family="network", width=width)
    if name == "oracle":
        return Oracle(width=width)
    return Quadratic() if name == "quadratic" else Polynomial()


def toy(events: int, seed: int, *, quadratic: bool) -> tuple[FloatArray, FloatArray]:
    """Events (N, 1, 4) and labels (N,)."""
    x = np.random.default_rng(seed).standard_normal((events, 1, 4))
    form = np.einsum("npi,ij,npj->n", x, METRIC, x)
    return x, form if quadratic else np.arctan(form / 2)


def recorded(file: Path, events: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Events (N, 2, 4) in units of 50 GeV, with energies of the muon mass, and M (N,)."""
    table = np.genfromtxt(file, delimiter=",", names=True)
    momenta = np.stack([[table[f"p{axis}{muon}"] for axis in "xyz"] for muon in (1, 2)]).transpose(2, 0, 1)
    energies = np.sqrt(0.1056584**2 + np.sum(momenta**2, axis=2))
    x = np.concatenate([energies[..., None], momenta], axis=2)
    chosen = np.random.default_rng(seed).permutation(len(x))[:events]
    total = x[chosen].sum(axis=1)
    return x[chosen] / 50.0, np.sqrt(np.einsum("ni,ij,nj->n", total, METRIC, total))


def measure(method: DiscoveryMethod, x: FloatArray, y: FloatArray, noise: float, seed: int) -> dict[str, float]:
    """CPU seconds, the number of generators, the largest angle in degrees, the held-out loss and the peak in MB."""
    noisy = y + noise * y.std() * np.random.default_rng([seed, 1]).standard_normal(len(y))
    sample = FunctionSample(x=x, y=noisy, label_kind="number", label_function=None)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    found = method.fit(sample, seed=seed, budget=1.0)
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    angles = overlap(found.generators, so(1, 3), second_moment(x)).angles if len(found.generators) == 6 else [np.nan]
    return {
        "events": len(x),
        "seconds": seconds,
        "generators": len(found.generators),
        "angle": float(np.degrees(np.max(angles))),
        "loss": found.scalars.get("held_out_loss", float("nan")),
        "peak_mb": peak / 1024,
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=EVENTS)
    parser.add_argument("--method", choices=("nullspace", "oracle", *POLYNOMIAL), default="nullspace")
    parser.add_argument("--noise", type=float, default=0.0, help="of the label, in units of its spread")
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--recorded", type=Path, default=None, help="file of recorded muon pairs in place of the toy")
    parser.add_argument("--json", type=Path, default=None)
    asked = parser.parse_args(arguments if arguments is not None else [])
    torch.set_num_threads(1)
    method, rows = method_of(asked.method, asked.width), []
    print(f"{asked.method}, width {asked.width}, noise {asked.noise}, seeds {asked.seeds}; medians, worst angle")
    for events in asked.events:
        found = []
        for seed in range(asked.seeds):
            if asked.recorded is None:
                x, y = toy(events, seed, quadratic=asked.method in POLYNOMIAL)
            else:
                x, y = recorded(asked.recorded, events, seed)
            found.append(measure(method, x, y, asked.noise, seed))
        rows += found
        middle = {key: statistics.median(row[key] for row in found) for key in found[0]}
        generators = ", ".join(f"{row['generators']:.0f}" for row in found)
        angle = max(row["angle"] for row in found)  # NaN, an angle of no claim, is printed as –
        shown = "–" if any(np.isnan(row["angle"]) for row in found) else f"{angle:.4f}°"
        print(
            f"{middle['events']:>9,.0f} events {middle['seconds']:8.1f} s  generators {generators:8}"
            f"  angle {shown:>10}  loss {middle['loss']:.1e}  peak +{middle['peak_mb']:.0f} MB",
            flush=True,
        )
    if asked.json is not None:
        asked.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
