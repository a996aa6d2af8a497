from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from symbench.component import Track
from symbench.data.container import Dataset
from symbench.data.orbits.integrate import nothing, quadratic
from symbench.data.samples import ConservedQuantities
from symbench.data.splits import Split, split
from symbench.discovery.base import DiscoveryMethod, Symmetry, TrajectorySample
from symbench.discovery.evaluate.dynamics import COUNT_ONLY
from symbench.discovery.evaluate.run import run_discovery
from symbench.discovery.random import RandomSubspace
from symbench.discovery.truth import Truth
from symbench.errors import IncompatibleError
from symbench.tasks.base import DataContext, DiscoveryTask
from symbench.tasks.dynamics.damped_pendulum import DampedPendulum
from symbench.tasks.dynamics.harmonic import Harmonic2dAnisotropic, Harmonic2dIsotropic
from symbench.tasks.dynamics.kepler import Kepler3d
from symbench.tasks.dynamics.simulated import Dynamics
from symbench.tasks.function.so import So3
from symbench.trial.result import Outcome
from tests.tasks.dynamics.test_dynamics import SYSTEMS


@cache
def events(cls: type[Dynamics]) -> tuple[Dynamics, Split]:
    task = cls(trajectories=60, test_trajectories=240, steps=30)
    return task, split(task.load(DataContext(Path("unused"))), task.sizes(), train_size=60, seed=0)


def run(method: DiscoveryMethod, cls: type[Dynamics], seed: int = 0) -> Outcome:
    task, drawn = events(cls)
    return run_discovery(method, task, drawn, seed=seed, budget=1.0, device="cpu")


class Claims(DiscoveryMethod):
    """Says what it was told to."""

    name: ClassVar[str] = "claims"
    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "claims"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.DYNAMICS})
    claim: ClassVar[Symmetry]
    seen: ClassVar[list[TrajectorySample]] = []

    def fit(self, sample: Any, *, seed: int, budget: float, device: str = "cpu") -> Symmetry:
        self.seen.append(sample)
        return self.claim


def claimed(conserved: ConservedQuantities | None, cls: type[Dynamics], **scalars: float) -> Outcome:
    Claims.claim = Symmetry(np.zeros((0, 1, 1)), np.zeros(0), conserved=conserved, scalars=scalars)
    return run(Claims(), cls)


ENERGIES = quadratic(np.stack([np.diag([1.0, 0, 1, 0]), np.diag([0.0, 1, 0, 1])]))


@pytest.mark.parametrize("cls", SYSTEMS)
def test_the_truth_scores_one_on_every_system(cls: type[Dynamics]) -> None:
    outcome = run(Truth(), cls)
    metrics = outcome.metrics
    assert metrics["count_error"] == 0
    assert metrics["f1"] > 0.97
    if metrics["count"]:
        assert metrics["span_f1"] > 0.999
        assert metrics["drift_max"] < 1e-6
        assert metrics["defect_max"] < 1e-6
        assert outcome.notes["truth"].count(",") == metrics["count"] - 1
    else:
        assert metrics["false_discovery"] == 0
        assert outcome.notes["truth"] == "none"


@pytest.mark.parametrize("cls", SYSTEMS)
def test_random_functions_are_told_from_the_truth(cls: type[Dynamics]) -> None:
    metrics = run(RandomSubspace(), cls).metrics
    assert metrics["drift_max"] > 0.2
    if cls.names:
        assert metrics["count"] == len(cls.names)
        assert metrics["precision"] < 0.6
    else:
        assert metrics["false_discovery"] == 1
        assert metrics["f1"] == 0


def test_a_part_of_the_truth_is_recalled_in_part() -> None:
    metrics = claimed(ENERGIES, Harmonic2dIsotropic).metrics
    assert metrics["count"] == 2
    assert metrics["count_error"] == -1
    assert metrics["span_recall"] == pytest.approx(2 / 3, abs=1e-6)
    assert metrics["span_precision"] == pytest.approx(1, abs=1e-6)
    assert 0.3 < metrics["recall"] < 0.6  # of S₁, S₂, S₃ only S₁ is a function of both energies
    assert metrics["precision"] > 0.9  # and each energy is one of |S| and S₁


def test_a_wrong_quantity_costs_precision() -> None:
    metrics = claimed(ENERGIES, Harmonic2dAnisotropic).metrics  # those of frequencies 1 and 1
    assert metrics["drift_max"] > 0.05


def test_silence_on_a_system_that_conserves_scores_nothing() -> None:
    metrics = claimed(None, Kepler3d).metrics
    assert metrics["f1"] == metrics["recall"] == metrics["count"] == 0
    assert metrics["count_error"] == -5
    assert not {"precision", "drift_max"} & set(metrics)


def test_a_function_that_is_constant_is_no_claim() -> None:
    constant = ConservedQuantities(1, lambda x: np.full((len(x), 1), 2.0), lambda x: np.zeros((len(x), 1, 2)))
    metrics = claimed(constant, DampedPendulum).metrics
    assert metrics["functions_claimed"] == metrics["constants_dropped"] == 1
    assert metrics["false_discovery"] == 0
    assert metrics["f1"] == 1


def test_a_count_without_functions_has_no_metrics_of_functions() -> None:
    metrics = claimed(None, Kepler3d, **{COUNT_ONLY: 4.0}).metrics
    assert metrics["count"] == 4
    assert metrics["count_error"] == -1
    assert not {"f1", "recall", "span_recall", "functions_claimed", "drift_max"} & set(metrics)
    control = claimed(None, DampedPendulum, **{COUNT_ONLY: 1.0}).metrics
    assert control["false_discovery"] == 1


def test_wrong_claims_are_errors() -> None:
    with pytest.raises(ValueError, match="quantities with values of shape"):
        claimed(ConservedQuantities(2, nothing(4).values, nothing(4).gradients), Harmonic2dIsotropic)
    bad = ConservedQuantities(1, lambda x: np.full((len(x), 1), np.nan), lambda x: np.zeros((len(x), 1, 4)))
    with pytest.raises(ValueError, match="not finite"):
        claimed(bad, Harmonic2dIsotropic)


def test_a_method_sees_no_truth_and_no_test_orbit() -> None:
    Claims.seen.clear()
    claimed(None, Kepler3d)
    (sample,) = Claims.seen
    assert sample.truth is None
    assert sample.x.shape == (60, 30, 6)
    assert sample.canonical


@pytest.mark.slow
def test_metrics_repeat_bit_for_bit() -> None:
    assert run(RandomSubspace(), Kepler3d, 3).metrics == run(RandomSubspace(), Kepler3d, 3).metrics
    assert run(RandomSubspace(), Kepler3d, 3).metrics != run(RandomSubspace(), Kepler3d, 4).metrics
    assert run(RandomSubspace(generators=2), Kepler3d).metrics["count"] == 2


def test_a_method_of_this_track_cannot_answer_another() -> None:
    task: DiscoveryTask = So3(events=20, test_events=10)
    assert Claims().incompatibility(task) is not None
    data: Dataset = task.load(DataContext(Path("unused")))
    with pytest.raises(IncompatibleError):
        run_discovery(Claims(), task, split(data, task.sizes(), train_size=20, seed=0), seed=0, budget=1, device="cpu")
