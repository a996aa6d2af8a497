"""False alarms over a hundred controls of recorded pairs, and the power to find injected violations of known size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import norm

from symbench.tasks.base import DataContext
from symbench.tasks.function.cms.dimuon import DimuonMass
from symbench.which_is_real.events import EventVectors
from symbench.which_is_real.pair_test import which_is_real
from symbench.which_is_real.transformations import transformation
from tests.which_is_real.test_pair_test import isotropic

pytestmark = pytest.mark.slow

LEVEL = 1.645


@pytest.mark.parametrize(
    "name", ["parity", "swap_xz", "beam_rotation", "beam_boost:0.5", "exchange", "exchange*parity"]
)
def test_false_alarms_over_a_hundred_controls_of_recorded_pairs(name: str, tmp_path: Path) -> None:
    """At 5 %, 100 samples give 11 false alarms or fewer with probability 0.996."""
    x = np.asarray(DimuonMass().load(DataContext(tmp_path)).vectors, dtype=np.float64)
    z = []
    for seed in range(100):
        rows = np.random.default_rng([seed, 1]).choice(len(x), 300, replace=False)
        z.append(which_is_real(EventVectors(x[rows]), transformation(name), seed=seed, control=True).z)
    found = np.array(z)
    print(f"{name}: {np.std(found):.2f}, above: {(found > LEVEL).sum()}, above 2.33: {(found > 2.326).sum()}")
    assert (found > LEVEL).sum() <= 11
    assert 0.75 < found.std() < 1.3


def violated(events: int, asymmetry: float, seed: int) -> npt.NDArray[np.float64]:
    """Isotropic pairs whose first vector has pz > 0 with probability (1 + asymmetry)/2: that alone breaks parity."""
    x = isotropic(events, seed)
    upwards = np.random.default_rng([seed, 9]).random(events) < (1 + asymmetry) / 2
    x[..., 1:] *= np.where((x[:, 0, 3] > 0) == upwards, 1, -1)[:, None, None]
    return x


@pytest.mark.parametrize("events", [300, 1000, 3000])
@pytest.mark.parametrize("asymmetry", [0.1, 0.2, 0.4])
def test_power_to_find_an_injected_violation(events: int, asymmetry: float) -> None:
    """The best test counts signs: it finds an asymmetry a in n tested events with probability Φ(a√n − 1.645)."""
    seeds = 20 if events < 3000 else 10
    answers = [
        which_is_real(EventVectors(violated(events, asymmetry, s)), transformation("parity"), seed=s)
        for s in range(seeds)
    ]
    z = np.array([answer.z for answer in answers])
    accuracy = np.mean([answer.accuracy for answer in answers])
    best = float(norm.cdf(asymmetry * np.sqrt(answers[0].events) - LEVEL))
    found = int((z > LEVEL).sum())
    print(f"{events}, {asymmetry}: {found} of {seeds}, best {best:.2f}, z {np.median(z):.1f}, m {accuracy:.3f}")
    assert accuracy < (1 + asymmetry) / 2 + 0.05, "no classifier prefers the real one more often than they differ"
    if asymmetry * np.sqrt(answers[0].events) > 8:
        assert (z > LEVEL).mean() >= 0.9
