"""The Lorentz invariant networks learn in the shared loop."""

from __future__ import annotations

import pytest

from symbench.classifiers.base import Classifier
from symbench.classifiers.lgatr import LGATr
from symbench.classifiers.lloca import LLoCa
from symbench.classifiers.pelican import Pelican
from symbench.classifiers.training.loop import train
from tests.classifiers.jets import toy_split


@pytest.mark.parametrize(("cls", "epochs"), [(Pelican, 14), (LGATr, 4), (LLoCa, 4)], ids=["pelican", "lgatr", "lloca"])
def test_it_learns(cls: type[Classifier], epochs: int) -> None:
    split = toy_split(train=96, validation=64)
    short = cls(epochs=epochs, batch_size=16, min_steps=0, learning_rate=6e-3)
    found = train(short, split.train, split.validation, seed=0, budget=1.0, device="cpu")
    assert found.validation_loss.min() < 0.6  # chance is 0.69
