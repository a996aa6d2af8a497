"""A label counts up to a monotone map: methods that fit it find the same symmetry of M, M² and log M."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from symbench.algebra.bases import so
from symbench.algebra.subspace import overlap, second_moment
from symbench.discovery.base import DiscoveryMethod, FunctionSample
from symbench.discovery.nullspace.method import Nullspace
from symbench.discovery.oracle.method import Oracle
from symbench.discovery.polynomial.method import Polynomial
from symbench.discovery.quadratic.method import Quadratic
from tests.recorded import recorded_file


def recorded(names: list[str], vectors: int, events: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Four-momenta (N, P, 4) in GeV and masses (N,) of recorded events."""
    table = pd.concat([pd.read_csv(recorded_file(name)) for name in names])
    table.columns = table.columns.str.strip()
    table = table.drop_duplicates(["Run", "Event"])
    columns = [[f"{part}{i}" for part in ("E", "px", "py", "pz")] for i in range(1, vectors + 1)]
    x = np.stack([table[four].to_numpy(dtype=np.float64) for four in columns], axis=1)
    rows = np.random.Generator(np.random.PCG64(seed)).permutation(len(x))[:events]
    return x[rows], table.M.to_numpy(dtype=np.float64)[rows]


def expect_lorentz(method: DiscoveryMethod, x: np.ndarray, y: np.ndarray, seed: int = 0) -> dict[str, str]:
    found = method.fit(FunctionSample(x, y, "number"), seed=seed, budget=1.0)
    assert len(found.generators) == 6
    assert np.degrees(np.max(overlap(found.generators, so(1, 3), second_moment(x)).angles)) < 0.1
    return found.notes


@pytest.mark.parametrize("seed", [0, *(pytest.param(s, marks=pytest.mark.slow) for s in range(1, 5))])
@pytest.mark.parametrize("method", [Nullspace(), Oracle(), Quadratic(), Polynomial()], ids=lambda m: m.name)
def test_the_mass_of_recorded_pairs_and_its_square_have_one_symmetry(method: DiscoveryMethod, seed: int) -> None:
    """Muon pairs of 2010 from 2 to 109 GeV, 800 events, momenta in GeV and masses in MeV."""
    events = 800 if seed or method.name in ("nullspace", "quadratic") else 300
    x, mass = recorded(["MuRun2010B_0.csv"], 2, events, seed)
    assert expect_lorentz(method, x, 1e3 * mass, seed)["label_map"] == "square"
    if method.name == "quadratic" or seed:
        assert expect_lorentz(method, x, mass**2, seed)["label_map"] == "identity"


def test_six_generators_of_the_mass_of_four_leptons() -> None:
    """113 recorded events with four muons: a quadratic of the sum of the momenta, of ten coefficients."""
    x, mass = recorded(["4mu_2011.csv", "4mu_2012.csv"], 4, 1000, 0)
    assert len(x) < 120
    assert expect_lorentz(Nullspace(), x / 50, mass)["label_map"] == "square"


def test_a_narrow_window_has_the_symmetry_of_the_whole() -> None:
    """9.0 to 9.7 GeV, 400 events: six generators, of M as of M², within which M varies by a few per cent."""
    x, mass = recorded(["peakdata3.csv"], 2, 400, 0)
    expect_lorentz(Nullspace(), x, mass)
    expect_lorentz(Nullspace(), 1e3 * x, mass**2)


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_powers_of_a_form_have_its_rotations(power: float) -> None:
    """‖x‖^(2p): the square root is mapped back, the square is fitted by a polynomial of degree 4."""
    x = np.random.Generator(np.random.PCG64(2)).standard_normal((120, 1, 3))
    sample = FunctionSample(x, np.sum(x**2, axis=(1, 2)) ** power, "number")
    for method in (Nullspace(), Polynomial()):
        found = replace(method.fit(sample, seed=0, budget=1.0), sample=sample)
        assert found.name == "so(3)"
        assert found.notes["label_map"] == ("square" if power < 1 else "identity")


@pytest.mark.parametrize("method", [Nullspace(), Oracle(), Quadratic(), Polynomial()], ids=lambda m: m.name)
def test_many_events_are_mapped_as_few_are(method: DiscoveryMethod) -> None:
    """‖x‖ of three components out of four: above 1,250 events fits are made from sums, of the square all the same."""
    x = np.random.Generator(np.random.PCG64(3)).standard_normal((1_400, 1, 4))
    found = method.fit(FunctionSample(x, np.sqrt(np.sum(x[..., :3] ** 2, axis=(1, 2))), "number"), seed=0, budget=1.0)
    assert found.notes["label_map"] == "square"
    assert len(found.generators) == 3
    assert found.scalars["ignored"] == 1
    np.testing.assert_allclose(found.generators + found.generators.transpose(0, 2, 1), 0, atol=0.1)


@pytest.mark.parametrize("method", [Quadratic(), Polynomial()], ids=lambda m: m.name)
@pytest.mark.parametrize("events", [1_250, 1_251])
def test_polynomials_fit_log_odds_to_few_events_and_to_many(method: DiscoveryMethod, events: int) -> None:
    rng = np.random.Generator(np.random.PCG64(4))
    x = rng.standard_normal((events, 1, 3))
    y = (np.sum(x**2, axis=(1, 2)) + rng.standard_normal(events) > 2.4).astype(np.int64)
    found = method.fit(FunctionSample(x, y, "class"), seed=0, budget=1.0)
    assert found.notes["label_map"] == "log-odds"


def test_noise_of_a_fifth_of_the_label_is_no_obstacle_at_1200_events() -> None:
    rng = np.random.Generator(np.random.PCG64(9))
    x = rng.standard_normal((1_200, 1, 3))
    form = np.sum(x**2, axis=(1, 2))
    found = Quadratic().fit(
        FunctionSample(x, form + 0.2 * form.std() * rng.standard_normal(1_200), "number"), seed=0, budget=1.0
    )
    assert np.degrees(np.max(overlap(found.generators, so(3)).angles)) < 3
    assert len(found.generators) == 3
