"""A component that breaks a rule is reported in words that name the rule, and with its numbers."""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import nn

from symbench.classifiers.base import Classifier
from symbench.component import Track
from symbench.data.container import Dataset, Provenance
from symbench.data.samples import ConservedQuantities
from symbench.data.sizes import Sizes
from symbench.discovery.base import DiscoveryMethod, Symmetry
from symbench.errors import IncompatibleError
from symbench.metrics.conservation import flow_defects
from symbench.tasks.base import DataContext, FunctionTask
from symbench.testing import ConformanceError, check_classifier, check_discovery_method, check_task
from symbench.testing.samples import oscillators

NOTHING = Symmetry(np.zeros((0, 4, 4)), np.zeros(0))


class Method(DiscoveryMethod):
    """A method whose claim is that of the function `claim`."""

    name: ClassVar[str] = "mine"
    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "for tests"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.DYNAMICS})
    claim: ClassVar[Callable[[Any], Symmetry]]

    def fit(self, sample: Any, *, seed: int, budget: float, device: str = "cpu") -> Symmetry:
        return type(self).claim(sample)


def method(function: Callable[[Any], Symmetry], *tracks: Track) -> DiscoveryMethod:
    fields = {"claim": staticmethod(function), "tracks": frozenset(tracks or {Track.DYNAMICS})}
    return type("Mine", (Method,), {"__module__": __name__, **fields})()  # type: ignore[no-any-return]


def energy(factor: float = 1.0, count: int = 1) -> Callable[[Any], Symmetry]:
    """Half the square of the state, with a gradient that is `factor` times the true one."""

    def claim(sample: Any) -> Symmetry:
        quantity = ConservedQuantities(
            1, lambda x: (x**2).sum(axis=1, keepdims=True) / 2, lambda x: factor * x[:, None, :]
        )
        return replace(NOTHING, confidence=np.ones(count), conserved=quantity)

    return claim


def drawn(sample: Any) -> Symmetry:
    random.random()
    return NOTHING


def spoil(sample: Any) -> Symmetry:
    sample.velocity[0] = 0
    return NOTHING


def refuse(sample: Any) -> Symmetry:
    raise IncompatibleError("not this one")


@pytest.mark.parametrize(
    ("claim", "broken"),
    [
        (energy(1.5), "the gradient of function 0 differs from differences of its values"),
        (energy(count=2), "1 symmetries are claimed, but confidences (2,)"),
        (drawn, "drew from the global generator of Python's module random"),
        (spoil, "changed the sample's velocities"),
        (refuse, "refused every TrajectorySample"),
        (lambda s: Symmetry(np.ones((1, 2, 2)), np.ones(1)), "generators have shape (1, 2, 2), not (k, 4, 4)"),
        (lambda s: Symmetry(np.zeros((1, 4, 4)), np.ones(1)), "a generator is zero"),
        (lambda s: replace(NOTHING, scalars={"loss": float("nan")}), "the scalar 'loss' is nan"),
        (lambda s: replace(NOTHING, scalars={"id": float(np.random.default_rng().normal())}), "gave other scalars"),
    ],
)
def test_methods_of_trajectories(claim: Callable[[Any], Symmetry], broken: str) -> None:
    with pytest.raises(ConformanceError) as raised:
        check_discovery_method(method(claim))
    assert broken in str(raised.value)


def test_a_right_method_passes_and_sees_no_truth() -> None:
    def claim(sample: Any) -> Symmetry:
        assert sample.truth is None
        return energy()(sample)

    check_discovery_method(method(claim))
    everywhere = method(lambda s: replace(NOTHING, generators=np.zeros((0, *2 * s.x.shape[2:]))), *list(Track)[:3])
    check_discovery_method(everywhere)


@pytest.mark.parametrize("canonical", [True, False])
def test_the_quantities_of_the_sample_are_conserved(canonical: bool) -> None:
    sample = oscillators(canonical=canonical)
    assert sample.truth is not None
    states, velocity = sample.x.reshape(-1, 4), sample.velocity.reshape(-1, 4)
    assert flow_defects(sample.truth, states, velocity).max() < 1e-12
    assert sample.truth.values(sample.x[0]).std(axis=0).max() < 1e-12
    assert np.gradient(sample.x, sample.dt, axis=1)[:, 1:-1] == pytest.approx(sample.velocity[:, 1:-1], abs=0.02)


class Net(nn.Module):
    """Logits from sums over constituents; `flaw` names the rule that it breaks."""

    def __init__(self, flaw: str, classes: int = 2) -> None:
        super().__init__()
        self.flaw, self.last = flaw, nn.Linear(4, 2 if flaw == "classes" else classes)

    def forward(self, p: torch.Tensor, mask: torch.Tensor, features: object = None) -> torch.Tensor:
        real = mask[..., None].to(p.dtype)
        total = (p * real).sum(dim=1)
        if self.flaw == "padding":
            total = total * (p.shape[1] / 12)
        if self.flaw == "values":
            total = p.sum(dim=1)
        if self.flaw == "order":
            total = total + p[:, 0]
        if self.flaw == "batch":
            total = total - total.mean(dim=0)
        if self.flaw == "constant":
            total = torch.zeros_like(total)
        if self.flaw == "empty":
            total = total / total.norm(dim=1, keepdim=True)
        return self.last((total / 100).to(self.last.weight.dtype))  # type: ignore[no-any-return]


class Mine(Classifier):
    """A classifier with a flaw."""

    name: ClassVar[str] = "mine"
    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "for tests"
    flaw: ClassVar[str] = ""

    def build(self, classes: int = 2) -> nn.Module:
        return Net(type(self).flaw, classes)


