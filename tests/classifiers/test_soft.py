"""`soft` and `loss-invariant`: the plain network at weight 0, more invariance with a weight, and discoveries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from symbench.algebra.bases import so
from symbench.classifiers.augmented import GROUPS, Augmented
from symbench.classifiers.base import Classifier
from symbench.classifiers.loss_invariant import LossInvariant
from symbench.classifiers.particlenet import ParticleNet
from symbench.classifiers.pfn import ParticleFlow
from symbench.classifiers.soft import Soft
from symbench.classifiers.training.jets import Jets
from symbench.classifiers.training.loop import Training, train
from symbench.classifiers.training.penalty import Penalised, Penalty
from symbench.testing import check_component
from symbench.trial.checkpoints import TrialCheckpoints
from symbench.trial.reference import From, filled
from tests.classifiers.jets import toy_split

SHORT = {"epochs": 2, "min_steps": 0, "batch_size": 20}
SPLIT = toy_split()
KINDS = pytest.mark.parametrize("kind", [Soft, LossInvariant])


def run(classifier: Classifier, **options: Any) -> Training:
    return train(classifier, SPLIT.train, SPLIT.validation, seed=1, budget=1.0, device="cpu", **options)


@KINDS
def test_a_weight_of_zero_is_the_plain_network_to_the_bit(kind: type[Any]) -> None:
    plain = run(ParticleNet(**SHORT))
    found = run(kind(classifier="particlenet", params=SHORT, weight=0))
    assert found.train_loss.tolist() == plain.train_loss.tolist()
    assert found.validation_loss.tolist() == plain.validation_loss.tolist()
    state = found.module.state_dict()
    assert all(torch.equal(value, state[key]) for key, value in plain.module.state_dict().items())


@KINDS
def test_a_weight_makes_the_network_more_invariant(kind: type[Any]) -> None:
    jets = Jets.of(SPLIT.test, "cpu")
    penalty = Penalty(torch.from_numpy(GROUPS["lorentz"]()), 1.0, "derivative")
    moves = penalty.draw(len(jets), torch.Generator().manual_seed(0))
    broken = []
    for weight in (0.0, 1.0):
        module = run(kind(classifier="pfn", params={**SHORT, "epochs": 12}, weight=weight)).module
        output, change = Penalised(module, penalty)(jets.p, jets.mask, None, moves)
        broken.append(float(penalty.size(change.detach(), 1.0).mean() / output.detach().var()))
    assert broken[1] < 0.5 * broken[0]


@KINDS
def test_a_resumed_training_draws_what_it_would_have_drawn(kind: type[Any], tmp_path: Path) -> None:
    classifier = kind(params=SHORT)
    whole = run(classifier)

    class Stops(TrialCheckpoints):
        def save(self, checkpoint: bytes) -> None:
            super().save(checkpoint)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run(classifier, checkpoints=Stops(tmp_path, 0.0))
    resumed = run(classifier, checkpoints=TrialCheckpoints(tmp_path, 0.0))
    assert resumed.train_loss.tolist() == whole.train_loss.tolist()
    assert whole.train_loss.tolist() != run(ParticleFlow(**SHORT)).train_loss.tolist()


def test_a_defect_outweighs_a_generator() -> None:
    """Weights are squares of lengths: an even defect changes nothing, ten times the defect gives a hundredth."""
    names = GROUPS["lorentz"]()
    even = Soft(symmetry="lorentz", defects=(0.02,) * 6).penalty(2)
    np.testing.assert_allclose(even.generators.numpy(), names)
    uneven = Soft(symmetry=(7 * names).tolist(), defects=(0.01,) * 5 + (0.1,)).penalty(2)
    np.testing.assert_allclose(uneven.generators[:5].numpy(), names[:5])
    np.testing.assert_allclose(uneven.generators[5].numpy(), 0.1 * names[5])


@KINDS
def test_the_sum_over_generators_does_not_depend_on_their_basis(kind: type[Any]) -> None:
    rng = np.random.default_rng(0)
    mixed = np.einsum("kl,lij->kij", rng.normal(size=(6, 6)), so(1, 3))
    found, true = (kind(symmetry=s).penalty(2).generators.flatten(1) for s in (mixed.tolist(), "lorentz"))
    torch.testing.assert_close(found.T @ found, true.T @ true)
    assert (kind(symmetry="lorentz").penalty(2).form == "finite") is (kind is LossInvariant)


@KINDS
def test_another_entrys_result_is_the_symmetry(kind: type[Any]) -> None:
    waiting = kind(symmetry=From.model_validate({"from": "liegan"}))
    given = kind(**filled(waiting.parameters(), 3 * so(1, 3)))
    assert len(given.penalty(2).generators) == 6
    for classifier in (given, kind(), kind(classifier="lorentznet", params={"size": "small"})):
        check_component(classifier)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"symmetry": "lorenz"}, "did you mean 'lorentz'"),
        ({"classifier": "augmented"}, "an augmented classifier cannot be penalised"),
        ({"classifier": "loss-invariant"}, "a penalised classifier cannot be penalised again"),
        ({"classifier": "liegnn", "params": {"symmetry": {"from": "x"}}}, "only `symmetry` can"),
        ({"weight": -1}, "greater than or equal to 0"),
        ({"defects": [0.0]}, "greater than 0"),
        ({"defects": [0.1, 0.1]}, "2 defects for 6 generators"),
    ],
)
def test_mistakes_are_told(given: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Soft.model_validate(given)
    assert says in str(raised.value)


def test_it_cannot_be_augmented() -> None:
    with pytest.raises(ValidationError, match="a penalised classifier cannot be augmented"):
        Augmented(classifier="soft")
