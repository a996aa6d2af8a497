from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

from symbench.algebra.bases import so
from symbench.component import Track
from symbench.data.splits import Split
from symbench.discovery.base import DiscoveryMethod, FunctionSample, Symmetry
from symbench.discovery.evaluate.run import evaluate, run_discovery
from symbench.discovery.nullspace.method import Nullspace
from symbench.discovery.random import RandomSubspace
from symbench.discovery.truth import Truth
from symbench.errors import IncompatibleError
from symbench.metrics.fields import linear_fields
from symbench.registry import find_discovery_method
from symbench.tasks.base import FunctionTask
from symbench.tasks.function.lorentz import Lorentz
from symbench.trial.result import Outcome

Draw = Callable[..., tuple[FunctionTask, Split]]


class Unknown(Lorentz):
    """A task whose answer nobody knows, and whose label is data only."""

    def truth(self) -> None:  # type: ignore[override]
        return None

    def truth_name(self) -> None:  # type: ignore[override]
        return None

    def label_function(self) -> None:
        return None


class Curious(DiscoveryMethod):
    """Remembers what it was shown."""

    name: ClassVar[str] = "curious"
    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "remembers"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})
    seen: ClassVar[list[FunctionSample]] = []

    def fit(self, sample: FunctionSample, *, seed: int, budget: float, device: str = "cpu") -> Symmetry:
        self.seen.append(sample)
        return Symmetry(np.zeros((0, 4, 4)), np.zeros(0))


def run(method: DiscoveryMethod, task: FunctionTask, events: Split, seed: int = 0) -> Outcome:
    outcome = run_discovery(method, task, events, seed=seed, budget=1.0, device="cpu")
    assert outcome.metrics
    assert all(np.isfinite(value) for value in outcome.metrics.values())
    assert all(np.isfinite(array).all() for array in outcome.arrays.values())
    return outcome


@pytest.mark.parametrize("name", ["so2", "so3", "so4", "lorentz", "cms-dimuon-mass"])
def test_the_truth_scores_one_everywhere(draw: Draw, name: str) -> None:
    task, events = draw(name, 50)
    metrics = run(Truth(), task, events).metrics
    for score in ("f1", "recall", "precision", "f1_unweighted", "f1_chance_corrected", "algebra_correct"):
        assert metrics[score] == pytest.approx(1)
    assert metrics["count_error"] == 0
    for error in ("angle_max_deg", "grassmann", "defect_max", "finite_error_max", "closure"):
        assert metrics[error] < 1e-6


def test_the_truth_of_the_control_is_silence(draw: Draw) -> None:
    task, events = draw("no-symmetry", 50)
    metrics = run(Truth(), task, events).metrics
    assert metrics["f1"] == 1
    assert metrics["false_discovery"] == 0
    assert run(RandomSubspace(), task, events).metrics["false_discovery"] == 1


def test_guessing_scores_nothing_beyond_chance(draw: Draw) -> None:
    task, events = draw("lorentz", 50)
    outcomes = [run(RandomSubspace(), task, events, seed) for seed in range(60)]
    scores = [outcome.metrics["f1_chance_corrected"] for outcome in outcomes]
    assert abs(np.mean(scores)) < 3 * np.std(scores) / np.sqrt(60) + 0.02
    assert {outcome.metrics["count"] for outcome in outcomes} == {6.0}
    assert run(RandomSubspace(generators=2), task, events).metrics["count"] == 2


def test_only_the_bounds_of_the_table_see_the_truth(draw: Draw) -> None:
    task, events = draw("lorentz", 50)
    run(Curious(), task, events)
    shown = Curious.seen.pop()
    assert shown.truth is None
    assert len(shown.x) == 50
    see = {name for name in ("nullspace", "liegan", "random", "truth") if find_discovery_method(name).sees_truth}
    assert see == {"random", "truth"}


