"""Conserved quantities that a suite states: their values, gradients, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.integrate import solve_ivp

from symbench.data.orbits.stated import conserved, flow_defect, parse
from symbench.errors import DataError
from symbench.registry import find_discovery_method
from symbench.tasks.base import DataContext
from symbench.tasks.dynamics.trajectory_table import TrajectoryTable

ENERGY = {"p^2": 0.5, "cos(q)": -1.0}


def test_values_are_those_of_the_formula() -> None:
    x = np.random.default_rng(0).uniform(0.5, 2, size=(50, 3))
    a, b, c = x.T
    stated = {"a^2 * b": 3.0, "cos(a-b+c)*sqrt(c)": -1.0, "log(a)^2": 0.5, "exp(b) * a^-1": 2.0}
    expected = 3 * a**2 * b - np.cos(a - b + c) * np.sqrt(c) + 0.5 * np.log(a) ** 2 + 2 * np.exp(b) / a
    claim = conserved([parse(stated, ["a", "b", "c"]), parse({"a": 1.0}, ["a", "b", "c"])])
    assert claim.count == 2
    np.testing.assert_allclose(claim.values(x), np.stack([expected, a], axis=1), rtol=1e-13)


PRODUCTS = ("a", "b^3", "sin(a)", "cos(a-b)^2", "exp(b)*a^2", "sqrt(b)*log(a)", "a^-2*b")


@given(st.dictionaries(st.sampled_from(PRODUCTS), st.floats(0.1, 3), min_size=1))
def test_gradients_are_derivatives_of_the_values(terms: dict[str, float]) -> None:
    claim = conserved([parse(terms, ["a", "b"])])
    x, step = np.random.default_rng(1).uniform(0.5, 2, size=(20, 2)), 1e-6
    for column, direction in enumerate(np.eye(2)):
        slope = (claim.values(x + step * direction) - claim.values(x - step * direction)) / (2 * step)
        np.testing.assert_allclose(claim.gradients(x)[:, :, column], slope, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"z": 1.0}, "'z' in 'z' is no column of the state q, p"),
        ({"tan(q)": 1.0}, "unknown function 'tan'"),
        ({"q^0": 1.0}, "power 0"),
        ({"q**2": 1.0}, "is no factor"),
        ({"__import__('os')": 1.0}, "is no factor"),
        ({"q": float("nan")}, "coefficient of 'q' is nan"),
        ({}, "without terms"),
    ],
)
def test_what_is_no_sum_of_products_is_refused(terms: dict[str, float], reason: str) -> None:
    with pytest.raises(ValueError, match=reason.replace("(", r"\(")):
        parse(terms, ["q", "p"])


def pendulums(recordings: int = 8) -> pd.DataFrame:
    """Pendulums of different amplitudes, recorded at uneven times."""
    rng = np.random.default_rng(5)
    frames = []
    for number in range(recordings):
        t = np.cumsum(rng.uniform(0.06, 0.14, 90))
        start = [rng.uniform(0.5, 2.3), 0.0]
        orbit = solve_ivp(lambda _, x: [x[1], -np.sin(x[0])], (0, t[-1]), start, t_eval=t, rtol=1e-9, atol=1e-9)
        frames.append(pd.DataFrame({"run": number, "t": t, "q": orbit.y[0], "p": orbit.y[1]}))
    return pd.concat(frames)


def test_the_energy_of_recorded_pendulums_is_the_truth_that_a_claim_is_scored_by(tmp_path: Path) -> None:
    from symbench.data.splits import split
    from symbench.discovery.evaluate.run import run_discovery

    pendulums().to_csv(tmp_path / "a.csv", index=False)
    fields: dict[str, Any] = {"path": str(tmp_path / "a.csv"), "recording": ["run"], "time": "t", "state": ["q", "p"]}
    task = TrajectoryTable(steps=30, phase_space=True, known_truth={"energy": ENERGY}, **fields)
    sizes, data = task.sizes(), task.load(DataContext(tmp_path))
    assert task.conserved_names() == ("energy",)
    drawn = split(data, sizes, train_size=sizes.train, seed=0)
    outcome = run_discovery(find_discovery_method("truth")(), task, drawn, seed=0, budget=1, device="cpu")
    assert outcome.notes["truth"] == "energy"
    assert outcome.metrics["count_error"] == 0
    assert outcome.metrics["recall"] > 0.99
    assert outcome.metrics["drift_max"] < 1e-5, "along orbits that another program integrated"
    nothing = run_discovery(find_discovery_method("truth")(), TrajectoryTable(steps=30, known_truth="none", **fields),
                            drawn, seed=0, budget=1, device="cpu")  # fmt: skip
    assert nothing.metrics["count"] == 0
    wrong = TrajectoryTable(steps=30, known_truth={"energy": {"p^2": 0.5, "q^4": 1.0}}, **fields)
    with pytest.raises(DataError, match="'energy' changes along the recorded trajectories: its relative defect"):
        wrong.sizes()
    for stated in ({"energy": {"v^2": 0.5}}, {}):
        with pytest.raises(ValidationError):
            TrajectoryTable(known_truth=stated, **fields)


def test_a_constant_function_has_no_defect_and_a_foreign_one_has() -> None:
    x = np.random.default_rng(2).normal(size=(4000, 2))
    velocity = np.stack([x[:, 1], -np.sin(x[:, 0])], axis=1)
    right, wrong = parse(ENERGY, ["q", "p"]), parse({"q": 1.0}, ["q", "p"])
    defects = flow_defect(conserved([right, wrong]), x, velocity)
    assert defects[0] < 1e-25
    assert defects[1] > 0.3