@pytest.mark.parametrize(
    ("flaw", "broken"),
    [
        ("padding", r"mine: padding changed the logits by [\d.e+-]+ of their spread, more than 1e-08"),
        ("values", "the values in the padding changed the logits"),
        ("order", "the order of the constituents changed the logits"),
        ("batch", "the other jets of the batch changed the logits"),
        ("constant", "the logits do not depend on the jet"),
        ("classes", r"gave logits of shape \(16, 2\) for 3 classes"),
        ("empty", "a logit of a jet without constituents is not finite"),
    ],
)
def test_classifiers(flaw: str, broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check_classifier(Mine())
    monkeypatch.setattr(Mine, "flaw", flaw)
    with pytest.raises(ConformanceError, match=broken):
        check_classifier(Mine())


def test_an_operation_that_changes_the_logits_is_named() -> None:
    with pytest.raises(ConformanceError, match="mine: rotation changed the logits by"):
        check_classifier(Mine(), invariant_under=["rotation"])


class Sphere(FunctionTask):
    """Sixty vectors labelled by their square; the truth is so(3)."""

    name: ClassVar[str] = "sphere"
    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "for tests"

    def identity(self) -> dict[str, Any]:
        return {"events": 60}

    def sizes(self) -> Sizes:
        return Sizes(train=50, validation=0, test=10)

    def load(self, context: DataContext) -> Dataset:
        x = np.random.default_rng(0).normal(size=(60, 1, 3))
        return Dataset(
            vectors=x,
            mask=np.ones((60, 1), dtype=bool),
            label=(x**2).sum(axis=(1, 2)),
            event_id=np.arange(60, dtype=np.uint64),
            provenance=Provenance(source="numpy", selection="none", licence="CC0"),
        )

    def label_function(self) -> Any:
        return lambda x: (x**2).sum(dim=(1, 2))

    def truth(self) -> np.ndarray[Any, Any]:
        from symbench.algebra.bases import so

        return so(3)

    def truth_name(self) -> str:
        return "so(3)"


def loaded(**changes: Any) -> Callable[[Any, DataContext], Dataset]:
    original = Sphere.load
    return lambda self, context: replace(original(self, context), **changes)


def random_data(self: Any, context: DataContext) -> Dataset:
    return replace(LOAD(self, context), label=np.random.default_rng().normal(size=60))


def global_draw(self: Any, context: DataContext) -> Dataset:
    torch.rand(1)
    return LOAD(self, context)


LOAD = Sphere.load


@pytest.mark.parametrize(
    ("name", "value", "broken"),
    [
        ("identity", lambda self: {"x": {1, 2}}, "the identity is not JSON"),
        ("identity", lambda self: {"x": {1: 2}}, "a key of the identity is no text"),
        (
            "identity",
            lambda self: {"x": np.random.default_rng().integers(1 << 40).item()},
            "two calls gave two digests",
        ),
        ("sizes", lambda self: Sizes(40, 0, 10), "sizes() adds up to 50 events, and load() gives 60"),
        ("load", random_data, "two loads gave different data"),
        ("load", global_draw, "drew from the global generator of torch"),
        ("load", loaded(label=np.arange(60)), "label_kind is 'number', so labels must be floating-point numbers"),
        ("truth", lambda self: np.eye(3)[None], "true generator 0 changes the label: its defect is"),
        ("truth", lambda self: np.zeros((1, 4, 4)), "the truth has shape (1, 4, 4), not (k, 3, 3)"),
        ("truth", lambda self: np.repeat(np.eye(3)[None], 2, axis=0), "2 true generators span 1 dimensions only"),
        ("truth_name", lambda self: "none", "the truth is named 'none' and has 3"),
        ("published", lambda self: np.zeros((1, 4, 4)), "published() has not the shape (k, 3, 3)"),
        ("unbroken", lambda self: np.zeros((3, 3)), "unbroken() has not the shape (k, 3, 3)"),
        ("unbroken", lambda self: self.truth(), "so the truth has no generators"),
    ],
)
def test_tasks(name: str, value: Any, broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check_task(Sphere(), other_process=False)
    monkeypatch.setattr(Sphere, name, value)
    with pytest.raises(ConformanceError) as raised:
        check_task(Sphere(), other_process=False)
    assert broken in str(raised.value)


MODULE = """
{imports}
from symbench.tasks.base import FunctionTask

class Other(FunctionTask):
    name = "other"
    version = "1"
    summary = "for tests"

    def identity(self):
        return {identity}

    def sizes(self): ...
    def load(self, context): ...
    def truth(self): ...
"""


@pytest.mark.parametrize(
    ("module", "imports", "identity", "broken"),
    [
        ("imports_numpy", "import numpy", '{"x": 1}', "importing imports_numpy imports numpy"),
        ("by_process", "import os", '{"x": os.getpid()}', "the digest is another one in another process"),
        ("by_hash", "", '{"x": list({"a", "b", "c", "d", "e", "f", "g"})}', "the digest is another one"),
        ("fails_there", "import sys\nsys.modules['pytest']", '{"x": 1}', "cannot be built in another process"),
    ],
)
def test_tasks_in_another_process(
    module: str, imports: str, identity: str, broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{module}.py").write_text(MODULE.format(imports=imports, identity=identity))
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConformanceError) as raised:
        check_task(importlib.import_module(module).Other())
    assert broken in str(raised.value)


def test_a_class_inside_a_function_is_no_component_for_workers() -> None:
    inner = type("Inner", (Sphere,), {"__module__": __name__, "__qualname__": "f.<locals>.Inner"})
    with pytest.raises(ConformanceError, match="cannot be imported by name"):
        check_task(inner())
