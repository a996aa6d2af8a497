"""The wording of approximate symmetries."""

from __future__ import annotations

import numpy as np
import pytest

from symbench.algebra.approximate import approximate, broken_by, exact_part, is_approximate
from symbench.algebra.bases import so
from symbench.discovery.base import Symmetry


@pytest.mark.parametrize("name", ["so(3)", "so(1,3)+abelian(1)", "unknown(7)"])
def test_the_word_is_put_in_front_and_taken_off(name: str) -> None:
    assert is_approximate(approximate(name))
    assert not is_approximate(name)
    assert exact_part(approximate(name)) == exact_part(name) == name


@pytest.mark.parametrize(
    ("breaking", "text"),
    [
        ((0.03,), "3.0 %"),
        ((0.0996,), "10 %"),
        ((0.00996,), "1.0 %"),
        ((0.0034,), "0.34 %"),
        ((0.5, 0.806, 0.7), "50 to 81 %"),
        ((0.0301, 0.0302), "3.0 %"),
    ],
)
def test_two_digits_are_stated(breaking: tuple[float, ...], text: str) -> None:
    assert broken_by(*breaking) == f"broken by {text}"


def test_the_name_of_a_claim_does_not_hide_the_breaking() -> None:
    exact = Symmetry(so(3), np.ones(3))
    broken = Symmetry(so(3), np.ones(3), scalars={"breaking": 0.03})
    assert exact.name == "so(3)"
    assert broken.name == "approximate so(3), broken by 3.0 %"
    assert broken.name in repr(broken)
    assert broken.name in broken._repr_html_()
    assert Symmetry(np.zeros((0, 3, 3)), np.zeros(0)).name == "none"
