"""A trial end to end whose method learnt nothing, and the truth of a table with an irrelevant column."""

from dataclasses import replace

import numpy as np
import pytest

from symbench.algebra.bases import so
from symbench.data.container import Dataset, Provenance
from symbench.discovery.base import Symmetry
from symbench.discovery.evaluate.run import evaluate
from symbench.metrics.discovery.learnt import not_learnt
from symbench.tasks.function.so import So3


class WithIrrelevantColumn(So3):
    """‖(x₁, x₂, x₃)‖² of vectors in R⁴ whose label is known from data only, as that of a table."""

    def truth(self) -> np.ndarray:
        embedded = np.zeros((3, 4, 4))
        embedded[:, :3, :3] = so(3)
        return embedded

    def label_function(self) -> None:
        return None


def events(n: int = 300) -> Dataset:
    x = np.random.Generator(np.random.PCG64(0)).standard_normal((n, 1, 4))
    label = np.sum(x[..., :3] ** 2, axis=(1, 2))
    made = Provenance("made for a test", "none", "none")
    return Dataset(x, np.ones((n, 1), bool), label, np.arange(n, dtype=np.uint64), made)


def claim(generators: np.ndarray, **scalars: float) -> Symmetry:
    return Symmetry(generators, np.ones(len(generators)), scalars=scalars)


@pytest.mark.parametrize("with_trivial_part", [False, True])
def test_an_irrelevant_column_costs_no_score_whether_its_generators_are_claimed_or_not(
    with_trivial_part: bool,
) -> None:
    task = WithIrrelevantColumn()
    generators = task.truth()
    if with_trivial_part:
        into = np.zeros((4, 4, 4))
        into[range(4), 3, range(4)] = 1
        generators = np.concatenate([generators, into])
    outcome = evaluate(claim(generators), task, events())
    assert outcome.metrics["count"] == 3
    assert outcome.metrics["f1"] == pytest.approx(1)
    assert outcome.metrics["algebra_correct"] == 1
    assert outcome.notes["ignored"] == "1 of 4 directions do not change the label"


def test_a_false_generator_out_of_the_irrelevant_column_counts() -> None:
    task = WithIrrelevantColumn()
    false = np.zeros((1, 4, 4))
    false[0, 0, 3] = 1
    outcome = evaluate(claim(np.concatenate([task.truth(), false])), task, events())
    assert outcome.metrics["count"] == 4
    assert outcome.metrics["precision"] == pytest.approx(0.75, abs=0.02)
    assert outcome.metrics["label_spread_max"] > 0.3


def test_what_learnt_nothing_has_no_score() -> None:
    task = So3()
    data = events()
    data = replace(data, vectors=data.vectors[..., :3])
    nothing = np.zeros((0, 3, 3))
    abstained, unlearnt = (evaluate(claim(nothing, learnt=v), task, data).metrics for v in (1.0, 0.0))
    assert abstained["f1"] == 0
    assert not not_learnt(abstained)
    assert not_learnt(unlearnt)
    assert not {"f1", "recall", "count", "count_error", "algebra_correct"} & set(unlearnt)
