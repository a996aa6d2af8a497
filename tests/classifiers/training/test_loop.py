"""The shared training loop: repeatable to the bit, honest about its best epoch, and free of side effects."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from symbench.classifiers.base import Classifier
from symbench.classifiers.lorentznet import LorentzNet
from symbench.classifiers.pfn import ParticleFlow
from symbench.classifiers.training.jets import Jets
from symbench.classifiers.training.loop import _mean_loss, learning_rate, patience_of, planned_epochs, train
from symbench.data.splits import Split
from tests.classifiers.jets import toy_split

SHORT = {"epochs": 3, "min_steps": 0, "batch_size": 20}
BOTH = [ParticleFlow(**SHORT), LorentzNet(**SHORT, width=8, blocks=2)]


@pytest.fixture(scope="module")
def split() -> Split:
    return toy_split()


def state(module: nn.Module) -> bytes:
    return b"".join(t.detach().numpy().tobytes() for t in module.state_dict().values())


@pytest.mark.parametrize("classifier", BOTH, ids=lambda c: c.name)
def test_a_run_repeats_to_the_bit_and_seeds_differ(classifier: Classifier, split: Split) -> None:
    before = torch.random.get_rng_state()
    first, again, other = (
        train(classifier, split.train, split.validation, seed=seed, budget=1.0, device="cpu") for seed in (1, 1, 2)
    )
    assert state(first.module) == state(again.module)
    np.testing.assert_array_equal(first.train_loss, again.train_loss)
    np.testing.assert_array_equal(first.validation_loss, again.validation_loss)
    assert state(first.module) != state(other.module)
    assert torch.equal(before, torch.random.get_rng_state()), "training moved the caller's random numbers"


@pytest.mark.parametrize("classifier", BOTH, ids=lambda c: c.name)
def test_the_best_epoch_is_kept(classifier: Classifier, split: Split) -> None:
    long = classifier.model_copy(update={"epochs": 8, "learning_rate": 0.03})
    found = train(long, split.train, split.validation, seed=0, budget=1.0, device="cpu")
    kept = _mean_loss(found.module, Jets.of(split.validation, "cpu"))
    assert kept == found.validation_loss.min() == found.validation_loss[found.best_epoch - 1]
    assert not found.module.training
    assert found.steps == 8 * 5
    assert found.jets == 8 * 96


def test_it_learns(split: Split) -> None:
    long = ParticleFlow(epochs=30, batch_size=16)
    found = train(long, split.train, split.validation, seed=0, budget=1.0, device="cpu")
    assert found.validation_loss.min() < 0.5 < found.validation_loss[0]


@given(jets=st.integers(1, 5000), budget=st.floats(0.01, 5), epochs=st.integers(1, 40), min_steps=st.integers(0, 2000))
def test_epochs_follow_the_budget_and_the_least_number_of_steps(
    jets: int, budget: float, epochs: int, min_steps: int
) -> None:
    classifier = ParticleFlow(epochs=epochs, min_steps=min_steps)
    full = planned_epochs(classifier, jets, 1.0)
    assert full >= epochs
    assert full * -(-jets // classifier.batch_size) >= min_steps
    assert planned_epochs(classifier, jets, budget) == max(1, round(budget * full))


@given(steps=st.integers(1, 2000))
def test_the_rate_rises_to_its_peak_and_falls(steps: int) -> None:
    rates = np.array([learning_rate(step, steps, 2.0) for step in range(steps)])
    top = int(rates.argmax())
    assert rates.max() == pytest.approx(2.0)
    assert (rates > 0).all()
    assert (np.diff(rates[: top + 1]) >= 0).all()
    assert (np.diff(rates[top:]) <= 0).all()
    assert top <= max(1, round(0.1 * steps))


@given(epochs=st.integers(1, 400), given_epochs=st.integers(1, 50))
def test_patience_is_a_third_of_the_epochs_unless_stated(epochs: int, given_epochs: int) -> None:
    by_rule = patience_of(ParticleFlow(), epochs)
    assert by_rule is not None
    assert by_rule >= 10
    assert epochs <= 3 * by_rule
    assert by_rule == 10 or 3 * (by_rule - 1) < epochs
    assert patience_of(ParticleFlow(patience=given_epochs), epochs) == given_epochs
    assert patience_of(ParticleFlow(patience=0), epochs) is None


def test_early_stopping_by_default_keeps_the_epoch_that_all_of_them_would(split: Split) -> None:
    """Jets that are soon learnt by heart: what comes after is worse on others, and is not waited for."""
    quick = ParticleFlow(epochs=30, min_steps=0, batch_size=16, learning_rate=0.02)
    early, whole = (
        train(c, split.train, split.validation, seed=0, budget=1.0, device="cpu")
        for c in (quick, quick.model_copy(update={"patience": 0}))
    )
    assert len(whole.validation_loss) == 30
    assert len(early.validation_loss) == early.best_epoch + 10 < 30
    np.testing.assert_array_equal(early.validation_loss, whole.validation_loss[: early.best_epoch + 10])


def test_patience_stops_early(split: Split) -> None:
    stubborn = ParticleFlow(epochs=60, batch_size=16, patience=2, learning_rate=0.05)
    found = train(stubborn, split.train, split.validation, seed=0, budget=1.0, device="cpu")
    assert len(found.validation_loss) < 60
    assert len(found.validation_loss) - found.best_epoch == 2


class Diverging(Classifier):
    def build(self, classes: int = 2) -> nn.Module:
        return _Explosion()


class _Explosion(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, p: Tensor, mask: Tensor, features: Tensor | None = None) -> Tensor:
        return self.weight * torch.full((len(p), 2), torch.inf)


def test_a_loss_that_is_no_number_ends_the_trial(split: Split) -> None:
    with pytest.raises(FloatingPointError, match="after epoch 1"):
        train(Diverging(), split.train, split.validation, seed=0, budget=1.0, device="cpu")
