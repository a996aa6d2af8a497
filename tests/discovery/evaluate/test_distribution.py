"""Claims of the distribution track, matrices and vector fields, by the same numbers."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from symbench.algebra.bases import so
from symbench.component import Track
from symbench.data.splits import split
from symbench.discovery.base import DiscoveryMethod, Symmetry
from symbench.discovery.evaluate.run import run_discovery
from symbench.discovery.laligan.method import LaLieGan
from symbench.metrics.fields import linear_fields
from symbench.tasks.base import DataContext, DistributionTask
from symbench.tasks.distribution.anisotropic import Anisotropic
from symbench.tasks.distribution.isotropic_gas import IsotropicGas
from symbench.tasks.distribution.two_body_steps import TwoBodySteps
from symbench.trial.result import Outcome


class Claims(DiscoveryMethod):
    """Says what it was told to."""

    name: ClassVar[str] = "claims"
    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "claims"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.DISTRIBUTION})
    claim: ClassVar[Symmetry]

    def fit(self, sample: Any, *, seed: int, budget: float, device: str = "cpu") -> Symmetry:
        return self.claim


def run(method: DiscoveryMethod, task: DistributionTask) -> Outcome:
    drawn = split(task.load(DataContext(Path("unused"))), task.sizes(), train_size=100, seed=0)
    return run_discovery(method, task, drawn, seed=0, budget=1.0, device="cpu")


def claimed(generators: np.ndarray, task: DistributionTask, *, as_fields: bool) -> Outcome:
    d, k = generators.shape[-1], len(generators)
    none = np.zeros((0, d, d))
    Claims.claim = (
        Symmetry(none, np.ones(k), fields=linear_fields(generators)) if as_fields else Symmetry(generators, np.ones(k))
    )
    return run(Claims(), task)


GAS = IsotropicGas(events=100, test_events=600)


def test_a_matrix_and_its_field_are_judged_alike() -> None:
    mixed = np.concatenate([so(3), np.diag([1.0, 0.9, 0.4])[None]])
    matrices, fields = (claimed(mixed, GAS, as_fields=flag) for flag in (False, True))
    assert fields.notes == {"claim": "vector fields", "algebra": fields.notes["algebra"], "truth": "so(3)"}
    assert fields.metrics["count"] == matrices.metrics["count"] == 4
    assert fields.metrics["recall"] == pytest.approx(matrices.metrics["recall"])
    assert fields.metrics["precision"] == pytest.approx(matrices.metrics["precision"], abs=0.02)
    np.testing.assert_allclose(fields.arrays["defects"], matrices.arrays["defects"], atol=1e-7)
    np.testing.assert_allclose(fields.arrays["two_sample_auc"], matrices.arrays["two_sample_auc"], atol=0.05)


def test_the_truth_as_fields_scores_one_and_a_scaling_nothing() -> None:
    right = claimed(so(3), GAS, as_fields=True).metrics
    assert right["f1"] == pytest.approx(1)
    assert right["algebra_correct"] == 1
    assert right["defect_max"] < 0.15
    assert right["two_sample_auc_max"] < 0.58
    wrong = claimed(np.eye(3)[None], GAS, as_fields=True).metrics
    assert wrong["f1"] < 1e-5
    assert wrong["count"] == 1
    assert wrong["defect_max"] == pytest.approx(1)
    assert wrong["two_sample_auc_max"] > right["two_sample_auc_max"] + 0.03


def test_fields_move_companions_too() -> None:
    task = TwoBodySteps(events=100, test_events=600)
    right = claimed(task.truth(), task, as_fields=True).metrics
    assert right["f1"] == pytest.approx(1)
    assert right["defect_max"] < 0.2
    assert right["two_sample_auc_max"] < 0.58


def test_a_field_that_is_claimed_of_a_control_is_a_false_discovery() -> None:
    task = Anisotropic(events=100, test_events=200)
    metrics = claimed(so(3)[:1], task, as_fields=True).metrics
    assert metrics["false_discovery"] == 1
    assert metrics["f1"] == 0
    nothing = claimed(np.zeros((0, 3, 3)), task, as_fields=False).metrics
    assert nothing["false_discovery"] == 0
    assert nothing["f1"] == 1


def test_a_field_whose_flow_ends_is_a_number_and_no_error() -> None:
    """Along x⁹ an event gets to infinity in a time that is shorter the further out it begins."""
    Claims.claim = Symmetry(np.zeros((0, 3, 3)), np.ones(1), fields=lambda x: (x**9)[None])
    metrics = run(Claims(), IsotropicGas(events=100, test_events=200)).metrics
    assert 0.5 <= metrics["two_sample_auc_max"] <= 1
    assert metrics["defect_max"] > 0.5


def test_laligan_is_judged_by_its_fields() -> None:
    method = LaLieGan(channels=2, latent=2, hidden=8, autoencoder_hidden=8, worst=10.0, steps=20)
    assert method.incompatibility(GAS) is None
    outcome = run(method, GAS)
    assert outcome.notes["claim"] == "vector fields"
    assert outcome.metrics["count"] == 2
    assert {"f1", "recall", "precision", "defect_max", "two_sample_auc_max"} <= set(outcome.metrics)
    abstained = run(LaLieGan(steps=2, worst=1e-6, hidden=8, autoencoder_hidden=8), GAS).metrics
    assert abstained["count"] == abstained["f1"] == 0
