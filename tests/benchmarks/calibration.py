"""False certification and detection of the counting rules of `equation-symmetry` over 240 settings.

    python -m tests.benchmarks.calibration --samples 20

Ten systems, three numbers of states, four sizes of the noise and two coverages: the table of docs/calibration.md.
SymCert (2026) has 240 settings with 300 samples each, on systems of its own. `--first` is the seed of the first sample.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from pathlib import Path

import numpy as np

from symbench.algebra.subspace import overlap
from symbench.data.orbits.polynomial_systems import SYSTEMS
from symbench.data.splits import split
from symbench.discovery.equation_symmetry.method import EquationSymmetry
from symbench.metrics.discovery.detected import DETECTED
from symbench.tasks.base import DataContext
from symbench.tasks.dynamics.polynomial_flow import PolynomialFlow

SIZES, NOISES, COVERAGES = (50, 200, 800), (0.002, 0.01, 0.05, 0.2), (1.0, 0.5)
RULES = ("fixed", "eigengap", "rank", "split", "weyl", "ellipsoid", "held-out", "held-out in its domain")


def methods() -> dict[str, EquationSymmetry]:
    """Every rule on the whole box; the last states the range of its states as its domain."""
    of_box = {rule: EquationSymmetry(rule=rule, half_width=1.0) for rule in RULES[:-1]}
    return {**of_box, RULES[-1]: EquationSymmetry(rule="held-out")}


def measure(samples: range, limit_s: float) -> dict[str, dict[str, list[list[float]]]]:
    """For each setting and rule, the rows (false, detected) of its samples; detected is −1 without a symmetry."""
    started = time.monotonic()
    rows: dict[str, dict[str, list[list[float]]]] = {}
    for seed in samples:
        if time.monotonic() - started > limit_s:
            break
        for system, noise, coverage in itertools.product(SYSTEMS, NOISES, COVERAGES):
            task = PolynomialFlow(system=system, noise=noise, coverage=coverage, states=50 * max(SIZES))
            data, truth = task.load(DataContext(Path("unused"))), task.truth()
            for size in SIZES:
                train = split(data, task.sizes(), train_size=size, seed=seed).train
                setting = rows.setdefault(f"{system} {noise} {coverage} {size}", {})
                for name, method in methods().items():
                    claim = method.fit(task.sample(train), seed=seed, budget=1.0)
                    where = None if method.half_width else claim.domain
                    false = float(task.largest_defect(claim.generators, where) > task.tolerance)
                    found = float(overlap(claim.generators, truth).recall >= DETECTED) if len(truth) else -1.0
                    setting.setdefault(name, []).append([false, found])
    return rows


def table(rows: dict[str, dict[str, list[list[float]]]]) -> str:
    """Markdown: mean and worst share of false claims over settings, and mean share that finds the whole algebra."""
    lines = ["| rule | false, mean | false, worst | detection |", "| --- | --- | --- | --- |"]
    for name in RULES:
        false = [float(np.mean([row[0] for row in rules[name]])) for rules in rows.values()]
        found = [float(np.mean([row[1] for row in rules[name]])) for rules in rows.values() if rules[name][0][1] >= 0]
        lines.append(f"| {name} | {np.mean(false):.3f} | {max(false):.3f} | {np.mean(found):.3f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--limit-s", type=float, default=float("inf"))
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    rows = measure(range(arguments.first, arguments.first + arguments.samples), arguments.limit_s)
    if arguments.out:
        arguments.out.write_text(json.dumps(rows))
    print(table(rows))
    print(f"{len(rows)} settings, {len(next(iter(next(iter(rows.values())).values())))} samples each")


if __name__ == "__main__":
    main()
