"""Two sets of results: differences by seed, what changed in the keys, and how often nothing is called a change."""

from __future__ import annotations

import numpy as np
import pytest

from symbench.component import Track
from symbench.errors import UnknownNameError
from symbench.leaderboard.comparison import (
    compare_results,
    comparison_frame,
    comparison_tables,
    environment_changes,
    key_changes,
)
from symbench.leaderboard.table import markdown
from symbench.trial.result import Status, TrialResult
from tests.factories import trial


def _aucs(values: list[float], *, method: str = "net", version: str = "1", first: int = 0) -> list[TrialResult]:
    return [
        trial(track=Track.CLASSIFICATION, method=method, version=version, seed=first + seed, metrics={"auc": value})
        for seed, value in enumerate(values)
    ]


def test_a_difference_is_that_of_common_seeds_and_changes_its_sign_with_the_order() -> None:
    new, old = _aucs([0.91, 0.92, 0.99], version="2"), _aucs([0.90, 0.90])
    (row,), (reverse,) = compare_results(new, old), compare_results(old, new)
    assert row.difference == pytest.approx(0.015)
    assert row.seeds == 2
    assert row.one == pytest.approx(0.915)
    assert row.other == pytest.approx(0.90)
    assert (reverse.difference, reverse.low, reverse.high) == pytest.approx((-0.015, -row.high, -row.low))  # type: ignore[operator]
    assert row.changed == ("method.version 1 → 2",)
    assert reverse.changed == ("method.version 2 → 1",)
    assert not row.same_keys


def test_the_same_trials_are_said_to_be_the_same() -> None:
    results = _aucs([0.9, 0.8])
    (row,) = compare_results(results, results)
    assert (row.difference, row.same_keys, row.differs, row.changed) == (0.0, True, False, ())
    assert "same trials" in markdown(comparison_tables([row], ("A", "B")))


def test_entries_of_one_side_and_failures_are_shown_and_not_compared() -> None:
    failed = [trial(track=Track.CLASSIFICATION, method="net", seed=0, status=Status.FAILED)]
    rows = compare_results([*failed, *_aucs([0.7], method="new")], _aucs([0.9]))
    by_method = {row.method: row for row in rows}
    assert by_method["new"].changed == ("only in the first",)
    assert (by_method["net"].one, by_method["net"].other, by_method["net"].difference) == (None, 0.9, None)
    assert len(comparison_frame(rows)) == 2
    assert compare_results(failed, failed) == []


def test_a_metric_that_no_result_has_is_named_with_the_nearest_one() -> None:
    with pytest.raises(UnknownNameError, match="unknown recorded metric 'acu'; did you mean 'auc'"):
        compare_results(_aucs([0.9]), _aucs([0.9]), "acu")


def test_changes_name_versions_data_and_parameters_once() -> None:
    def changed(seed: int, **update: object) -> TrialResult:
        result = trial(seed=seed)
        return result.model_copy(update={"spec": type(result.spec).model_validate(result.spec.model_dump() | update)})

    parameters = {"name": "method", "version": "1", "parameters": {"bound": 0.1, "layers": {"width": 64}}}
    pairs = [
        (changed(seed, data_digest="f" * 64, metrics_version="2", method=parameters).spec, trial(seed=seed).spec)
        for seed in (0, 1)
    ]
    assert key_changes(pairs) == (
        "data_digest 00000000 → ffffffff",
        "method.parameters.bound not stated → 0.1",
        "method.parameters.layers.width not stated → 64",
        "metrics_version 1 → 2",
    )
    mixed = [(changed(0, budget=2.0).spec, trial(seed=0).spec), (changed(1, budget=3.0).spec, trial(seed=1).spec)]
    assert key_changes(mixed) == ("budget changed",)


def test_success_against_failure_in_five_seeds_is_a_difference_and_in_two_is_not() -> None:
    for seeds, differs in ((5, True), (2, False)):
        new = [trial(seed=s, version="2", metrics={"f1": 1.0}) for s in range(seeds)]
        old = [trial(seed=s, metrics={"f1": 0.0}) for s in range(seeds)]
        (row,) = compare_results(new, old)
        assert row.differs is differs


def test_entries_that_nothing_touched_rarely_seem_changed() -> None:
    """60 comparisons of 10 entries with 5 seeds: a false mark in at most 5 % of them, plus three deviations."""
    generator, wrong = np.random.default_rng(1), 0
    new = [_aucs([0.0] * 5, method=f"m{i}", version="2") for i in range(10)]
    old = [_aucs([0.0] * 5, method=f"m{i}") for i in range(10)]
    for _ in range(60):
        for each in [r for group in (*new, *old) for r in group]:
            each.metrics["auc"] = float(generator.normal(0.9, 0.01))
        rows = compare_results([r for g in new for r in g], [r for g in old for r in g])
        wrong += any(row.differs for row in rows)
    assert wrong <= 0.05 * 60 + 3 * np.sqrt(60 * 0.05 * 0.95)


def test_environments_are_compared_as_sets() -> None:
    one, other = _aucs([0.9]), _aucs([0.9])
    one[0].environment["torch"] = "2.7"
    other[0].environment["torch"] = "2.6"
    assert environment_changes(one, other) == ["torch 2.6 → 2.7"]
    assert environment_changes(one, one) == []
