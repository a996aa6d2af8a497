"""The metrics of fixed inputs are those of today's METRICS_VERSION, to the last digits.

After a change on purpose, raise METRICS_VERSION of the track and store its numbers with
`python -m tests.metrics.test_version TRACK`.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from symbench import registry
from symbench.algebra.bases import so
from symbench.classifiers.evaluate.invariance import invariance_metrics
from symbench.classifiers.evaluate.probe import Probe
from symbench.classifiers.evaluate.run import separation
from symbench.classifiers.pfn import ParticleFlow
from symbench.classifiers.training.jets import Jets
from symbench.classifiers.training.loop import train
from symbench.component import Track
from symbench.data.container import Dataset, Provenance
from symbench.data.event_functions import linear_functions, pair_forms
from symbench.data.samples import ConservedQuantities
from symbench.data.splits import split
from symbench.discovery.base import Symmetry
from symbench.discovery.evaluate.run import evaluate
from symbench.metrics.classification.auc import auc
from symbench.metrics.regression.decades import decades
from symbench.metrics.regression.mse import mean_squared_error
from symbench.metrics.regression.relative_mse import relative_squared_error
from symbench.metrics.version import METRICS_VERSION
from symbench.regressors.evaluate.equivariance import equivariance_metrics
from symbench.regressors.mlp import ComponentPerceptron
from symbench.tasks.base import DataContext
from symbench.tasks.distribution.isotropic_gas import IsotropicGas
from symbench.tasks.dynamics.harmonic import Harmonic2dIsotropic
from symbench.tasks.function.lorentz import Lorentz
from symbench.tasks.function.so import So3Broken
from symbench.tasks.invariant.cms.leptons import ZPairs
from symbench.tasks.invariant.pairs import PairsSO22
from symbench.tasks.regression.inertia import MomentOfInertia
from symbench.which_is_real.entry import WhichIsReal
from symbench.which_is_real.trial import run_challenge
from tests.classifiers.jets import toy_jets, toy_split

STORED = Path(__file__).parent / "golden.json"
EXACT, ROUNDING = 1e-9, 1e-12  # relative, and of what is 0 but for rounding
IN_FLOAT32 = 1e-3, 1e-4  # kernels differ between processors
OF_SQUARES = 1e-20  # Lie-derivative errors are squares of what is 0 but for rounding
OF_TREES = 0.05  # boosted trees of scikit-learn may differ between its versions


def dataset(vectors: np.ndarray, label: np.ndarray, features: np.ndarray | None = None) -> Dataset:
    events = np.arange(len(vectors), dtype=np.uint64)
    return Dataset(
        vectors,
        np.ones(vectors.shape[:2], bool),
        label,
        events,
        Provenance("made for a test", "none", "none"),
        features,
    )


def claim(generators: np.ndarray) -> Symmetry:
    """Generators near these, of various lengths, and one that is none of theirs."""
    rng = np.random.default_rng(5)
    noisy = generators + 0.05 * rng.normal(size=generators.shape)
    matrices = np.concatenate([noisy * rng.uniform(0.5, 3, (len(noisy), 1, 1)), rng.normal(size=(1, *noisy.shape[1:]))])
    return Symmetry(generators=matrices, confidence=np.ones(len(matrices)))


def of_function() -> dict[str, float]:
    x = np.random.default_rng(1).normal(size=(200, 1, 4))
    label = np.square(x[:, 0, 0]) - np.square(x[:, 0, 1:]).sum(axis=1)
    metrics = dict(evaluate(claim(so(1, 3)[:4]), Lorentz(), dataset(x, label)).metrics)
    broken = So3Broken(epsilon=0.03)
    x = x[..., :3]
    label = broken.formula()(torch.from_numpy(x)).numpy()
    nearly = Symmetry(so(3), np.ones(3), scalars={"breaking": 0.05})
    of_broken = evaluate(nearly, broken, dataset(x, label)).metrics
    return metrics | {f"broken_{name}": value for name, value in of_broken.items()}


def of_distribution() -> dict[str, float]:
    x = np.random.default_rng(2).normal(size=(500, 1, 3)) * [1.0, 1.0, 4.0]
    task = IsotropicGas()
    return evaluate(claim(so(3)[:2]), task, dataset(x, np.zeros(500, dtype=np.int64))).metrics


def of_dynamics() -> dict[str, float]:
    """The oscillator in two dimensions: an energy with an error, an angular momentum, their product, and a constant."""
    rng = np.random.default_rng(3)
    amplitude, phase = rng.uniform(0.5, 1.5, (40, 1, 2)), rng.uniform(-np.pi, np.pi, (40, 1, 2))
    angle = 0.3 * np.arange(25)[None, :, None] + phase
    position, momentum = amplitude * np.cos(angle), -amplitude * np.sin(angle)
    states, velocity = np.concatenate([position, momentum], axis=2), np.concatenate([momentum, -position], axis=2)

    def values(x: np.ndarray) -> np.ndarray:
        energy = 0.5 * np.square(x).sum(axis=1) + 0.1 * x[:, 0]
        angular = x[:, 0] * x[:, 3] - x[:, 1] * x[:, 2]
        return np.stack([energy, angular, energy * angular, np.full(len(x), 2.0)], axis=1)

    def gradients(x: np.ndarray) -> np.ndarray:
        energy = x + np.array([0.1, 0, 0, 0])
        angular = np.stack([x[:, 3], -x[:, 2], -x[:, 1], x[:, 0]], axis=1)
        value = values(x)
        product = energy * value[:, 1:2] + angular * value[:, :1]
        return np.stack([energy, angular, product, np.zeros_like(x)], axis=1)

    symmetry = Symmetry(
        generators=np.zeros((0, 4, 4)),
        confidence=np.zeros(0),
        conserved=ConservedQuantities(4, values, gradients),
    )
    task = Harmonic2dIsotropic()
    return evaluate(symmetry, task, dataset(states, np.zeros(40), velocity)).metrics


def of_invariant() -> dict[str, float]:
    """Pairs of R⁴ with uᵀηv near 1: a form near the true one, and a linear function."""
    rng = np.random.default_rng(6)
    u, v = rng.normal(size=(2, 120, 4))
    eta = np.diag([1.0, 1.0, -1.0, -1.0])
    v += (
        (1 + 0.05 * rng.normal(size=(120, 1)) - np.sum(u @ eta * v, axis=1, keepdims=True))
        * u
        @ eta
        / np.square(u).sum(axis=1, keepdims=True)
    )
    form, linear = eta + 0.05 * rng.normal(size=(1, 4, 4)), rng.normal(size=(1, 8))
    first, second = pair_forms(form + form.swapaxes(1, 2), 2), linear_functions(linear)
    both = ConservedQuantities(
        2,
        lambda x: np.concatenate([first.values(x), second.values(x)], axis=1),
        lambda x: np.concatenate([first.gradients(x), second.gradients(x)], axis=1),
    )
    claimed = Symmetry(so(2, 2)[:4], np.ones(2), conserved=both)
    return evaluate(claimed, PairsSO22(), dataset(np.stack([u, v], axis=1), np.zeros(120))).metrics


class Observables(nn.Module):
    """Logits from the jet's mass, energy and number of constituents, with the beam as a reference vector."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.weight = nn.Parameter(torch.randn(4, classes, generator=generator))
        self.register_buffer("spurions", torch.tensor([[1.0, 0.0, 0.0, 1.0]]))

    def forward(
        self, p: Tensor, mask: Tensor, features: Tensor | None = None, spurions: Tensor | None = None
    ) -> Tensor:
        beam = self.get_buffer("spurions") if spurions is None else spurions
        jet = (p * mask.unsqueeze(-1)).sum(dim=1).to(self.weight.dtype)
        eta = torch.tensor([1.0, -1.0, -1.0, -1.0], dtype=jet.dtype)
        along = (jet * eta * beam.to(jet.dtype).reshape(-1, 4)).sum(dim=1)
        mass = (jet.square() * eta).sum(dim=1).clamp_min(1.0).log()
        inputs = torch.stack([mass, along / 100, jet[:, 0] / 100, mask.sum(dim=1).to(jet.dtype) / 10], dim=1)
        return torch.tanh(inputs - inputs.mean(dim=1, keepdim=True)) @ self.weight


