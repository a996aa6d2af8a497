"""What the shared loop owes every classifier: trainings that repeat, and mixed precision that trains."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch
from torch import nn

from symbench import registry
from symbench.classifiers.base import Classifier
from symbench.classifiers.evaluate.probe import Probe
from symbench.classifiers.lorentznet import LorentzNet
from symbench.classifiers.pfn import ParticleFlow
from symbench.classifiers.training.jets import Jets
from symbench.classifiers.training.loop import Training, train
from symbench.classifiers.training.precision import in_full_precision, is_mixed
from symbench.data.splits import Split
from symbench.testing import check_component
from tests.classifiers.jets import toy_split

registry.load_builtin()
NAMES = sorted(name for name, cls in registry.CLASSIFIERS.items() if cls.__module__.startswith("symbench."))
_first: dict[str, Training] = {}


@pytest.fixture(scope="module")
def split() -> Split:
    return toy_split(train=30, validation=12, test=8)


def run(classifier: Classifier, split: Split) -> Training:
    return train(classifier, split.train, split.validation, seed=3, budget=1.0, device="cpu")


def short(name: str) -> Classifier:
    return registry.find_classifier(name)(epochs=2, batch_size=16, min_steps=0, learning_rate=1e-3)


def once(name: str, split: Split) -> Training:
    if name not in _first:
        _first[name] = run(short(name), split)
    return _first[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_training_repeats_to_the_bit(name: str, split: Split) -> None:
    first, again = once(name, split), run(short(name), split)
    np.testing.assert_array_equal(first.train_loss, again.train_loss)
    np.testing.assert_array_equal(first.validation_loss, again.validation_loss)
    state = again.module.state_dict()
    expected = first.module.state_dict()
    assert state.keys() == expected.keys() != set()
    assert all(torch.equal(value, state[key]) for key, value in expected.items())


@pytest.mark.parametrize("name", NAMES)
def test_it_trains_in_bfloat16_as_in_float32(name: str, split: Split) -> None:
    """Four steps: losses that differ by rounding to three digits, weights that are float32 all the same."""
    exact = once(name, split)
    mixed = run(short(name).model_copy(update={"precision": "bfloat16"}), split)
    assert {value.dtype for value in mixed.module.state_dict().values()} == {
        value.dtype for value in exact.module.state_dict().values()
    }
    assert 0 < np.abs(mixed.train_loss - exact.train_loss).max() < 0.1
    assert np.abs(mixed.validation_loss - exact.validation_loss).max() < 0.1
    assert (mixed.notes, exact.notes) == ({"precision": "bfloat16"}, {})


class _Watched(ParticleFlow):
    """Notes, of each forward pass, whether it trained and whether it was mixed."""

    def build(self, classes: int = 2) -> nn.Module:
        module = super().build(classes)
        _seen.clear()
        module.register_forward_pre_hook(
            lambda module, inputs: _seen.append((module.training, torch.is_autocast_enabled("cpu")))
        )
        return module


_seen: list[tuple[bool, bool]] = []


def test_only_training_steps_are_mixed(split: Split) -> None:
    trained = run(_Watched(epochs=1, min_steps=0, batch_size=16, precision="bfloat16"), split)
    Probe(trained.module, Jets.of(split.test, "cpu")).outputs()
    assert set(_seen) == {(True, True), (False, False)}


def test_four_momenta_are_never_rounded() -> None:
    p = torch.tensor([[500.0, 0.0, 0.0, 499.9]])
    metric = torch.diag(torch.tensor([1.0, -1.0, -1.0, -1.0]))

    def square(p: torch.Tensor) -> torch.Tensor:
        return (p @ metric) @ p.T

    with torch.autocast("cpu", dtype=torch.bfloat16):
        rounded, exact = square(p), in_full_precision(square)(p)
        assert torch.is_autocast_enabled("cpu")
    assert (rounded.dtype, exact.dtype) == (torch.bfloat16, torch.float32)
    assert float(exact) == pytest.approx(500.0**2 - 499.9**2, rel=1e-3)
    assert float(rounded) != pytest.approx(500.0**2 - 499.9**2, rel=1e-1)


def test_the_default_is_bfloat16_on_gpus_that_have_it_for_networks_that_take_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pfn, unknown, refusing = ParticleFlow().build(), LorentzNet().build(), nn.Linear(1, 1)
    refusing.autocast = False  # type: ignore[assignment]  # a choice, and no tensor
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    found = {
        (precision, device): [is_mixed(precision, net, device) for net in (pfn, unknown, refusing)]
        for precision in ("auto", "float32", "bfloat16")
        for device in ("cpu", "cuda:0")
    }
    assert found == {
        ("auto", "cpu"): [False, False, False],
        ("auto", "cuda:0"): [True, False, False],
        ("float32", "cpu"): [False, False, False],
        ("float32", "cuda:0"): [False, False, False],
        ("bfloat16", "cpu"): [True, True, False],
        ("bfloat16", "cuda:0"): [True, True, False],
    }
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    assert not is_mixed("auto", pfn, "cuda:0")


def test_what_is_left_to_the_default_is_no_part_of_what_decides_a_result() -> None:
    plain = ParticleFlow()
    assert {"precision", "compile"}.isdisjoint(plain.parameters())
    for chosen in (ParticleFlow(precision="bfloat16"), ParticleFlow(compile="off"), plain):
        check_component(chosen)
        assert (chosen.parameters() != plain.parameters()) is (chosen is not plain)
