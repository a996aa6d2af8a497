"""The table of several transformations: its verdicts allow for their number."""

from __future__ import annotations

import numpy as np
import pytest

import symbench as sb
from tests.which_is_real.test_pair_test import isotropic


def test_verdicts_of_a_table() -> None:
    table = sb.challenge(isotropic(300, 0), ["parity", "swap_xy", "beam_boost:1.5"])
    assert table["verdict"].tolist() == ["not challenged", "not challenged", "challenged"]
    assert table.columns.tolist() == ["transformation", "events", "accuracy", "accuracy_error", "z", "p", "verdict"]


@pytest.mark.parametrize(
    ("x", "labels", "names", "says"),
    [
        (np.ones((50, 4)), None, ["parity"], "is needed, with E, px, py, pz"),
        (isotropic(50, 0), [1, 0], ["parity"], "labels have the shape"),
        (isotropic(50, 0), None, [], "at least one transformation"),
    ],
)
def test_what_is_refused(x: np.ndarray, labels: list[int] | None, names: list[str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        sb.challenge(x, names, labels=labels)
