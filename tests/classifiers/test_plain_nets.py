"""What the classifiers without Lorentz invariance have in common: their contract, the symmetries they do have, size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from symbench.classifiers.base import Classifier
from symbench.classifiers.efn import EnergyFlow
from symbench.classifiers.mlp import HighLevelPerceptron
from symbench.classifiers.part import ParticleTransformer
from symbench.classifiers.particlenet import ParticleNet
from symbench.classifiers.pfn import ParticleFlow
from symbench.classifiers.training.distributed import Ranks
from symbench.classifiers.training.loop import train
from symbench.classifiers.transformer import Transformer
from symbench.testing import ConformanceError, check_classifier
from tests.classifiers.group import together
from tests.classifiers.jets import tensors, toy_jets, toy_split

KINEMATIC = [ParticleFlow(), EnergyFlow(), ParticleNet(), ParticleTransformer(), Transformer()]
BEAM_INVARIANT = [
    HighLevelPerceptron(),
    *(cls(features="beam-invariant") for cls in (EnergyFlow, ParticleNet, ParticleTransformer, Transformer)),
]
NEW = [HighLevelPerceptron, EnergyFlow, ParticleNet, ParticleTransformer, Transformer]

PARAMETERS = {
    # none published
    HighLevelPerceptron: {"tiny": 2_754, "small": 9_602, "paper": 35_586},
    # 82 k in arXiv:1902.09914, with the layers of arXiv:1810.05165
    EnergyFlow: {"tiny": 7_522, "small": 29_378, "paper": 82_358},
    # 366 k and 26 k (ParticleNet-Lite) in arXiv:1902.08570
    ParticleNet: {"tiny": 5_952, "small": 26_416, "paper": 366_160},
    # 2.14 M in arXiv:2202.03772, where 17 features and ten classes make 2,143,486
    ParticleTransformer: {"tiny": 44_510, "small": 290_662, "paper": 2_141_134},
    # 2.0 M: the transformer that arXiv:2505.20280 makes equivariant
    Transformer: {"tiny": 25_794, "small": 200_706, "paper": 1_984_258},
}


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Networks as small as these lose time to threads that wait for each other, most of all on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("classifier", KINEMATIC, ids=lambda c: c.name)
def test_rotations_about_the_beam_are_the_symmetry_of_standard_features(classifier: Classifier) -> None:
    check_classifier(classifier, invariant_under=["beam_rotation"])
    for operation in ("beam_boost", "rotation"):
        with pytest.raises(ConformanceError, match=f"{operation} changed the logits"):
            check_classifier(classifier, invariant_under=[operation])


@pytest.mark.parametrize("classifier", BEAM_INVARIANT, ids=lambda c: c.name)
def test_boosts_along_the_beam_are_one_more_of_beam_invariant_features(classifier: Classifier) -> None:
    check_classifier(classifier, invariant_under=["beam_rotation", "beam_boost"])
    with pytest.raises(ConformanceError, match="boost changed the logits"):
        check_classifier(classifier, invariant_under=["boost"])


@pytest.mark.parametrize("cls", NEW, ids=lambda c: c.name)
def test_parameters_of_every_size(cls: type[Classifier]) -> None:
    networks = {size: cls.model_validate({"size": size}).build() for size in PARAMETERS[cls]}
    found = {size: sum(p.numel() for p in network.parameters()) for size, network in networks.items()}
    assert found == PARAMETERS[cls]


@pytest.mark.parametrize("cls", NEW, ids=lambda c: c.name)
def test_it_learns(cls: type[Classifier]) -> None:
    split = toy_split(train=128, validation=64)
    short = cls(epochs=8, batch_size=16, min_steps=0, learning_rate=5e-3)
    found = train(short, split.train, split.validation, seed=0, budget=1.0, device="cpu")
    assert found.validation_loss.min() < 0.6  # chance is 0.69


@pytest.mark.parametrize("cls", NEW, ids=lambda c: c.name)
@pytest.mark.parametrize("jets", [0, 1])
def test_a_batch_may_be_empty_or_of_one_jet(cls: type[Classifier], jets: int) -> None:
    p, mask = tensors(toy_jets(2))
    net = cls().build().train()
    logits = net(p[:jets], mask[:jets])
    assert logits.shape == (jets, 2)
    logits.sum().backward()
    one = net(p[:1, :1], mask[:1, :1])  # a constituent has no neighbour, and a batch of it no variance
    assert one.isfinite().all()


class _ParticleNet(ParticleNet):
    def build(self, classes: int = 2) -> nn.Module:
        return super().build(classes).double()


class _ParT(ParticleTransformer):
    def build(self, classes: int = 2) -> nn.Module:
        return super().build(classes).double()


def _losses(ranks: Ranks) -> list[np.ndarray]:
    split = toy_split(61, 90)  # the last of four batches has one jet: the second rank has none of it
    recipes = [cls(epochs=3, min_steps=0, batch_size=20, dropout=0.1) for cls in (_ParticleNet, _ParT)]
    trained = [train(c, split.train, split.validation, seed=3, budget=1.0, device="cpu", ranks=ranks) for c in recipes]
    return [np.concatenate([run.train_loss, run.validation_loss]) for run in trained]


@pytest.mark.slow
def test_two_processes_train_as_one(tmp_path: Path) -> None:
    alone = _losses(Ranks())
    for rank in together(2, _losses, tmp_path):
        for found, expected in zip(rank, alone, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-9)
