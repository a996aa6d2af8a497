"""The density's truth is a symmetry of unseen events, and other maps are not."""

from pathlib import Path

import numpy as np
import pytest

from symbench.algebra.bases import gl, so
from symbench.algebra.subspace import overlap
from symbench.metrics.density import moment_defects
from symbench.metrics.discovery.two_sample import two_sample_aucs
from symbench.tasks.base import DataContext, DistributionTask
from symbench.tasks.distribution.anisotropic import Anisotropic
from symbench.tasks.distribution.cms_dimuon_azimuth import DimuonAzimuth
from symbench.tasks.distribution.isotropic_gas import IsotropicGas
from symbench.tasks.distribution.rotated_digits import RotatedDigits
from symbench.tasks.distribution.two_body_steps import TwoBodySteps

MADE = [IsotropicGas(), TwoBodySteps(), TwoBodySteps(frame="centre-of-mass"), RotatedDigits()]


@pytest.mark.parametrize("task", MADE, ids=repr)
def test_nobody_tells_transformed_events_from_others(task: DistributionTask, tmp_path: Path) -> None:
    sample = task.sample(task.load(DataContext(tmp_path)).take(np.arange(3_000)))
    truth = task.truth()
    assert truth is not None
    assert np.all(moment_defects(truth, sample) < 0.1)
    assert np.all(two_sample_aucs(truth, sample) < 0.56)


def test_boosts_of_recorded_dimuons_show_and_the_azimuth_does_not(tmp_path: Path) -> None:
    task = DimuonAzimuth()
    sample = task.sample(task.load(DataContext(tmp_path)))
    assert moment_defects(task.truth(), sample)[0] < 0.15
    boosts = so(1, 3)[[np.flatnonzero(np.abs(so(1, 3)[:, 0]).sum(axis=1))[0]]]
    assert moment_defects(boosts, sample)[0] > 0.5
    assert two_sample_aucs(boosts, sample)[0] > two_sample_aucs(task.truth(), sample)[0] + 0.1


def test_no_linear_map_leaves_the_control_alone(tmp_path: Path) -> None:
    """In whitened coordinates only rotations keep the second moment, and trees see every one of them."""
    task = Anisotropic()
    sample = task.sample(task.load(DataContext(tmp_path)).take(np.arange(4_000)))
    flat = sample.x[:, 0]
    white = np.linalg.cholesky(np.linalg.inv(flat.T @ flat / len(flat))).T
    rotations = np.linalg.solve(white, so(3) @ white).astype(np.float64)
    assert np.all(moment_defects(rotations, sample) < 1e-9)
    assert np.all(two_sample_aucs(rotations, sample) > 0.57)
    assert np.all(moment_defects(gl(3), sample) > 0.4)


def test_the_centre_of_mass_frame_fills_half_of_the_space(tmp_path: Path) -> None:
    for frame, rank in (("moving", 8), ("centre-of-mass", 4)):
        task = TwoBodySteps(frame=frame, events=500, test_events=100)
        x = task.load(DataContext(tmp_path)).vectors[:, 0]
        assert np.linalg.matrix_rank(x, tol=1e-9 * len(x)) == rank
        moment = x.T @ x / len(x)
        half = task.truth().copy()
        half[:, 2:4] = 0  # the second body's position stays: in the centre-of-mass frame that leaves the data
        assert overlap(task.truth(), task.truth(), moment).f1 == pytest.approx(1)
        assert overlap(half, task.truth(), moment).f1 < 0.95


def test_digits_look_like_themselves(tmp_path: Path) -> None:
    data = RotatedDigits(events=300, test_events=50).load(DataContext(tmp_path))
    radius = np.linalg.norm(data.vectors[:, :, :2], axis=2)
    assert np.all(np.diff(radius, axis=1) >= 0)
    assert radius.max() < 1.6
    assert np.all(data.vectors[:, :, 2] == 1)
    assert set(np.unique(data.label)) == set(range(10))
    # A zero is a ring, a one is not: its points lie further from the centre.
    assert radius[data.label == 0].mean() > radius[data.label == 1].mean()
