"""What a claim on a broken symmetry is worth: it is false if it hides the breaking."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symbench.data.container import Dataset
from symbench.discovery.base import Symmetry
from symbench.discovery.evaluate.run import evaluate
from symbench.metrics.discovery.breaking import CLOSE, hides_breaking
from symbench.tasks.base import DataContext
from symbench.tasks.function.random_function import RandomFunction
from symbench.tasks.function.so import So3, So3Broken
from symbench.trial.result import Outcome

TASK = So3Broken(epsilon=0.05, events=400, test_events=400)


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return TASK.load(DataContext(tmp_path_factory.mktemp("data")))


def claim(generators: np.ndarray, **scalars: float) -> Symmetry:
    return Symmetry(generators, np.ones(len(generators)), scalars=scalars)


def judged(events: Dataset, **scalars: float) -> Outcome:
    return evaluate(claim(So3().truth(), **scalars), TASK, events)


def test_the_breaking_of_the_claim_comes_from_the_exact_label(events: Dataset) -> None:
    outcome = judged(events)
    assert 0.05 < outcome.metrics["breaking_true"] < 0.3
    assert outcome.metrics["unbroken_f1"] == pytest.approx(1)
    assert outcome.metrics["unbroken_angle_max_deg"] == pytest.approx(0, abs=1e-4)
    assert "breaking_claimed" not in outcome.metrics
    assert outcome.notes["truth"] == "none"
    assert outcome.notes["unbroken"].startswith("so(3), broken by ")


def test_an_exact_claim_is_false_if_its_own_limit_excludes_the_breaking(events: Dataset) -> None:
    true = judged(events).metrics["breaking_true"]
    for scalars, false in (({}, 1), ({"label_spread_upper": 0.9 * true}, 1), ({"label_spread_upper": 1.1 * true}, 0)):
        outcome = judged(events, **scalars)
        assert outcome.metrics["false_discovery"] == false
        assert outcome.metrics["f1"] == outcome.metrics["precision_unweighted"] == 1 - false
        assert outcome.notes["algebra"] == "so(3)"
        assert outcome.metrics["algebra_correct"] == 0


def test_an_approximate_claim_says_so_everywhere_and_is_right_if_it_says_how_much(events: Dataset) -> None:
    true = judged(events).metrics["breaking_true"]
    for factor, false in ((1.0, 0), (3.0, 0), (0.9 / CLOSE, 1)):
        outcome = judged(events, breaking=factor * true)
        assert outcome.metrics["false_discovery"] == false
        assert outcome.metrics["f1"] == 1 - false
        assert outcome.metrics["breaking_claimed"] == pytest.approx(factor * true)
        assert outcome.notes["algebra"] == "approximate so(3)"


def test_vector_fields_are_judged_in_the_same_way(events: Dataset) -> None:
    rotations = So3().truth()
    fields = Symmetry(
        np.zeros((0, 3, 3)), np.ones(3), fields=lambda x: np.asarray(np.einsum("kij,npj->knpi", rotations, x))
    )
    outcome, matrices = evaluate(fields, TASK, events), judged(events)
    assert outcome.metrics["breaking_true"] == pytest.approx(matrices.metrics["breaking_true"])
    assert outcome.metrics["false_discovery"] == 1


def test_silence_is_right_on_a_broken_symmetry(events: Dataset) -> None:
    metrics = evaluate(claim(np.zeros((0, 3, 3))), TASK, events).metrics
    assert (metrics["f1"], metrics["false_discovery"], metrics["unbroken_f1"]) == (1, 0, 0)
    assert "breaking_true" not in metrics


def test_on_a_control_without_any_symmetry_every_claim_is_false(tmp_path: Path) -> None:
    control = RandomFunction(events=100, test_events=100)
    four = np.eye(4)[None] * np.array([1, -1, 0, 0])
    outcome = evaluate(claim(four, breaking=0.19), control, control.load(DataContext(tmp_path)))
    assert (outcome.metrics["false_discovery"], outcome.metrics["f1"]) == (1, 0)
    assert "unbroken" not in outcome.notes


def test_calling_an_exact_symmetry_approximate_is_not_its_name(tmp_path: Path) -> None:
    task = So3(events=100, test_events=100)
    data = task.load(DataContext(tmp_path))
    assert evaluate(claim(task.truth()), task, data).metrics["algebra_correct"] == 1
    outcome = evaluate(claim(task.truth(), breaking=0.02), task, data)
    assert outcome.metrics["algebra_correct"] == 0
    assert outcome.metrics["f1"] == pytest.approx(1)


@pytest.mark.parametrize("true", [0.001, 0.1, 3.0])
def test_the_rule(true: float) -> None:
    """Monotone: a larger stated breaking or limit never makes a claim false."""
    grid = true * np.geomspace(0.1, 10, 21)
    for verdicts in ([hides_breaking(true, s, None) for s in grid], [hides_breaking(true, None, s) for s in grid]):
        assert verdicts == sorted(verdicts, reverse=True)
        assert set(verdicts) == {True, False}
    assert hides_breaking(true, None, None)
