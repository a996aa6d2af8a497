"""The test of a transformation: calibrated if the symmetry holds, powerful if it is violated."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from symbench.tasks.base import DataContext
from symbench.tasks.function.cms.dimuon import DimuonMass
from symbench.which_is_real.pair_test import FEWEST, which_is_real
from symbench.which_is_real.transformations import transformation


def isotropic(events: int, seed: int, shift: float = 0.0) -> npt.NDArray[np.float64]:
    """Pairs of heavy-tailed momenta in every direction, (N, 2, 4); `shift` moves pz of both and violates parity."""
    rng = np.random.default_rng([seed, 5])
    p = rng.normal(size=(events, 2, 3)) * np.sqrt(4 / rng.chisquare(4, size=(events, 2, 1)))
    p[..., 2] += shift
    return np.asarray(np.concatenate([np.sqrt(1 + (p**2).sum(-1, keepdims=True)), p], axis=-1), dtype=np.float64)


def test_true_symmetries_are_rarely_challenged() -> None:
    names = ("parity", "swap_xz", "beam_rotation", "parity*exchange")
    z = np.array(
        [which_is_real(isotropic(80, seed), transformation(name), seed=seed).z for seed in range(3) for name in names]
    )
    assert abs(z.mean()) < 3.5 / math.sqrt(len(z))
    assert z.std() < 1.5


@pytest.mark.slow
@pytest.mark.parametrize("name", ["parity", "swap_xz", "rotation", "rotation*parity"])
def test_the_level_over_a_hundred_samples(name: str) -> None:
    """At 5 %, 100 samples give 11 false alarms or fewer with probability 0.996."""
    z = np.array([which_is_real(isotropic(150, seed), transformation(name), seed=seed).z for seed in range(100)])
    assert (z > 1.645).sum() <= 11
    assert 0.75 < z.std() < 1.25


@pytest.mark.parametrize(("name", "shift"), [("parity", 0.5), ("reflection_z", 0.5), ("beam_boost:1", 0.0)])
def test_violations_are_found(name: str, shift: float) -> None:
    found = which_is_real(isotropic(500, 1, shift), transformation(name))
    assert found.z > 3.5
    assert found.p < 1e-3
    assert found.accuracy > 0.5 + 2 * found.accuracy_error
    assert which_is_real(isotropic(500, 1, shift), transformation("reflection_x")).z < 3


def test_a_violation_in_the_labels_alone_is_found() -> None:
    """Each class is shifted its own way; without the classes, parity holds."""
    x = isotropic(600, 2)
    labels = np.random.default_rng(0).integers(0, 2, 600)
    x[..., 3] += np.where(labels, 0.7, -0.7)[:, None]
    assert which_is_real(x, transformation("reflection_z"), labels=labels).z > 4
    assert which_is_real(x, transformation("reflection_z")).z < 3


def test_recorded_muon_pairs(tmp_path: Path) -> None:
    """The detector knows the beam: not that x and z are alike, nor a frame along the beam; the azimuth is free."""
    x = np.asarray(DimuonMass().load(DataContext(tmp_path)).vectors, dtype=np.float64)
    assert which_is_real(x, transformation("swap_xz")).z > 10
    assert which_is_real(x, transformation("beam_boost:0.5")).z > 3
    assert abs(which_is_real(x, transformation("beam_rotation")).z) < 3
    assert which_is_real(x, transformation("exchange")).z > 5, "the pairs of this file are ordered by momentum"


def test_an_answer_repeats_and_depends_on_no_unit() -> None:
    x = isotropic(100, 3)
    first, again, scaled = (which_is_real(s * x, transformation("parity"), seed=4) for s in (1, 1, 1024))
    assert first == again == scaled
    assert first.events == 100 - 2 * 13


def test_few_events_and_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match=f"the test needs {FEWEST} or more"):
        which_is_real(isotropic(FEWEST - 1, 0), transformation("parity"))
    broken = isotropic(50, 0)
    broken[3, 0, 1] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        which_is_real(broken, transformation("parity"))
