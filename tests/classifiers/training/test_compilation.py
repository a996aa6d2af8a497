"""Compiled training steps: the same training, where there is a compiler and where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from symbench.classifiers.base import Classifier
from symbench.classifiers.efn import EnergyFlow
from symbench.classifiers.lorentznet import LorentzNet
from symbench.classifiers.pfn import ParticleFlow
from symbench.classifiers.training import compilation
from symbench.classifiers.training.compilation import WORTH_STEPS, refusal
from symbench.classifiers.training.loop import Training, train
from symbench.classifiers.transformer import Transformer
from symbench.suite.resolve import parse_suite
from tests.classifiers.jets import toy_split

SHORT = {"epochs": 2, "min_steps": 0, "batch_size": 16}


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    torch.compiler.reset()


def run(classifier: Classifier) -> Training:
    split = toy_split(train=40, validation=12)  # two batches of 16, and one of 8 that runs uncompiled
    return train(classifier, split.train, split.validation, seed=3, budget=1.0, device="cpu")


def same(one: Training, other: Training) -> None:
    np.testing.assert_array_equal(one.train_loss, other.train_loss)
    np.testing.assert_array_equal(one.validation_loss, other.validation_loss)


def test_a_compiled_training_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    graphs: list[int] = []

    def count(graph: torch.fx.GraphModule, inputs: list[torch.Tensor]) -> Any:
        graphs.append(len(inputs))
        return graph.forward

    monkeypatch.setattr(compilation, "BACKEND", count)
    compiled = run(ParticleFlow(**SHORT, compile="on"))
    assert compiled.notes == {"compiled": "yes"}
    assert len(graphs) == 1, "one shape, compiled once, in one piece"
    same(compiled, run(ParticleFlow(**SHORT)))
    assert len(graphs) == 1, "by default nothing is compiled on a CPU"


@pytest.mark.parametrize("word", ["on", "off", "auto"])
def test_a_suite_may_say_it_without_quotes(word: str) -> None:
    """YAML reads a bare on or off as a truth value."""
    text = f"""
name: words
seeds: 1
classification:
  - {{task: top-tagging, train_sizes: [100], methods: [{{name: pfn, params: {{compile: {word}}}}}]}}
"""
    (spec,) = parse_suite(text, folder=Path()).trials()
    assert spec.method.parameters.get("compile", "auto") == word


def test_without_a_compiler_it_is_trained_as_it_is(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(graph: torch.fx.GraphModule, inputs: list[torch.Tensor]) -> Any:
        torch.rand(3)  # what it draws is given back
        raise RuntimeError("there is no compiler here")

    monkeypatch.setattr(compilation, "BACKEND", broken)
    found = run(Transformer(**SHORT, dropout=0.1, compile="on"))
    assert "there is no compiler here" in found.notes["compiled"]
    assert "trained uncompiled" in caplog.text
    same(found, run(Transformer(**SHORT, dropout=0.1)))


def test_networks_of_changing_shapes_are_not_compiled(caplog: pytest.LogCaptureFixture) -> None:
    small = LorentzNet(**SHORT, width=8, blocks=2)
    found = run(small.model_copy(update={"compile": "on"}))
    assert found.notes == {"compiled": "no: shapes of tensors differ between batches"}
    assert "lorentznet is trained uncompiled: shapes" in caplog.text
    same(found, run(small))


def test_what_is_compiled_by_default() -> None:
    net = ParticleFlow().build()
    enough = {"ranks": 1, "steps": WORTH_STEPS}
    assert refusal("auto", net, "cuda:0", **enough) is None
    assert refusal("on", net, "cpu", ranks=1, steps=1) is None
    for setting, device, many in (
        ("auto", "cpu", enough),
        ("auto", "cuda:0", {"ranks": 1, "steps": WORTH_STEPS - 1}),
        ("on", "cuda:0", {"ranks": 2, "steps": WORTH_STEPS}),
        ("off", "cuda:0", enough),
    ):
        assert refusal(setting, net, device, **many) is not None


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch's compiler for CPUs needs a C++ compiler")
@pytest.mark.parametrize("cls", [ParticleFlow, EnergyFlow, Transformer], ids=lambda c: c.name)
def test_torchs_own_compiler_trains_them_alike(cls: type[Classifier]) -> None:
    compiled = run(cls(**SHORT, compile="on"))
    assert compiled.notes == {"compiled": "yes"}
    plain = run(cls(**SHORT))
    np.testing.assert_allclose(compiled.train_loss, plain.train_loss, atol=1e-4)
    np.testing.assert_allclose(compiled.validation_loss, plain.validation_loss, atol=1e-4)