def of_classification() -> dict[str, float]:
    """Separation of fixed outputs, two classes and three, and invariance of a network of given weights."""
    rng = np.random.default_rng(4)
    jets = toy_jets(120)
    label = jets.label
    z = np.round(rng.normal(1.5 * label), 2)
    metrics = dict(separation(z, jets)[0])
    three = dataset(jets.vectors, np.arange(120) % 3)
    metrics |= {f"three_{name}": value for name, value in separation(rng.normal(size=(120, 3)), three)[0].items()}
    stated = {"generators": {"generators": so(1, 3)[:4].tolist()}}
    operations = [
        {"name": each.name, **each.settings(stated.get(each.name, {}))}
        for each in registry.operations()
        if registry.is_builtin(each)
    ]
    probe = Probe(Observables(2), Jets.of(jets, "cpu"))
    under, _ = invariance_metrics(
        probe, label, {"operations": operations}, lambda outputs, y: auc(outputs[:, 0], y), seed=0
    )
    return metrics | under | {"forward_mflop": probe.forward_mflop()} | of_training()


def of_training() -> dict[str, float]:
    """What the training loop makes of one classifier: how long it trains, and how well."""
    jets = toy_split(train=64, validation=32, test=1)
    recipe = ParticleFlow(width=4, epochs=6, min_steps=0, batch_size=16)
    trained = train(recipe, jets.train, jets.validation, seed=0, budget=1.0, device="cpu")
    return {
        "training_steps": float(trained.steps),
        "training_best_epoch": float(trained.best_epoch),
        "training_loss_float32": float(trained.train_loss[-1]),
        "training_validation_loss_float32": float(trained.validation_loss[-1]),
    }