def test_nullspace_end_to_end_says_what_it_found(draw: Draw) -> None:
    task, events = draw("lorentz", 100)
    outcome = run(Nullspace(), task, events)
    assert outcome.notes["algebra"] == outcome.notes["truth"] == "so(1,3)"
    assert outcome.metrics["algebra_confidence"] == 1
    assert outcome.metrics["eta_cosine"] > 0.999
    assert outcome.arrays["generators"].shape == (6, 4, 4)
    assert outcome.arrays["spectrum"].shape == (16,)
    assert outcome.arrays["angles_deg"].shape == (6,)
    assert outcome.timings["fit"] > 0
    assert outcome.timings["evaluate"] > 0


def test_where_nobody_knows_the_truth_the_label_still_judges(draw: Draw) -> None:
    _, events = draw("lorentz", 100)
    task = Unknown()
    outcome = run(Nullspace(), task, events)
    assert not {"f1", "recall", "angle_max_deg", "algebra_correct", "finite_error_max"} & set(outcome.metrics)
    assert outcome.metrics["count"] == 6
    assert outcome.metrics["defect_max"] < 0.05
    assert outcome.notes["defects_from"] == "two networks fitted to half of the test events each"
    assert outcome.metrics["reference_r2"] > 0.99
    assert outcome.metrics["defect_floor"] == outcome.arrays["defect_floors"][outcome.arrays["defects"].argmax()]
    guess = run(RandomSubspace(generators=6), task, events)
    assert guess.metrics["defect_max"] > 0.2


@pytest.mark.parametrize("as_fields", [False, True])
def test_a_label_that_the_reference_does_not_learn_measures_no_defect(draw: Draw, as_fields: bool) -> None:
    """Not even that of the truth: with a poor reference it would look broken."""
    _, events = draw("lorentz", 50)
    shuffled = replace(events.test, label=np.random.default_rng(0).permutation(events.test.label))
    claim = Symmetry(so(1, 3), np.ones(6))
    if as_fields:
        claim = Symmetry(np.zeros((0, 4, 4)), np.ones(6), fields=linear_fields(so(1, 3)))
    outcome = evaluate(claim, Unknown(), shuffled)
    assert not {"defect_max", "defect_mean", "defect_floor"} & set(outcome.metrics)
    assert outcome.metrics["reference_r2"] <= 2 * outcome.metrics["reference_r2_error"]
    assert outcome.notes["defect_withheld"].startswith("the reference networks did not learn the label: R² = ")
    assert outcome.arrays["defects"].shape == (0,)
    measured = evaluate(claim, Unknown(), events.test)
    assert measured.metrics["defect_max"] < 0.05
    assert "defect_withheld" not in measured.notes


@pytest.mark.parametrize("name", ["so(3,1)", "so(1,3)"])
def test_a_truth_by_another_name_is_the_same_algebra(draw: Draw, name: str) -> None:
    class Renamed(Lorentz):
        def truth_name(self) -> str:
            return name

    _, events = draw("lorentz", 50)
    outcome = run(Truth(), Renamed(), events)
    assert outcome.metrics["algebra_correct"] == 1
    assert outcome.notes == {**outcome.notes, "truth": name, "algebra": "so(1,3)"}


def test_the_truth_of_a_task_without_one_is_incompatible(draw: Draw) -> None:
    _, events = draw("lorentz", 50)
    assert Truth().incompatibility(Unknown()) is not None
    assert Truth().incompatibility(Lorentz()) is None
    with pytest.raises(IncompatibleError, match="is not known"):
        run_discovery(Truth(), Unknown(), events, seed=0, budget=1.0, device="cpu")


def test_a_claim_of_the_wrong_shape_is_an_error(draw: Draw) -> None:
    class Wrong(Curious):
        def fit(self, sample: FunctionSample, *, seed: int, budget: float, device: str = "cpu") -> Symmetry:
            return Symmetry(np.zeros((1, 3, 3)), np.ones(1))

    task, events = draw("lorentz", 50)
    with pytest.raises(ValueError, match="in dimension 4"):
        run_discovery(Wrong(), task, events, seed=0, budget=1.0, device="cpu")


def test_metrics_repeat_bit_for_bit(draw: Draw) -> None:
    task, events = draw("cms-dimuon-mass", 60)
    one, two = (run(Nullspace(networks=1), task, events, seed=4).metrics for _ in range(2))
    assert one == two
