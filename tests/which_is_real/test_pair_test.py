"""The test of a transformation: calibrated if the symmetry holds, powerful if it is violated."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from symbench.tasks.base import DataContext
from symbench.tasks.function.cms.dimuon import DimuonMass
from symbench.which_is_real.events import EventVectors
from symbench.which_is_real.pair_test import FEWEST, which_is_real
from symbench.which_is_real.transformations import by_matrix, transformation


def isotropic(events: int, seed: int, shift: float = 0.0) -> npt.NDArray[np.float64]:
    """Pairs of heavy-tailed momenta in every direction, (N, 2, 4); `shift` moves pz of both and violates parity."""
    rng = np.random.default_rng([seed, 5])
    p = rng.normal(size=(events, 2, 3)) * np.sqrt(4 / rng.chisquare(4, size=(events, 2, 1)))
    p[..., 2] += shift
    return np.asarray(np.concatenate([np.sqrt(1 + (p**2).sum(-1, keepdims=True)), p], axis=-1), dtype=np.float64)


def test_true_symmetries_are_rarely_challenged() -> None:
    names = ("parity", "swap_xz", "beam_rotation", "parity*exchange")
    z = np.array(
        [
            which_is_real(EventVectors(isotropic(80, seed)), transformation(name), seed=seed).z
            for seed in range(3)
            for name in names
        ]
    )
    assert abs(z.mean()) < 3.5 / math.sqrt(len(z))
    assert z.std() < 1.5


@pytest.mark.slow
@pytest.mark.parametrize("name", ["parity", "swap_xz", "rotation", "rotation*parity"])
def test_the_level_over_a_hundred_samples(name: str) -> None:
    """At 5 %, 100 samples give 11 false alarms or fewer with probability 0.996."""
    z = np.array(
        [which_is_real(EventVectors(isotropic(150, seed)), transformation(name), seed=seed).z for seed in range(100)]
    )
    assert (z > 1.645).sum() <= 11
    assert 0.75 < z.std() < 1.25


@pytest.mark.parametrize(("name", "shift"), [("parity", 0.5), ("reflection_z", 0.5), ("beam_boost:1", 0.0)])
def test_violations_are_found(name: str, shift: float) -> None:
    found = which_is_real(EventVectors(isotropic(500, 1, shift)), transformation(name))
    assert found.z > 3.5
    assert found.p < 1e-3
    assert found.accuracy > 0.5 + 2 * found.accuracy_error
    assert which_is_real(EventVectors(isotropic(500, 1, shift)), transformation("reflection_x")).z < 3


def test_a_violation_in_the_labels_alone_is_found() -> None:
    """Each class is shifted its own way; without the classes, parity holds."""
    x = isotropic(600, 2)
    labels = np.random.default_rng(0).integers(0, 2, 600)
    x[..., 3] += np.where(labels, 0.7, -0.7)[:, None]
    assert which_is_real(EventVectors(x), transformation("reflection_z"), labels=labels).z > 4
    assert which_is_real(EventVectors(x), transformation("reflection_z")).z < 3


def test_recorded_muon_pairs(tmp_path: Path) -> None:
    """The detector knows the beam: not that x and z are alike, nor a frame along the beam; the azimuth is free."""
    x = np.asarray(DimuonMass().load(DataContext(tmp_path)).vectors, dtype=np.float64)
    assert which_is_real(EventVectors(x), transformation("swap_xz")).z > 10
    assert which_is_real(EventVectors(x), transformation("beam_boost:0.5")).z > 3
    assert abs(which_is_real(EventVectors(x), transformation("beam_rotation")).z) < 3
    assert which_is_real(EventVectors(x), transformation("exchange")).z > 5, (
        "the pairs of this file are ordered by momentum"
    )


def test_an_answer_repeats_and_depends_on_no_unit() -> None:
    x = isotropic(100, 3)
    first, again, scaled = (which_is_real(EventVectors(s * x), transformation("parity"), seed=4) for s in (1, 1, 1024))
    assert first == again == scaled
    assert first.events == 100 - 2 * 13


def test_few_events_and_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match=f"the test needs {FEWEST} or more"):
        which_is_real(EventVectors(isotropic(FEWEST - 1, 0)), transformation("parity"))
    broken = isotropic(50, 0)
    broken[3, 0, 1] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        which_is_real(EventVectors(broken), transformation("parity"))


def test_a_control_is_never_challenged_though_the_data_break_the_symmetry() -> None:
    """The pairs of a control are exchangeable for every transformation, even for one that no density can have."""
    x, move = EventVectors(isotropic(150, 4, shift=1.0)), transformation("beam_boost:1")
    assert which_is_real(x, move).z > 4
    z = np.array([which_is_real(x, move, seed=seed, control=True).z for seed in range(4)])
    assert abs(z.mean()) < 2
    assert (z < 3.5).all()


def test_charge_conjugation_needs_charges_and_finds_a_net_charge() -> None:
    x = isotropic(300, 5)
    rng = np.random.default_rng(1)
    neutral, positive = (rng.choice([-1.0, 1.0], (300, 2), p=(1 - p, p)) for p in (0.5, 0.65))
    move = transformation("charge_conjugation")
    assert which_is_real(EventVectors(x, positive), move).z > 3
    assert which_is_real(EventVectors(x, neutral), move).z < 3
    with pytest.raises(ValueError, match="needs the charges of the constituents"):
        which_is_real(EventVectors(x), move)


def test_a_net_charge_that_follows_the_momentum_breaks_c_and_p_but_not_cp() -> None:
    """The charge has the sign of pz: each of C and P alone changes the density, both together leave it."""
    x = isotropic(400, 6)
    charges = np.where(np.random.default_rng(2).random((400, 2)) < 0.8, 1.0, -1.0) * np.sign(x[..., 3])
    found = {
        name: which_is_real(EventVectors(x, charges), transformation(name)).z
        for name in ("charge_conjugation", "parity", "charge_conjugation*parity")
    }
    assert found["charge_conjugation"] > 5
    assert found["parity"] > 5
    assert found["charge_conjugation*parity"] < 3


def test_turns_of_a_square_hold_and_others_do_not() -> None:
    """Points near the corners of a square: C₄ is a symmetry, an eighth of a turn is none."""
    rng = np.random.default_rng(3)
    corners = np.exp(1j * np.pi / 2 * rng.integers(0, 4, 400)) + 0.2 * (rng.normal(size=(400, 2)) @ [1, 1j])
    x = np.stack([corners.real, corners.imag], axis=-1)[:, None]
    quarter = [[0.0, -1.0], [1.0, 0.0]]
    eighth = [[math.sqrt(0.5), -math.sqrt(0.5)], [math.sqrt(0.5), math.sqrt(0.5)]]
    assert which_is_real(EventVectors(x), by_matrix(quarter)).z < 3
    assert which_is_real(EventVectors(x), by_matrix(eighth)).z > 8
