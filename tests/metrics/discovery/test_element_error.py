"""The change of a label under elements of a group, on the label with turns by 2π/7."""

import numpy as np
import numpy.typing as npt
import pytest

from symbench.algebra.bases import so
from symbench.metrics.discovery.element_error import element_error
from symbench.tasks.function.discrete_rotation import DiscreteRotation

EVENTS = np.random.default_rng(0).normal(size=(4_000, 1, 3))


def turn(angle: float) -> npt.NDArray[np.float64]:
    """A turn of the plane (x₁, x₂)."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


@pytest.mark.parametrize("sectors", range(7))
def test_the_seven_turns_leave_the_label_unchanged(sectors: int) -> None:
    f = DiscreteRotation().formula()
    assert element_error(turn(2 * np.pi * sectors / 7)[None], f, EVENTS) < 0.02  # events within rounding of a jump


def test_the_largest_change_counts() -> None:
    f = DiscreteRotation().formula()
    half, whole = turn(np.pi / 7), turn(2 * np.pi / 7)
    assert element_error(half[None], f, EVENTS) > 0.2
    assert element_error(np.stack([whole, half]), f, EVENTS) == element_error(half[None], f, EVENTS)


def test_the_label_has_the_dilation_of_the_plane_and_no_rotation() -> None:
    f = DiscreteRotation().formula()
    assert element_error(np.diag([2.0, 2.0, 1.0])[None], f, EVENTS) < 1e-9
    for rotation in so(3):
        assert element_error((np.eye(3) + 0.1 * rotation)[None], f, EVENTS) > 0.05
