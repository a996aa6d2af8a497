"""Simulated studies whose truth is known: intervals cover it as often as they say, and equals share a tier."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import ndtr

from symbench.stats import (
    Bound,
    TestScores,
    equivalent_size,
    fit_power_law,
    size_for,
    size_for_target,
    tiers,
)
from symbench.stats.test_events import placements
from tests.benchmarks.coverage import DISTRIBUTIONS, NULLS, SEEDS, Scores, coverage, family_wise_error, gap_found
from tests.conftest import ROOT
from tests.markdown_tables import tables_of
from tests.quoted_figures import is_of_other_source

SIZES = [300, 1000, 3000, 10_000, 30_000]
STUDIES = 200
GAIN = 3.0  # a jet of the method is worth three of the baseline


def law(n: np.ndarray | float) -> np.ndarray:
    return np.asarray(0.98 - np.asarray(n, dtype=np.float64) ** -0.5)


def study(rng: np.random.Generator, seeds: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Scores of the baseline (seeds, sizes) and of the method (seeds,) at 1,000; half of the variance is the data's."""
    shared, own, other = rng.normal(0, noise * math.sqrt(0.5), (3, seeds, len(SIZES)))
    return law(np.array(SIZES)) + shared + own, law(1000 * GAIN) + shared[:, 1] + other[:, 1]


def curve_of(table: np.ndarray) -> dict[int, dict[int, TestScores]]:
    return {n: {s: TestScores(float(row[i])) for s, row in enumerate(table)} for i, n in enumerate(SIZES)}


def holds(low: Bound | None, high: Bound | None, truth: float) -> bool:
    """Whether an interval contains the truth; what is beyond the sizes has no end there."""
    assert low is not None
    assert high is not None
    return (low.relation == "<" or low.value <= truth) and (high.relation == ">" or truth <= high.value)


TABLES = [table for table in tables_of(ROOT / "docs" / "leaderboard.md") if is_of_other_source(table)]


def stated(name: str, seeds: int, *, tiers: bool = False) -> float:
    """What docs/leaderboard.md states of a simulation: coverage, or family-wise error of the tiers."""
    (row,) = (row for row in TABLES[tiers].rows if row[0] == name)
    return float(row[-3 + SEEDS.index(seeds)])


def share(hits: Callable[[np.random.Generator], bool], studies: int = STUDIES) -> float:
    return sum(hits(np.random.default_rng([17, k])) for k in range(studies)) / studies


def within_error(found: float, level: float = 0.95, studies: int = STUDIES) -> bool:
    return abs(found - level) < 3 * math.sqrt(level * (1 - level) / studies)


@pytest.mark.parametrize("seeds", [3, 5])
def test_the_interval_of_the_equivalent_size_covers(seeds: int) -> None:
    truth = size_for(SIZES, law(np.array(SIZES)).tolist(), float(law(1000 * GAIN))).value

    def hit(rng: np.random.Generator) -> bool:
        baseline, method = study(rng, seeds, 0.004)
        found = equivalent_size(
            {s: TestScores(float(v)) for s, v in enumerate(method)}, curve_of(baseline), resamples=300
        )
        assert found is not None
        return holds(found.low, found.high, truth)

    assert within_error(share(hit))


def test_a_truth_beyond_the_baselines_sizes_is_censored_as_often() -> None:
    """The method's score lies above the baseline's curve: the interval has to be open upwards in 97.5 % of studies."""

    def hit(rng: np.random.Generator) -> bool:
        baseline, _ = study(rng, 5, 0.002)
        method = {s: TestScores(float(law(1e5)) + rng.normal(0, 0.002)) for s in range(5)}
        found = equivalent_size(method, curve_of(baseline), resamples=300)
        assert found is not None
        assert found.high is not None
        return found.high.relation == ">"

    assert share(hit) > 0.975 - 3 * math.sqrt(0.975 * 0.025 / STUDIES)


@pytest.mark.parametrize("seeds", [3, 5])
def test_the_interval_of_the_size_for_a_target_covers(seeds: int) -> None:
    truth = size_for(SIZES, law(np.array(SIZES)).tolist(), 0.965).value

    def hit(rng: np.random.Generator) -> bool:
        found = size_for_target(0.965, curve_of(study(rng, seeds, 0.004)[0]), resamples=300)
        assert found is not None
        return holds(found.low, found.high, truth)

    assert within_error(share(hit))


