"""Translations of a metric in hidden coordinates: the residual against closed forms, and short trainings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from symbench.data.samples import FunctionSample
from symbench.discovery.hidden_metric.fit import flatness, metric_of, printed_loss, translations
from symbench.discovery.hidden_metric.method import HiddenMetric
from symbench.discovery.hidden_symmetry.flow import Flow, identity_flow, new_flow
from symbench.errors import IncompatibleError
from symbench.tasks.base import DataContext
from symbench.tasks.function.spacetime import BlackHole, DeSitter, Milne, Spacetime


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


class Stated(Flow):
    """A map with a formula in place of a network."""

    def push(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        jacobian = torch.func.vmap(torch.func.jacrev(self.formula))(x)
        return torch.func.vmap(self.formula)(x), jacobian.transpose(1, 2)

    def formula(self, x: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError


class FlatMilne(Stated):
    def formula(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([x[0] * x[1].cosh(), x[0] * x[1].sinh()])


class StaticDeSitter(Stated):
    """Static coordinates: r = x e^t, and t − ½ ln(1 − r²)."""

    def formula(self, x: torch.Tensor) -> torch.Tensor:
        r = x[1] * x[0].exp()
        return torch.stack([x[0] - (1 - r.square()).log() / 2, r])


class Painleve(Stated):
    def formula(self, x: torch.Tensor) -> torch.Tensor:
        u = x[1:].norm().sqrt()
        return torch.cat([(x[0] + 2 * u + ((u - 1) / (u + 1)).log())[None], x[1:]])


def points(task: Spacetime, inside: float = 1.0) -> torch.Tensor:
    x = torch.from_numpy(task.load(DataContext(Path("unused"))).vectors[:, 0]).double()
    return inside * x


def test_the_metric_is_read_off_its_quadratic_form() -> None:
    task = BlackHole(events=40)
    x = points(task)
    torch.testing.assert_close(metric_of(task.label_function(), x), task.metric(x))


def test_known_coordinates_have_no_residual() -> None:
    flat, static = points(Milne(events=60)), points(DeSitter(events=60))
    milne, de_sitter = Milne().label_function(), DeSitter().label_function()
    one = torch.ones(2, dtype=torch.float64)
    assert translations(FlatMilne([], one), milne, flat, (0, 1)) < 1e-20
    assert translations(identity_flow(one), milne, flat, (0, 1)) > 0.05
    assert translations(identity_flow(one), milne, flat, (1,)) < 1e-20
    assert translations(StaticDeSitter([], one), de_sitter, static, (0,)) < 1e-20
    assert translations(StaticDeSitter([], one), de_sitter, static, (1,)) > 0.01
    assert translations(identity_flow(one), de_sitter, static, (0,)) > 0.05


def test_sections_of_painleve_time_are_flat_and_those_of_schwarzschild_are_not() -> None:
    task = BlackHole(events=60)
    x, interval, axes = points(task), task.label_function(), (1, 2, 3)
    one = torch.ones(4, dtype=torch.float64)
    assert flatness(Painleve([], one), interval, x, axes) < 1e-20
    assert printed_loss(Painleve([], one), interval, x, axes) < 1e-20
    assert flatness(identity_flow(one), interval, x, axes) > 0.1
    r = x[:, 1:].norm(dim=1)
    expected = (1 / (r - 1)).square().mean() / 9  # γ + 1 = −x̂x̂ᵀ/(r − 1), of nine components
    assert printed_loss(identity_flow(one), interval, x, axes) == pytest.approx(float(expected))


@pytest.mark.parametrize("stretch", [1e-2, 1e2])
def test_coordinates_that_are_stretched_or_sheared_change_no_residual(stretch: float) -> None:
    """In z a component can be made large by a shear; in x the Lie derivative has its own size."""
    x, interval = points(DeSitter(events=60)), DeSitter().label_function()

    class Sheared(Stated):
        def formula(self, at: torch.Tensor) -> torch.Tensor:
            return torch.stack([stretch * at[0], at[1] + 5 * stretch * at[0]])

    class Along(Stated):
        """The same field ∂/∂z₀ up to its length, without the shear's large components."""

        def formula(self, at: torch.Tensor) -> torch.Tensor:
            return torch.stack([at[0], at[1] + 5 * stretch * at[0]])

    one = torch.ones(2, dtype=torch.float64)
    first, again = (translations(flow([], one), interval, x, (0,)) for flow in (Sheared, Along))
    torch.testing.assert_close(first, again)


def test_a_restricted_flow_changes_its_coordinates_only() -> None:
    generator = torch.Generator().manual_seed(0)
    flow = new_flow(torch.ones(3, dtype=torch.float64), blocks=2, layers=1, width=8, generator=generator, device="cpu")
    flow.restrict((0,), generator)
    x = torch.randn(20, 3, generator=generator, dtype=torch.float64)
    flow(x).square().sum().backward()
    with torch.no_grad():
        for tensor in flow.parameters:
            tensor -= 0.1 * tensor.grad  # type: ignore[operator]
        moved = flow(x)
    assert torch.equal(moved[:, 1:], x[:, 1:])
    assert (moved[:, 0] - x[:, 0]).abs().max() > 0.01


def sample(task: Spacetime) -> FunctionSample:
    return replace(task.sample(task.load(DataContext(Path("unused")))), label_function=task.label_function())


def test_the_translation_in_time_of_de_sitter_is_found_in_a_short_training() -> None:
    task = DeSitter(events=300, test_events=100)
    method = HiddenMetric(axes=(0,), blocks=1, width=24, steps=150, points=150, rate=1e-2)
    found = method.fit(sample(task), seed=0, budget=1.0)
    assert found.scalars["residual_of_identity"] > 0.2
    assert found.fields is not None
    x = task.scaled(task.load(DataContext(Path("unused"))))
    value, truth = found.fields(x)[0], task.truth_fields()(x)
    flat = truth.reshape(3, -1)
    rest = value.ravel() - flat.T @ np.linalg.lstsq(flat.T, value.ravel(), rcond=None)[0]
    assert np.linalg.norm(rest) < 0.2 * np.linalg.norm(value)  # the angle is below 12°


def test_manifest_translations_need_no_training() -> None:
    found = HiddenMetric(axes=(1,)).fit(sample(DeSitter(events=100, test_events=50)), seed=0, budget=1.0)
    assert found.steps == 0
    assert found.fields is not None


def test_a_label_that_is_no_metric_is_refused() -> None:
    x = np.random.default_rng(0).normal(size=(20, 2, 2))
    cubic = FunctionSample(x, x[:, 1, 0] ** 3, "number", label_function=lambda z: z[:, 1, 0] ** 3)
    with pytest.raises(IncompatibleError, match="no metric"):
        HiddenMetric().fit(cubic, seed=0, budget=1.0)
    with pytest.raises(IncompatibleError, match="displacement"):
        HiddenMetric().fit(replace(cubic, label_function=None), seed=0, budget=1.0)
    with pytest.raises(IncompatibleError, match="2 coordinates"):
        HiddenMetric(axes=(2,)).fit(sample(DeSitter(events=20)), seed=0, budget=1.0)
