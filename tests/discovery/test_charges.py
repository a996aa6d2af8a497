"""`charges`: additive charges of reactions, and the charges that PDG ids state."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from symbench.data.decays_recipe import charge
from symbench.data.samples import InvariantSample
from symbench.data.splits import split
from symbench.discovery.charges.method import Charges
from symbench.discovery.evaluate.run import run_discovery
from symbench.tasks.base import DataContext
from symbench.tasks.invariant.decay_charges import DecayCharges
from symbench.testing.samples import reactions


def test_the_charge_of_a_table_of_reactions_is_found() -> None:
    claim = Charges().fit(reactions(), seed=0, budget=1.0)
    (found,) = claim.arrays["charges"]
    np.testing.assert_array_equal(np.abs(found), [3, 2, 1, 1])


def test_random_reactions_have_none() -> None:
    x = np.random.default_rng(0).integers(-1, 2, size=(400, 2, 5)).astype(float)
    assert not len(Charges().fit(InvariantSample(x, "reactions"), seed=0, budget=0.2).confidence)


@pytest.mark.parametrize(
    ("species", "name", "value"),
    [
        (211, "electric charge", 1), (321, "strangeness", 1), (311, "strangeness", 1), (411, "charm", 1),
        (421, "electric charge", 0), (431, "strangeness", 1), (511, "beauty", 1), (521, "electric charge", 1),
        (2224, "electric charge", 2), (2112, "baryon number", 1), (3122, "strangeness", -1), (3312, "strangeness", -2),
        (4122, "charm", 1), (15, "tau number", 1), (16, "electric charge", 0), (13, "electric charge", -1),
    ],
)  # fmt: skip
def test_charges_are_those_of_the_particle_data_group(species: int, name: str, value: int) -> None:
    assert charge(name, species) == Fraction(value)


@pytest.mark.slow
@pytest.mark.parametrize("interactions", ["all", "strong"])
def test_the_known_charges_hold_in_every_reaction_and_are_found(interactions: str, tmp_path: Path) -> None:
    pytest.importorskip("pythia8mc")
    task = DecayCharges(interactions=interactions)
    data = task.load(DataContext(tmp_path))
    truth = task.invariants()
    assert truth is not None
    states = np.asarray(data.vectors, dtype=np.float64).reshape(len(data), -1)
    assert np.abs(truth.values(states)).max() < 1e-9
    outcome = run_discovery(
        Charges(), task, split(data, task.sizes(), train_size=4_000, seed=0), seed=0, budget=1.0, device="cpu"
    )
    assert outcome.metrics["recall"] > 0.95
    assert abs(outcome.metrics["count_error"]) <= 1
