"""What a table says beyond the mean: not above random, the test set, shared events, errors of rejections."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import ndtr

from symbench.component import Track
from symbench.data.draws import shared_fraction
from symbench.leaderboard import leaderboard
from symbench.leaderboard.rejections import ENOUGH, rejection_errors
from symbench.leaderboard.scores import score_tables
from symbench.metrics.classification.rejection import background_rejection
from symbench.trial.result import TRAIN_POOL, TrialResult
from tests.factories import classification_trials, trial


def entry(
    method: str, scores: list[float], *, deviation: float = 0.1, notes: dict[str, str] | None = None
) -> list[TrialResult]:
    return [
        trial(
            method=method,
            seed=s,
            metrics={"f1": max(v, 0.0), "f1_chance_corrected": v, "f1_chance_deviation": deviation},
            notes=notes,
        )
        for s, v in enumerate(scores)
    ]


def test_an_entry_that_chance_explains_is_in_no_tier_and_below_the_others() -> None:
    results = entry("finds", [0.9, 1.0, 0.95, 1.0, 0.9]) + entry("guesses", [0.05, -0.1, 0.1, 0.0, -0.05])
    results += entry("abstains", [0.0] * 5, deviation=0.0)
    rows = leaderboard(results)
    assert [(row.method, row.tier, row.above_random) for row in rows] == [
        ("finds", 1, True), ("abstains", None, False), ("guesses", None, False),
    ]  # fmt: skip
    (table,) = score_tables(rows)
    assert [line.cells[1] for line in table.lines] == ["1", "not above random", "not above random"]
    assert "one-sided test" in table.note


def test_the_tier_of_nine_equal_methods_is_one_and_their_scores_have_wide_intervals() -> None:
    rng = np.random.default_rng(0)
    results = [r for i in range(9) for r in entry(f"m{i}", (0.9 + 0.05 * rng.normal(size=5)).clip(0, 1).tolist())]
    rows = leaderboard(results)
    assert {row.tier for row in rows} == {1}
    assert all(row.score is not None and row.score.low is not None and row.score.low < 0.6 for row in rows)


def jet_trials(events: int, shift: float = 2.0, seeds: int = 3) -> list[TrialResult]:
    """A classifier whose seeds agree on every event but for a little."""
    labels = (np.arange(events) % 2).astype(np.uint8)
    common = np.random.default_rng(events).normal(size=events)
    results = []
    for seed in range(seeds):
        scores = (common + shift * labels + 0.05 * np.random.default_rng(seed).normal(size=events)).astype(np.float32)
        auc = float((scores[labels == 1][:, None] > scores[labels == 0][None]).mean())
        arrays: dict[str, npt.NDArray[Any]] = {"test_scores": scores, "test_labels": labels}
        results.append(trial(track=Track.CLASSIFICATION, seed=seed, metrics={"auc": auc}, arrays=arrays))
    return results


def test_the_interval_of_an_auc_contains_the_test_set() -> None:
    """Seeds that agree do not make 200 events more: the half-width is 1.96 standard errors of the test set."""
    halves = {}
    for events in (200, 3200):
        (row,) = leaderboard(jet_trials(events))
        assert row.score is not None
        assert row.score.high is not None
        assert row.above_random
        halves[events] = row.score.high - row.score.mean
    q = ndtr(math.sqrt(2.0)) * (1 - ndtr(math.sqrt(2.0)))
    assert halves[200] > 1.96 * math.sqrt(q / 300)
    assert halves[200] / halves[3200] == pytest.approx(4, rel=0.4)


def test_a_classifier_that_guesses_is_not_above_random() -> None:
    (row,) = leaderboard(jet_trials(1000, shift=0.0))
    assert (row.above_random, row.tier) == (False, None)


def test_shared_training_events_are_stated() -> None:
    rows = leaderboard(entry("m", [1.0] * 5, notes={TRAIN_POOL: "150"}))
    assert rows[0].shared_events == pytest.approx(shared_fraction(150, 100, range(5)))
    (table,) = score_tables(rows)
    assert f"{100 * shared_fraction(150, 100, range(5)):.0f} % at N = 100" in table.note
    disjoint = leaderboard(entry("m", [1.0] * 5, notes={TRAIN_POOL: "500"}))
    assert disjoint[0].shared_events == 0.0
    assert "share" not in score_tables(disjoint)[0].note
    assert leaderboard(entry("m", [1.0] * 5))[0].shared_events is None
    assert leaderboard(entry("m", [1.0] * 5), pools={"task": 100})[0].shared_events == 1.0
    jets = leaderboard(classification_trials(sizes=(300,)), pools={"top-tagging": 1200})
    assert jets[0].shared_events == 0.0


def rejections(passing: int, background: int = 10_000, seeds: int = 3) -> list[TrialResult]:
    """Trials in which this many background events pass at half of the signal."""
    scores = np.concatenate([np.ones(10), np.zeros(10), np.ones(passing), np.zeros(background - passing)])
    labels = np.concatenate([np.ones(20), np.zeros(background)]).astype(np.int64)
    found = background_rejection(scores, labels, 0.5)
    assert found is not None
    metrics = {"auc": 0.9, "rejection_50": found.value}
    if found.error is not None:
        metrics["rejection_50_error"] = found.error
    return [trial(track=Track.CLASSIFICATION, seed=s, metrics=metrics) for s in range(seeds)]


def test_a_rejection_has_its_error_in_the_cell() -> None:
    """100 of 10,000 pass: 100 ± 10, and three seeds on the same events do not know it better."""
    (row,) = leaderboard(rejections(100))
    error = row.errors["rejection_50"]
    assert error.error == pytest.approx(100 * math.sqrt(0.99 / 100))
    (table,) = score_tables([row])
    assert table.lines[0].cells[table.heads.index("rejection at 50 %")] == "100.0 ± 9.9"


@pytest.mark.parametrize("passing", [0, 3, ENOUGH - 1])
def test_a_rejection_with_few_events_is_a_lower_limit(passing: int) -> None:
    """The limit is where so few events or fewer pass with a probability of 5 %."""
    found = rejection_errors(rejections(passing))["rejection_50"]
    assert found.limit is not None
    expected = 10_000 / found.limit
    few = sum(math.exp(-expected) * expected**k / math.factorial(k) for k in range(passing + 1))
    assert few == pytest.approx(0.05, rel=1e-6)
    (table,) = score_tables(leaderboard(rejections(passing)))
    assert table.lines[0].cells[table.heads.index("rejection at 50 %")].startswith("≥ ")
    assert rejection_errors(rejections(ENOUGH))["rejection_50"].limit is None