class Distorted(nn.Module):
    """The moment of inertia with a false term that no rotation leaves, and a parameter, in the type of that."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor, mask: Tensor, masses: Tensor) -> Tensor:
        x, masses = x.to(self.weight.dtype), masses.to(self.weight.dtype)
        second = torch.einsum("npf,npa,npb->nab", masses, x, x)
        exact = second.diagonal(dim1=1, dim2=2).sum(dim=1)[:, None, None] * torch.eye(3, dtype=x.dtype) - second
        false = torch.zeros(3, 3, dtype=x.dtype)
        false[0, 0] = 0.3
        return self.weight * (exact + false * x[:, :1, :1].square()).flatten(1)


def of_regression() -> dict[str, float]:
    """Errors of a network of given weights, and what the training loop makes of a small one."""
    task = MomentOfInertia(events=60, validation_events=30, test_events=60)
    data = task.load(DataContext(Path()))
    parts = split(data, task.sizes(), train_size=60, seed=0)
    probe = Probe(Distorted(), Jets.of(parts.test, "cpu"), read=lambda outputs: outputs)
    group = task.group()
    assert group is not None
    predicted = probe.values(probe.jets, double=True)
    relative = relative_squared_error(predicted, parts.test.label)
    assert relative is not None
    metrics = {"mse": mean_squared_error(predicted, parts.test.label), "relative_mse": relative}
    metrics |= {"decades": decades(relative)} | equivariance_metrics(probe, group, task.outputs(), 0)
    recipe = ComponentPerceptron(width=8, epochs=6, min_steps=0, batch_size=16)
    trained = train(recipe, parts.train, parts.validation, outputs=task.outputs(), seed=0, budget=1.0, device="cpu")
    return metrics | {
        "training_loss_float32": float(trained.train_loss[-1]),
        "training_validation_loss_float32": float(trained.validation_loss[-1]),
    }


def of_challenge() -> dict[str, float]:
    rng = np.random.default_rng(11)
    x = rng.normal(size=(120, 2, 4)) + np.array([0.0, 0.0, 0.0, 0.3])
    data = Dataset.numbered(vectors=x, provenance=Provenance(source="made", selection="none", licence="CC0-1.0"))
    metrics = run_challenge(WhichIsReal(transformation="reflection_z"), ZPairs(), data, seed=3).metrics
    return {name: value for name, value in metrics.items() if name != "challenge_p"}  # z decides it


INPUTS: dict[Track, Callable[[], dict[str, float]]] = {
    Track.FUNCTION: of_function,
    Track.DISTRIBUTION: of_distribution,
    Track.DYNAMICS: of_dynamics,
    Track.INVARIANT: of_invariant,
    Track.CLASSIFICATION: of_classification,
    Track.REGRESSION: of_regression,
    Track.CHALLENGE: of_challenge,
}


def measured(track: Track) -> dict[str, float]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return INPUTS[track]()
    finally:
        torch.set_num_threads(before)


def close(name: str, a: float, b: float) -> bool:
    relative, absolute = IN_FLOAT32 if "float32" in name else (EXACT, ROUNDING)
    if name.startswith("lie_"):
        absolute = ROUNDING if "float32" in name else OF_SQUARES
    if name == "two_sample_auc_max" or name.startswith("challenge_"):
        relative = OF_TREES
    return math.isclose(a, b, rel_tol=relative, abs_tol=absolute)


def changed(stored: dict[str, float], today: dict[str, float]) -> dict[str, tuple[float | None, float | None]]:
    """Metrics that are missing, new, or of another value."""
    names = sorted({*stored, *today})
    pairs = {name: (stored.get(name), today.get(name)) for name in names}
    return {name: (a, b) for name, (a, b) in pairs.items() if a is None or b is None or not close(name, a, b)}


@pytest.mark.parametrize("track", Track)
def test_metrics_of_a_fixed_input_change_only_with_their_version(track: Track) -> None:
    stored = json.loads(STORED.read_text())[track]
    differences = changed(stored["metrics"], measured(track))
    advice = (
        f"metrics of the {track} track have changed: {differences}. If that is intended, raise "
        f"METRICS_VERSION[{track}] in symbench/metrics/version.py, so that older results count as stale, and run "
        f"`python -m tests.metrics.test_version {track}`; if not, the change is a defect"
    )
    assert not differences, advice
    assert stored["version"] == METRICS_VERSION[track], f"store the numbers of version {METRICS_VERSION[track]}"


def test_a_changed_a_missing_and_a_new_metric_are_noticed() -> None:
    assert changed({"f1": 0.5, "recall": 1.0}, {"f1": 0.5 * (1 + 1e-8), "precision": 1.0}).keys() == {
        "f1",
        "recall",
        "precision",
    }
    assert changed({"f1": 0.5, "auc_float32": 0.5}, {"f1": 0.5, "auc_float32": 0.50001}) == {}


if __name__ == "__main__":
    known = json.loads(STORED.read_text()) if STORED.exists() else {}
    for named in sys.argv[1:]:
        known[named] = {"version": METRICS_VERSION[Track(named)], "metrics": measured(Track(named))}
    STORED.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
