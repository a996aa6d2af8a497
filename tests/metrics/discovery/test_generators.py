import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.algebra.bases import so
from symbench.algebra.defects import defect_spectrum, quadratic_forms, relative_defects
from symbench.algebra.names import named_algebra
from symbench.algebra.subspace import random_generators, second_moment
from symbench.metrics.discovery.agreement import truth_metrics
from symbench.metrics.discovery.algebra import algebra_metrics
from symbench.metrics.discovery.defect import defect_metrics
from symbench.metrics.discovery.finite_error import finite_errors
from symbench.metrics.label import label_gradient

NOTHING = np.zeros((0, 4, 4))
PLAIN = np.eye(4)


def rng(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def test_a_perfect_answer() -> None:
    metrics = truth_metrics(so(1, 3)[::-1] * 3, so(1, 3), PLAIN)
    for name in ("f1", "recall", "precision", "f1_chance_corrected", "f1_unweighted"):
        assert metrics[name] == pytest.approx(1)
    assert metrics["count"] == 6
    assert metrics["count_error"] == 0
    assert metrics["angle_max_deg"] < 1e-10
    assert "false_discovery" not in metrics


def test_half_of_the_truth() -> None:
    metrics = truth_metrics(so(1, 3)[:3], so(1, 3), PLAIN)
    assert metrics["precision"] == pytest.approx(1)
    assert metrics["recall"] == pytest.approx(0.5)
    assert metrics["f1"] == pytest.approx(2 / 3)
    assert metrics["count_error"] == -3


def test_everything_claimed_has_full_recall_and_chance_f1() -> None:
    metrics = truth_metrics(named_algebra("gl(4)"), so(1, 3), PLAIN)
    assert metrics["recall"] == pytest.approx(1)
    assert metrics["precision"] == pytest.approx(6 / 16)
    assert metrics["f1_chance_corrected"] == pytest.approx(0, abs=1e-12)


def test_abstaining_where_there_is_a_symmetry() -> None:
    metrics = truth_metrics(NOTHING, so(1, 3), PLAIN)
    assert metrics["f1"] == metrics["recall"] == metrics["f1_chance_corrected"] == 0
    assert metrics["count_error"] == -6
    assert not {"precision", "angle_max_deg", "grassmann", "false_discovery"} & set(metrics)


@pytest.mark.parametrize(("claimed", "score"), [(NOTHING, 1.0), (so(1, 3), 0.0)])
def test_where_there_is_none_only_silence_is_right(claimed: np.ndarray, score: float) -> None:
    metrics = truth_metrics(claimed, NOTHING, PLAIN)
    assert metrics["f1"] == metrics["precision"] == metrics["recall"] == score
    assert metrics["false_discovery"] == 1 - score
    assert "angle_max_deg" not in metrics


@settings(deadline=None)
@given(seed=st.integers(0, 1000), degrees=st.floats(0.01, 80))
def test_one_tilted_generator_shows_its_angle(seed: int, degrees: float) -> None:
    basis = random_generators(4, 3, rng(seed))
    angle = math.radians(degrees)
    found = basis[:3].copy()
    found[2] = math.cos(angle) * basis[2] + math.sin(angle) * basis[3]
    metrics = truth_metrics(found, basis[:3], np.eye(3))
    assert metrics["angle_max_deg"] == pytest.approx(degrees, rel=1e-6)
    assert metrics["angle_mean_deg"] == pytest.approx(degrees / 3, rel=1e-6)
    assert metrics["grassmann"] == metrics["grassmann_unweighted"] == pytest.approx(angle, rel=1e-6)
    assert metrics["recall"] == pytest.approx((2 + math.cos(angle) ** 2) / 3)


def test_weights_are_those_of_the_data() -> None:
    """An error in a direction that the data hardly fill weighs little with Σ and fully without."""
    moment = np.diag([1.0, 1.0, 1.0, 1e-4])
    wrong = so(1, 3).copy()
    wrong[:, :, 3] = 0.0
    metrics = truth_metrics(wrong, so(1, 3), moment)
    assert metrics["recall"] > metrics["recall_unweighted"]
    assert metrics["grassmann"] < metrics["grassmann_unweighted"]


def quadratic(x: torch.Tensor) -> torch.Tensor:
    v = x[:, 0]
    return v[:, 0] ** 2 - v[:, 1:].square().sum(1)


def test_gradient_and_defect_of_a_quadratic_form() -> None:
    x = rng(1).standard_normal((200, 1, 4))
    gradient = label_gradient(quadratic, x)
    assert np.allclose(gradient[:, 0], 2 * x[:, 0] * [1, -1, -1, -1])
    defects = relative_defects(so(1, 3), gradient, x)
    assert defect_metrics(defects)["defect_max"] < 1e-12
    assert len(defects) == 6
    # The dilation moves f by 2f where it could move it by ‖∇f‖‖x‖ = 2‖x‖².
    norm = np.sum(x[:, 0] ** 2, axis=1)
    f = quadratic(torch.from_numpy(x)).numpy()
    expected = math.sqrt(np.mean(f**2) / np.mean(norm**2))
    assert relative_defects(np.eye(4)[None], gradient, x)[0] == pytest.approx(expected)
    assert defect_metrics(relative_defects(NOTHING, gradient, x)) == {}


@settings(deadline=None)
@given(seed=st.integers(0, 1000))
def test_defects_lie_between_the_ends_of_the_spectrum(seed: int) -> None:
    random = rng(seed)
    x, gradient = random.standard_normal((2, 40, 2, 3))
    values, vectors = defect_spectrum(*quadratic_forms(gradient, x))
    some = relative_defects(random.standard_normal((20, 3, 3)), gradient, x)
    assert np.all((some**2 >= values[0] - 1e-12) & (some**2 <= values[-1] + 1e-12))
    assert 0 <= values[0] <= values[-1] <= 1
    at_ends = relative_defects(vectors.T.reshape(-1, 3, 3), gradient, x)
    assert np.allclose(at_ends**2, values, atol=1e-10)


def test_a_finite_dilation_changes_a_quadratic_form_by_a_closed_form() -> None:
    x = rng(2).standard_normal((300, 1, 4))
    f = quadratic(torch.from_numpy(x))
    # A dilation moves the data by their distance from 0, which is a little more than that from their mean.
    mean = x.mean(axis=(0, 1))
    size = math.sqrt(1 + mean @ np.linalg.solve(np.cov(x[:, 0].T, bias=True), mean) / 4)
    expected = (math.exp(2 * 0.5 / size) - 1) * float(f.square().mean().sqrt() / f.std())
    assert finite_errors(7 * np.eye(4)[None], quadratic, x)[0] == pytest.approx(expected, rel=1e-10)
    assert np.max(finite_errors(so(1, 3), quadratic, x)) < 1e-13
    assert len(finite_errors(NOTHING, quadratic, x)) == 0


def test_algebra_of_the_answer() -> None:
    metrics, name = algebra_metrics(so(1, 3), "so(1,3)", so(1, 3))
    assert name == "so(1,3)"
    assert metrics["algebra_correct"] == 1
    assert metrics["closure"] < 1e-12
    assert metrics["eta_cosine"] == pytest.approx(1)
    assert algebra_metrics(NOTHING, "none", NOTHING) == ({"algebra_correct": 1.0}, "none")
    assert algebra_metrics(so(4), "so(1,3)", so(4))[0]["algebra_correct"] == 0
    assert "algebra_correct" not in algebra_metrics(so(4), None, so(4))[0]
    assert "eta_cosine" not in algebra_metrics(so(3), None, so(3))[0]


def test_moment_is_summed_over_the_vectors_of_an_event() -> None:
    x = rng(3).standard_normal((50, 2, 3))
    assert np.allclose(second_moment(x), sum(x[:, p].T @ x[:, p] for p in range(2)) / 50)
