"""`soft` and `loss-invariant` as regressors: equivariance with the target's representation, nothing at weight 0."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from symbench.classifiers.training.jets import Jets
from symbench.classifiers.training.loop import Training, train
from symbench.classifiers.training.penalty import Penalised
from symbench.data.signature import Signature
from symbench.data.splits import Split, split
from symbench.regressors.base import Regressor
from symbench.regressors.emlp import EquivariantMLP
from symbench.regressors.loss_invariant import LossInvariantRegressor
from symbench.regressors.mlp import ComponentPerceptron
from symbench.regressors.soft import SoftRegressor
from symbench.tasks.base import DataContext
from symbench.tasks.regression.inertia import MomentOfInertia
from symbench.testing import check_component

TASK = MomentOfInertia(events=400, validation_events=60, test_events=300)
SHORT = {"epochs": 30, "min_steps": 0, "batch_size": 50}
SMALL = {"width": 32, "layers": 2, **SHORT}
KINDS = pytest.mark.parametrize("kind", [SoftRegressor, LossInvariantRegressor])


@pytest.fixture(scope="module")
def parts() -> Split:
    return split(TASK.load(DataContext(Path())), TASK.sizes(), train_size=200, seed=0)


def run(regressor: Regressor, parts: Split) -> Training:
    return train(regressor, parts.train, parts.validation, outputs=TASK.outputs(), seed=1, budget=1.0, device="cpu")


@KINDS
def test_weights(kind: type[Any], parts: Split) -> None:
    """Zero: the plain network to the bit. One: less broken equivariance on test events."""
    plain = run(ComponentPerceptron(**SMALL), parts)
    events = Jets.of(parts.test, "cpu", TASK.outputs())
    penalty = SoftRegressor(params=SMALL).penalty(TASK.outputs())
    moves = penalty.draw(len(events), torch.Generator().manual_seed(0))
    broken = []
    for weight in (0.0, 1.0):
        found = run(kind(params=SMALL, weight=weight), parts)
        assert (found.train_loss.tolist() == plain.train_loss.tolist()) is (weight == 0.0)
        _, change = Penalised(found.module, penalty)(events.p, events.mask, events.features, moves)
        broken.append(float(penalty.size(change.detach(), 1.0).mean()))
    assert broken[1] < 0.5 * broken[0]


@KINDS
def test_an_equivariant_network_has_none(kind: type[Any], parts: Split) -> None:
    torch.manual_seed(0)
    signature = TASK.outputs()
    recipe = {"width": 32, "layers": 1, "products": 3}
    network = EquivariantMLP(**recipe).network(signature, parts.train).double()
    penalty = kind(regressor="emlp", params=recipe, symmetry="so").penalty(signature)
    events = Jets.of(parts.test, "cpu", signature)
    moves = penalty.draw(len(events), torch.Generator().manual_seed(0))
    output, change = Penalised(network, penalty)(events.p, events.mask, events.features, moves)
    assert float(change.detach().abs().max()) < 1e-10 * float(output.detach().abs().max())


def test_mistakes_are_told() -> None:
    for kind in (SoftRegressor, LossInvariantRegressor):
        check_component(kind())
        with pytest.raises(ValidationError, match="closed form"):
            kind(regressor="scalars", params={"fit": "least-squares"})
        assert "5" in (kind(symmetry="so13").refuses(Signature(1, 5)) or "")
    with pytest.raises(ValidationError, match="unknown regressor 'pfn'"):
        SoftRegressor(regressor="pfn")
