"""A regressor in a suite that builds in what a discovery entry of the same suite claimed."""

from __future__ import annotations

from pathlib import Path

import symbench as sb
from symbench.home import Home

SUITE = """
name: loop
seeds: 1
discovery:
  - {task: lorentz, train_sizes: [100], methods: [quadratic]}
  - {task: no-symmetry, train_sizes: [100], methods: [{name: quadratic, label: abstains}]}
regression:
  - task: {name: lorentz-amplitude, params: {events: 400, test_events: 100, validation_events: 40}}
    train_sizes: [30]
    methods:
      - &emlp
        name: emlp
        label: found
        params: &small {symmetry: {from: quadratic, task: lorentz}, width: 32, layers: 1, min_steps: 4, epochs: 1}
      - {<<: *emlp, label: wrong, params: {<<: *small, symmetry: o}}
      - {<<: *emlp, label: without, params: {<<: *small, symmetry: {from: abstains}}}
      - {name: scalars, label: least-squares, params: {symmetry: {from: quadratic, task: lorentz}, fit: least-squares}}
"""


def test_a_discovered_algebra_makes_regressors_equivariant(home: Home, tmp_path: Path) -> None:
    """The task's own group judges them: exact for the algebra that was found, and far from it for O(4)."""
    file = tmp_path / "loop.yaml"
    file.write_text(SUITE)
    results = sb.load_suite(file).run(home=home.root, executor="local", progress=False)
    trials = results.trials().set_index("method")
    assert trials.status["without"] == "skipped"
    assert "claims no symmetry" in trials.error["without"]
    error = trials.equivariance_float64
    assert error[["found", "least-squares"]].max() < 1e-10
    assert error["wrong"] > 0.1
