"""Momenta in the unit of the training sample: scores depend neither on the unit of the data nor on the frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from symbench import registry
from symbench.classifiers.lorentznet import LorentzNet
from symbench.classifiers.nets.standardised import PAIR_MASS, Standardised, momentum_scale
from symbench.classifiers.training.jets import Jets
from symbench.classifiers.training.loop import train
from symbench.data.container import Dataset
from tests.classifiers.jets import toy_split

registry.load_builtin()
NAMES = sorted(name for name, cls in registry.CLASSIFIERS.items() if cls.__module__.startswith("symbench."))
SHORT = {"epochs": 1, "min_steps": 0, "batch_size": 20}


def in_unit(data: Dataset, factor: float) -> Dataset:
    return replace(data, vectors=data.vectors * factor)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_jets_in_every_unit_score_alike(name: str) -> None:
    split = toy_split(train=40, validation=20, test=20)
    losses, logits = [], []
    for factor in (1.0, 2.0**-10, 2.0**10):  # powers of two leave every digit: rounding of the input plays no part
        recipe = registry.find_classifier(name)(**SHORT, momentum_unit="sample")
        trained = train(
            recipe, in_unit(split.train, factor), in_unit(split.validation, factor), seed=1, budget=1.0, device="cpu"
        )
        test = Jets.of(in_unit(split.test, factor), "cpu")
        with torch.no_grad():
            logits.append(trained.module(test.p, test.mask, test.features).numpy())
        losses.append(trained.validation_loss)
        assert trained.notes["momentum_unit"].endswith("of the data's unit")
    for other in range(1, 3):
        np.testing.assert_allclose(losses[other], losses[0], rtol=1e-6)
        np.testing.assert_allclose(logits[other], logits[0], rtol=1e-5, atol=1e-6)


def test_without_it_the_unit_matters_and_keys_stay() -> None:
    """The present results are those of GeV: the parameter is in the key only if it is not the default."""
    assert "momentum_unit" not in LorentzNet().parameters()
    assert LorentzNet(momentum_unit="sample").parameters()["momentum_unit"] == "sample"
    split = toy_split()
    losses = [
        train(
            LorentzNet(**SHORT), in_unit(split.train, f), in_unit(split.validation, f), seed=1, budget=1.0, device="cpu"
        ).validation_loss
        for f in (1.0, 2.0**-10)
    ]
    assert abs(losses[1] - losses[0]) > 1e-4


def test_the_scale_is_the_median_pair_mass_and_invariant() -> None:
    jets = Jets.of(toy_split().train, "cpu")
    scale = momentum_scale(jets.p, jets.mask)
    masses = []
    for p, mask in zip(jets.p[:1000].numpy(), jets.mask[:1000].numpy(), strict=True):
        real = p[mask][:16]
        for i in range(len(real)):
            total = real[i] + real[i + 1 :]
            masses.append(total[:, 0] ** 2 - (total[:, 1:] ** 2).sum(axis=1))
    squared = np.concatenate(masses)
    assert scale * PAIR_MASS == pytest.approx(np.sqrt(np.median(squared[squared > 0])), rel=0.01)
    eta = 1.3
    boost = torch.eye(4, dtype=torch.float64)
    boost[0, 0] = boost[3, 3] = np.cosh(eta)
    boost[0, 3] = boost[3, 0] = np.sinh(eta)
    assert momentum_scale(jets.p @ boost, jets.mask) == pytest.approx(scale, rel=1e-6)
    with pytest.raises(ValueError, match="no pair"):
        momentum_scale(torch.zeros(3, 4, 4), torch.ones(3, 4, dtype=torch.bool))


def test_attributes_of_the_network_are_found() -> None:
    network = LorentzNet().build()
    wrapped = Standardised(network, 3.0)
    assert torch.equal(wrapped.spurions, network.get_buffer("spurions"))
    assert getattr(wrapped, "fixed_shapes", None) == getattr(network, "fixed_shapes", None)
    assert set(wrapped.state_dict()) == {"momentum_scale", *(f"network.{name}" for name in network.state_dict())}
