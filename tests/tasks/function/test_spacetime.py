"""Metric tensors as labels: Killing fields leave the label unchanged, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from symbench.metrics.fields import coordinate_spread, field_overlap
from symbench.metrics.label import label_gradient
from symbench.tasks.base import DataContext
from symbench.tasks.function.spacetime import BlackHole, Bumpy, DeSitter, Milne, Spacetime

TASKS: list[Spacetime] = [Milne(events=300), DeSitter(events=300), BlackHole(events=300)]


def events(task: Spacetime) -> np.ndarray:
    return task.scaled(task.load(DataContext(Path("unused"))))


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.name)
def test_killing_fields_leave_the_label_unchanged(task: Spacetime) -> None:
    x = events(task)
    gradient = label_gradient(task.label_function(), x)
    values = task.truth_fields()(x)
    change = np.einsum("npd,knpd->kn", gradient, values)
    assert np.abs(change).max() < 1e-10 * np.abs(gradient).max() * np.abs(values).max()
    assert field_overlap(values, values, coordinate_spread(x)).found == len(values)


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.name)
def test_the_displacement_moves_with_the_point(task: Spacetime) -> None:
    """(ξ(x + hv) − ξ(x)) / h is what a displacement v is moved by."""
    x, step = events(task)[:50], 1e-6
    ahead = x.copy()
    ahead[:, 0] += step * x[:, 1]
    fields = task.truth_fields()
    slope = (fields(ahead)[:, :, 0] - fields(x)[:, :, 0]) / step
    np.testing.assert_allclose(fields(x)[:, :, 1], slope, atol=1e-4)


def test_milne_is_empty_space_in_other_coordinates() -> None:
    x = torch.from_numpy(events(Milne(events=50))[:, 0])

    def flat(at: torch.Tensor) -> torch.Tensor:
        return torch.stack([at[0] * at[1].cosh(), at[0] * at[1].sinh()])

    jacobian = torch.func.vmap(torch.func.jacrev(flat))(x)
    eta = torch.diag(torch.tensor([1.0, -1.0], dtype=torch.float64))
    torch.testing.assert_close(jacobian.transpose(1, 2) @ eta @ jacobian, Milne().metric(x))


def test_sections_of_painleve_time_are_flat() -> None:
    """dt = dT − h′ dr, h′ = ±r^(−1/2)/(1 − 1/r), in the metric of the black hole, at dT = 0."""
    x = torch.from_numpy(events(BlackHole(events=50))[:, 0])
    r = x[:, 1:].norm(dim=1)
    slope = (r**-0.5 / (1 - 1 / r))[:, None] * x[:, 1:] / r[:, None]
    u = r.sqrt().requires_grad_()
    (derivative,) = torch.autograd.grad((2 * u + ((u - 1) / (u + 1)).log()).sum(), u)
    torch.testing.assert_close(derivative / (2 * u), r**-0.5 / (1 - 1 / r))
    inside = torch.cat([-slope[:, None, :], torch.eye(3, dtype=x.dtype).expand(len(x), 3, 3)], dim=1)
    section = inside.transpose(1, 2) @ BlackHole().metric(x) @ inside
    torch.testing.assert_close(section, -torch.eye(3, dtype=x.dtype).expand(len(x), 3, 3))


def test_the_bumpy_spacetime_has_no_killing_field() -> None:
    """dK and d(∇K)² are independent: a field along which both are constant is zero."""

    def phi(at: torch.Tensor) -> torch.Tensor:
        return Bumpy().metric(at[None])[0, 0, 0].log() / 2

    def curvature(at: torch.Tensor) -> torch.Tensor:
        """K of e^2φ (dt² − dx²): −e^−2φ (∂_t² − ∂_x²) φ."""
        second = torch.func.jacrev(torch.func.jacrev(phi))(at)
        return torch.as_tensor(-(second[0, 0] - second[1, 1]) * (-2 * phi(at)).exp())

    def steepness(at: torch.Tensor) -> torch.Tensor:
        slope, metric = torch.func.grad(curvature)(at), Bumpy().metric(at[None])[0]
        return torch.as_tensor(slope @ torch.linalg.inv(metric) @ slope)

    x = torch.from_numpy(events(Bumpy(events=20))[:, 0])
    forms = torch.stack([torch.func.vmap(torch.func.grad(f))(x) for f in (curvature, steepness)], dim=1)
    sizes = forms.norm(dim=2).prod(dim=1)
    assert (torch.linalg.det(forms).abs() / sizes).median() > 0.1
    assert Bumpy().truth_fields()(events(Bumpy(events=20))).shape[0] == 0
