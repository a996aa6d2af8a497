"""`invariant-network`: functions that are no quadratic form, their algebra, and nothing in permuted pairs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symbench.data.samples import InvariantSample
from symbench.data.splits import split
from symbench.discovery.evaluate.run import run_discovery
from symbench.discovery.invariant_network.inputs import EventInputs
from symbench.discovery.invariant_network.method import InvariantNetwork
from symbench.discovery.shared.networks import new_functions
from symbench.tasks.base import DataContext, InvariantTask
from symbench.tasks.invariant.pairs import PairsOpeningAngle, PairsRational, PairsSO22
from symbench.trial.result import Outcome

FAST = {"batch_size": 300, "most": 1, "references": 4, "steps": 100, "folds": 3}


def outcome_of(task: InvariantTask, train_size: int, folder: Path, seed: int = 0, **parameters: object) -> Outcome:
    events = split(task.load(DataContext(folder)), task.sizes(), train_size=train_size, seed=seed)
    return run_discovery(InvariantNetwork(**parameters), task, events, seed=seed, budget=1.0, device="cpu")


def test_a_trigonometric_function_is_found_and_explained(tmp_path: Path) -> None:
    found = outcome_of(PairsOpeningAngle(), 500, tmp_path, **FAST)
    assert found.metrics["functions_claimed"] == 1
    assert found.metrics["spread_max"] < 0.3 < found.metrics["spread_null"]
    assert found.metrics["explained_true"] > 0.7
    assert "generators_claimed" not in found.metrics


@pytest.mark.slow
def test_permuted_directions_are_abstained_on(tmp_path: Path) -> None:
    found = outcome_of(PairsOpeningAngle(partners="permuted"), 500, tmp_path, **FAST)
    assert found.metrics["functions_claimed"] == 0
    assert found.metrics["f1"] == 1


@pytest.mark.slow
def test_a_rational_function_and_a_form_have_their_algebras(tmp_path: Path) -> None:
    """One function and not two; the algebra of the form, which the network does not know to be one, is named."""
    rational = outcome_of(PairsRational(), 1500, tmp_path)
    assert rational.metrics["count"] == 1
    assert rational.metrics["explained_true"] > 0.7
    form = outcome_of(PairsSO22(), 1500, tmp_path)
    assert form.metrics["count"] == 1
    assert form.metrics["form_cosine"] > 0.99
    assert (rational.notes["algebra"], form.notes["algebra"]) == ("so(3)", "so(2,2)")


def test_too_few_events_are_said_to_be_too_few() -> None:
    x = np.random.default_rng(0).normal(size=(60, 2, 3))
    claim = InvariantNetwork().fit(InvariantSample(x), seed=0, budget=1.0)
    assert claim.scalars["too_few_events"] == 1
    assert claim.conserved is not None
    assert claim.conserved.count == 0


@pytest.mark.parametrize("coordinates", ["cartesian", "pt_eta_phi"])
@pytest.mark.parametrize("products", [False, True])
def test_gradients_of_networks_are_those_of_their_values(coordinates: str, products: bool) -> None:
    import torch

    x = np.random.default_rng(0).normal(size=(40, 2, 3))
    x[..., 0] = np.exp(x[..., 0])
    inputs = EventInputs.of(x, coordinates, products)
    network = new_functions(2, inputs(x).shape[1], 5, 1, 1, torch.Generator().manual_seed(0), "cpu").chosen([0, 1])
    _, gradients = inputs.value_and_gradient(network, x)
    for p in range(2):
        for i in range(3):
            step = np.zeros((2, 3))
            step[p, i] = 1e-6
            high, low = (inputs.value_and_gradient(network, x + s * step)[0] for s in (1, -1))
            np.testing.assert_allclose(gradients[:, :, p, i], (high - low) / 2e-6, rtol=2e-4, atol=1e-7)
