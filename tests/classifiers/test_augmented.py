"""`augmented`: jets are moved by the group and by nothing else, anew in each step, and repeatably."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn

from symbench.algebra.bases import minkowski, so
from symbench.classifiers.augmented import GROUPS, Augmented
from symbench.classifiers.base import Classifier
from symbench.classifiers.lorentznet import LorentzNet
from symbench.classifiers.pfn import ParticleFlow
from symbench.classifiers.training.jets import Jets
from symbench.classifiers.training.loop import train
from symbench.testing import check_component
from symbench.trial.checkpoints import TrialCheckpoints
from symbench.trial.reference import PLACEHOLDER, From, filled
from tests.classifiers.jets import toy_jets, toy_split

SHORT = {"epochs": 2, "min_steps": 0, "batch_size": 20}
METRIC = {**dict.fromkeys(GROUPS, minkowski(1, 3)), "so4": np.eye(4)}


def _moved(classifier: Classifier, jets: Jets, seed: int = 0) -> Jets:
    return classifier.augment(jets, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("group", sorted(GROUPS))
@pytest.mark.parametrize("distribution", ["normal", "uniform"])
def test_jets_are_moved_by_elements_of_the_group(group: str, distribution: str) -> None:
    jets = Jets.of(toy_jets(20), "cpu")
    classifier = Augmented(group=group, distribution=distribution, strength=0.3)
    moved = _moved(classifier, jets)
    assert torch.equal(moved.mask, jets.mask)
    assert torch.equal(moved.label, jets.label)
    metric = torch.tensor(METRIC[group])
    products = [jet.p @ metric @ jet.p.mT for jet in (jets, moved)]
    assert float((products[1] - products[0]).abs().max()) < 1e-9 * float(products[0].abs().max())
    change = (moved.p - jets.p).norm(dim=(1, 2)) / jets.p.norm(dim=(1, 2))
    assert bool((change > 1e-4).all())
    kept = {"rotation": [0], "beam": [], "beam-rotation": [0, 3], "beam-boost": [1, 2]}
    for component in kept.get(group, []):
        torch.testing.assert_close(moved.p[..., component], jets.p[..., component])


def test_the_strength_is_an_angle_or_a_rapidity() -> None:
    jets = Jets.of(toy_jets(400), "cpu")
    for basis, found in ((None, "beam-rotation"), (5.0 * GROUPS["beam-rotation"](), "given")):
        group = found if basis is None else basis.tolist()
        for distribution, spread in (("normal", 0.2), ("uniform", 0.2 / 3**0.5)):
            classifier = Augmented(group=group, distribution=distribution, strength=0.2)
            moved = _moved(classifier, jets)
            turned = [torch.atan2(p[:, 0, 2], p[:, 0, 1]) for p in (jets.p, moved.p)]
            angle = torch.remainder(turned[1] - turned[0] + torch.pi, 2 * torch.pi) - torch.pi
            assert float(angle.std()) == pytest.approx(spread, rel=0.15)
            assert abs(float(angle.mean())) < 0.05


def test_the_recipe_and_the_version_are_those_of_the_trained() -> None:
    trained = Augmented(classifier="lorentznet", params={"size": "tiny"})
    inner = trained.parameters()
    own = LorentzNet()
    assert {name: getattr(trained, name) for name in Classifier.model_fields} == {
        name: getattr(own, name) for name in Classifier.model_fields
    }
    assert inner["classifier_version"] == own.version
    assert inner["params"]["width"] is None, "defaults are written out: they decide the result"
    assert Augmented(classifier="lorentznet", epochs=3).epochs == 3
    for classifier in (trained, Augmented(), Augmented(group=so(1, 3).tolist())):
        check_component(classifier)
    state = Augmented().build().state_dict()
    assert state.keys() == ParticleFlow().build().state_dict().keys()


def test_training_sees_other_jets_in_each_step_and_repeats() -> None:
    split = toy_split()
    seen: list[torch.Tensor] = []

    class Watched(Augmented):
        def build(self, classes: int = 2) -> nn.Module:
            network = super().build(classes)
            network.register_forward_pre_hook(lambda m, args: seen.append(args[0].clone()) if m.training else None)
            return network

    classifier = Watched(**SHORT, strength=0.2)
    losses = []
    for seed in (1, 1, 2):
        seen.clear()
        found = train(classifier, split.train, split.validation, seed=seed, budget=1.0, device="cpu")
        losses.append(found.train_loss.tolist())
        assert len(seen) == found.steps == 10
        data = torch.tensor(split.train.vectors)
        nearest = torch.stack([(p[0] - data).abs().amax(dim=(1, 2)).min() for p in seen])
        assert bool((nearest > 1e-3).all()), "a jet came as it is"
    assert losses[0] == losses[1] != losses[2]
    plain = train(ParticleFlow(**SHORT), split.train, split.validation, seed=1, budget=1.0, device="cpu")
    assert plain.train_loss.tolist() != losses[0]


def test_a_training_that_goes_on_draws_what_it_would_have_drawn(tmp_path: Path) -> None:
    split = toy_split()
    classifier = Augmented(**SHORT)
    run = partial(train, classifier, split.train, split.validation, seed=1, budget=1.0, device="cpu")
    whole = run()

    class Stops(TrialCheckpoints):
        def save(self, checkpoint: bytes) -> None:
            super().save(checkpoint)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run(checkpoints=Stops(tmp_path, 0.0))
    resumed = run(checkpoints=TrialCheckpoints(tmp_path, 0.0))
    assert resumed.train_loss.tolist() == whole.train_loss.tolist()
    assert resumed.validation_loss.tolist() == whole.validation_loss.tolist()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"group": "lorenz"}, "did you mean 'lorentz'"),
        ({"classifier": "pnf"}, "did you mean 'pfn'"),
        ({"classifier": "augmented"}, "cannot be augmented again"),
        ({"classifier": "liegnn", "params": {"symmetry": {"from": "x"}}}, "only `group` can"),
        (
            {"classifier": "lorentznet", "params": {"size": "huge"}},
            "params of lorentznet: size: Input should be 'tiny'",
        ),
        ({"params": {"widht": 3}}, "params of pfn: widht: Extra inputs"),
        ({"classifier_version": "0"}, "the parameters are for version 0"),
    ],
)
def test_mistakes_are_told(given: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Augmented.model_validate(given)
    assert says in str(raised.value)


def test_another_entrys_result_is_the_group() -> None:
    waiting = Augmented(group=From.model_validate({"from": "liegan"}))
    assert waiting.parameters()["group"] == PLACEHOLDER
    given = Augmented(**filled(waiting.parameters(), 3 * so(1, 3)))
    generators = given.diagnostics().arrays["augmentation_generators"]
    np.testing.assert_allclose(np.linalg.norm(generators, axis=(1, 2)), 2**0.5)
    assert given.diagnostics().metrics["augmented_by"] == 6
