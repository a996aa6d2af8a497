"""Spaces are drawn from alike everywhere, within their ranges, and each configuration once."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from symbench.tuning.space import Dimension, configurations

SPACE = {
    "learning_rate": Dimension(log_uniform=(1e-4, 1e-2)),
    "dropout": Dimension(uniform=(0, 0.3)),
    "heads": Dimension(integer=(1, 4)),
    "kind": Dimension(choice=("a", "b")),
}
FIRST = {"learning_rate": 1e-3, "dropout": 0.0, "heads": 2, "kind": "a"}


def test_the_recipe_as_it_is_comes_first_and_the_rest_is_drawn_alike() -> None:
    """The same text gives the same configurations, another text others."""
    one, again, other = (list(itertools.islice(configurations(SPACE, s, FIRST), 20)) for s in ("1", "1", "2"))
    assert one[0] == FIRST
    assert one == again
    assert one[1:] != other[1:]


def test_what_is_drawn_for_a_text_is_pinned() -> None:
    """A journal names configurations by their number: what a number means must not move with a release."""
    drawn = list(itertools.islice(configurations({"learning_rate": SPACE["learning_rate"]}, "x", {}), 4))
    assert [d["learning_rate"] for d in drawn[1:]] == [0.001826, 0.001563, 0.0009266]


@given(
    low=st.floats(1e-6, 1e3), factor=st.floats(1.001, 1e4), seed=st.integers(), kind=st.sampled_from(["log", "plain"])
)
def test_numbers_stay_within_their_range(low: float, factor: float, seed: int, kind: str) -> None:
    """Rounding to few digits leads nowhere outside."""
    ends = (low, low * factor)
    dimension = Dimension(log_uniform=ends) if kind == "log" else Dimension(uniform=ends)
    assert ends[0] <= dimension.draw(random.Random(seed)) <= ends[1]


def test_log_uniform_gives_every_decade_its_share() -> None:
    """Of two decades each gets half, within five standard deviations."""
    source = random.Random(5)
    n = 2000
    low = sum(Dimension(log_uniform=(1e-4, 1e-2)).draw(source) < 1e-3 for _ in range(n))
    assert abs(low - n / 2) < 5 * math.sqrt(n) / 2


def test_a_finite_space_ends() -> None:
    """Every configuration once, and no more than there are."""
    space = {"a": Dimension(choice=(1, 2, 3)), "b": Dimension(integer=(0, 1))}
    found = list(configurations(space, "", {"a": 1, "b": 0}))
    assert sorted((c["a"], c["b"]) for c in found) == sorted(itertools.product((1, 2, 3), (0, 1)))
    assert list(configurations({}, "", {})) == [{}]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "not nothing"),
        ({"uniform": (0, 1), "choice": (1,)}, "uniform and choice"),
        ({"uniform": (1, 1)}, "to a larger one"),
        ({"log_uniform": (0, 1)}, "above zero"),
        ({"integer": (0.5, 2)}, "integer"),
        ({"choice": (1, 1)}, "each value once"),
        ({"choice": ()}, "at least 1"),
        ({"uniform": (0, math.inf)}, "finite"),
    ],
)
def test_a_dimension_that_means_nothing_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Dimension(**given)