@pytest.mark.slow
def test_the_interval_contains_what_the_test_events_add() -> None:
    """Scores are those of a binormal model, whose AUC is Φ(d/√2); models share much of what single events add."""
    seeds, events = 3, 400
    labels = np.arange(events) % 2
    separation = 3.0 - 20 * np.array([*SIZES, 3000.0]) ** -0.5
    auc = ndtr(separation / math.sqrt(2))
    truth = size_for(SIZES, auc[:-1].tolist(), float(auc[-1])).value

    def hit(rng: np.random.Generator) -> bool:
        d = separation[:, None, None] + rng.normal(0, 0.05, (len(separation), seeds, 1))
        noise = 0.9 * rng.normal(size=events) + math.sqrt(1 - 0.81) * rng.normal(size=(*d.shape[:2], events))
        scores = d * labels + noise
        found = [[placements(row, labels == 1)[labels == 1].mean() for row in of_size] for of_size in scores]
        table = [[TestScores(float(found[i][s]), scores[i, s], labels) for s in range(seeds)] for i in range(len(d))]
        curve = {n: dict(enumerate(row)) for n, row in zip(SIZES, table[:-1], strict=True)}
        result = equivalent_size(dict(enumerate(table[-1])), curve, resamples=200)
        assert result is not None
        assert result.events_resampled
        return holds(result.low, result.high, truth)

    assert within_error(share(hit))


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [3, 5])
def test_the_intervals_of_the_power_law_cover(seeds: int) -> None:
    sizes = np.array([100, 300, 1000, 3000, 10_000, 30_000])
    inside = {"limit": 0, "exponent": 0}
    for k in range(STUDIES):
        rng = np.random.default_rng([5, seeds, k])
        fit = fit_power_law(sizes.tolist(), law(sizes) + rng.normal(0, 1e-3, (seeds, len(sizes))), resamples=200)
        assert fit is not None
        assert fit.limit_interval is not None
        assert fit.exponent_interval is not None
        inside["limit"] += fit.limit_interval[0] <= 0.98 <= fit.limit_interval[1]
        inside["exponent"] += fit.exponent_interval[0] <= 0.5 <= fit.exponent_interval[1]
    assert all(within_error(hits / STUDIES) for hits in inside.values()), inside


@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_score_intervals_cover(name: str, seeds: int) -> None:
    """95 %, but for skewed scores that are not of success or failure, for which Student's interval covers less."""
    least = {"skewed (exponential)": 0.86, "skewed (log-normal, σ = ½)": 0.91}.get(name, 0.95)
    found = coverage(DISTRIBUTIONS[name], seeds, 400)
    assert abs(found - stated(name, seeds)) < 0.005 + 3 * math.sqrt(0.95 * 0.05 / 400), "docs/leaderboard.md"
    assert found > least - 3 * math.sqrt(0.05 * 0.95 / 400), found
    if not DISTRIBUTIONS[name].shapeless:
        assert found < 0.95 + 3 * math.sqrt(0.05 * 0.95 / 400), "Student's interval is not wider than it has to be"


def test_student_alone_would_not_cover_scores_of_success_or_failure() -> None:
    """Why scores of discovery have the bounded interval: in 59 % of studies all of five seeds succeed."""
    student = Scores(DISTRIBUTIONS["0 or 1, 90 % 1"].draw, 0.9, False)
    assert coverage(student, 5, 400) < 0.5


@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize("name", NULLS)
def test_nine_equal_entries_share_a_tier(name: str, seeds: int) -> None:
    """Any separation at all is wrong, and the error over the table is at most 5 %, up to that of the simulation."""
    studies = 60
    found = family_wise_error(NULLS[name], 9, seeds, studies)
    assert found <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / studies), found
    assert stated(name, seeds, tiers=True) <= 0.05, "docs/leaderboard.md"


def test_the_page_has_every_simulation_and_no_other() -> None:
    first, second, third = TABLES
    assert [row[0] for row in first.rows] == list(DISTRIBUTIONS)
    assert [row[0] for row in second.rows] == list(NULLS)
    for row in third.rows:
        for seeds, cell in zip(SEEDS, row[1:], strict=True):
            assert gap_found(float(row[0]), 9, seeds, 40) == pytest.approx(float(cell), abs=0.2), (row, seeds)


def test_the_error_is_controlled_for_few_and_many_entries() -> None:
    for entries in (2, 3, 5, 15):
        found = family_wise_error(NULLS["normal, spreads from 0.01 to 1"], entries, 5, 40)
        assert found <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 40), (entries, found)


def test_a_large_gap_is_found_with_five_seeds_and_hardly_with_three() -> None:
    assert gap_found(8.0, 9, 5, 20) > 0.9
    assert gap_found(4.0, 9, 3, 20) < 0.5


@pytest.mark.parametrize("seeds", [3, 5, 8])
def test_entries_that_are_alike_share_a_tier(seeds: int) -> None:
    """Two entries of equal true score are parted in 5 % of studies, and ones that are not in nearly all."""

    def parted(rng: np.random.Generator, gap: float) -> bool:
        data = rng.normal(0, 0.01, seeds)
        scores = {
            name: dict(enumerate(data + shift + rng.normal(0, 1e-3, seeds))) for name, shift in (("a", gap), ("b", 0.0))
        }
        return len(set(tiers(scores).values())) == 2

    alike = share(lambda rng: parted(rng, 0.0), 400)
    assert abs(alike - 0.05) < 3 * math.sqrt(0.05 * 0.95 / 400), "of two entries, it is Student's test"
    assert share(lambda rng: parted(rng, 0.02)) > 0.95
