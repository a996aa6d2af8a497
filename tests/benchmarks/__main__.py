"""Every benchmark, one after the other: `make benchmarks`. Prints figures, asserts none."""

from __future__ import annotations

from tests.benchmarks import (
    batched_seeds,
    classifiers_speed,
    command_line,
    coverage,
    emlp,
    exponential,
    jet_files,
    liegan_quality,
    liegan_step,
    lorentznet,
    oracle,
    overhead,
    packages,
    pelican,
    readers,
    scale,
    throughput,
    top_tagging_symmetry,
)

for benchmark in (
    command_line,
    throughput,
    overhead,
    scale,
    exponential,
    liegan_step,
    lorentznet,
    pelican,
    emlp,
    packages,
    liegan_quality,
    oracle,
    batched_seeds,
    classifiers_speed,
    jet_files,
    readers,
    top_tagging_symmetry,
    coverage,
):
    print(f"== {benchmark.__name__.rsplit('.', 1)[-1]}", flush=True)
    benchmark.main()
