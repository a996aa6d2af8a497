"""Coverage of the intervals and family-wise error of the tiers, simulated; the tables of docs/leaderboard.md.

    python -m tests.benchmarks.coverage [studies]

prints the tables. `tests/stats/test_coverage.py` runs the same simulations with fewer studies.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.stats import mean_estimate, tiers

FloatArray = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, ...]], FloatArray]

SEEDS = (3, 5, 10)
GAPS = (2.0, 4.0, 8.0)


@dataclass(frozen=True)
class Scores:
    """A distribution of scores over seeds with its mean, and whether a table treats it as success or failure."""

    draw: Draw
    mean: float
    shapeless: bool


def _failing(share: float) -> Draw:
    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
        good = np.clip(0.98 + 0.01 * rng.normal(size=shape), 0.0, 1.0)
        return np.where(rng.random(shape) < share, 0.0, good)

    return draw


DISTRIBUTIONS: Mapping[str, Scores] = {
    "normal": Scores(lambda rng, shape: 0.9 + 0.01 * rng.normal(size=shape), 0.9, False),
    "skewed (log-normal, σ = ½)": Scores(
        lambda rng, shape: 1.0 - 0.02 * np.exp(0.5 * rng.normal(size=shape)), 1.0 - 0.02 * np.exp(0.125), False
    ),
    "skewed (exponential)": Scores(lambda rng, shape: 0.99 - 0.01 * rng.exponential(size=shape), 0.98, False),
    "skewed score in [0, 1] (beta)": Scores(lambda rng, shape: rng.beta(8, 1, size=shape), 8 / 9, True),
    "0 or 1, half 1": Scores(lambda rng, shape: (rng.random(shape) < 0.5).astype(float), 0.5, True),
    "0 or 1, 90 % 1": Scores(lambda rng, shape: (rng.random(shape) < 0.9).astype(float), 0.9, True),
    "0.98 ± 0.01, 15 % failures": Scores(_failing(0.15), 0.85 * 0.98, True),
}
"""Those of success or failure get the bounded interval, the others Student's, as in the leaderboard."""


def coverage(scores: Scores, seeds: int, studies: int, *, seed: int = 1) -> float:
    """The share of studies whose 95 % interval contains the mean."""
    table = scores.draw(np.random.default_rng([seed, seeds]), (studies, seeds))
    support = (0.0, 1.0) if scores.shapeless else None
    hits = 0
    for values in table:
        found = mean_estimate(values.tolist(), support=support, shapeless=scores.shapeless)
        assert found.low is not None
        assert found.high is not None
        hits += found.low - 1e-9 <= scores.mean <= found.high + 1e-9
    return hits / studies


def _scaled(spreads: Callable[[int], FloatArray]) -> Draw:
    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
        common = rng.normal(size=shape[1])  # what the data of a seed do to every entry
        return np.asarray(common + spreads(shape[0])[:, None] * rng.normal(size=shape))

    return draw


NULLS: Mapping[str, Scores] = {
    "normal": Scores(_scaled(lambda k: np.ones(k)), 0.0, False),
    "normal, spreads from 0.01 to 1": Scores(_scaled(lambda k: np.logspace(-2, 0, k)), 0.0, False),
    "normal, a quarter with 20 times the spread": Scores(
        _scaled(lambda k: np.where(np.arange(k) < max(2, k // 4), 1.0, 0.05)), 0.0, False
    ),
    "exponential": Scores(lambda rng, shape: rng.exponential(size=shape), 1.0, False),
    "Student's t, 3 degrees": Scores(lambda rng, shape: rng.standard_t(3, size=shape), 0.0, False),
    "0 or 1, half 1": DISTRIBUTIONS["0 or 1, half 1"],
    "0 or 1, 90 % 1": DISTRIBUTIONS["0 or 1, 90 % 1"],
    "0.98 ± 0.01, 40 % failures": Scores(_failing(0.4), 0.6 * 0.98, True),
}
"""Scores of entries that are all equal."""


def family_wise_error(scores: Scores, entries: int, seeds: int, studies: int, *, seed: int = 2) -> float:
    """The share of studies in which any of equal entries are in different tiers."""
    rng = np.random.default_rng([seed, entries, seeds])
    wrong = 0
    for _ in range(studies):
        table = scores.draw(rng, (entries, seeds))
        by_seed = {f"entry {i}": dict(enumerate(row.tolist())) for i, row in enumerate(table)}
        wrong += max(tiers(by_seed, shapeless=scores.shapeless).values()) > 1
    return wrong / studies


def gap_found(gap: float, entries: int, seeds: int, studies: int, *, seed: int = 3) -> float:
    """The share of studies in which the best of equal normal entries, ahead by `gap` spreads, is alone in tier 1."""
    rng = np.random.default_rng([seed, entries, seeds])
    found = 0
    for _ in range(studies):
        table = rng.normal(size=(entries, seeds))
        table[0] += gap
        rank = tiers({f"entry {i}": dict(enumerate(row.tolist())) for i, row in enumerate(table)})
        found += rank["entry 0"] == 1 and all(tier > 1 for name, tier in rank.items() if name != "entry 0")
    return found / studies


def main(studies: int = 1000) -> None:
    """Print the tables."""
    print("| scores over seeds | interval |", " | ".join(f"{n} seeds" for n in SEEDS), "|")
    for name, scores in DISTRIBUTIONS.items():
        kind = "bounded" if scores.shapeless else "Student's"
        print(f"| {name} | {kind} |", " | ".join(f"{coverage(scores, n, 5 * studies):.2f}" for n in SEEDS), "|")
    print("| nine equal entries |", " | ".join(f"{n} seeds" for n in SEEDS), "|")
    for name, scores in NULLS.items():
        print(f"| {name} |", " | ".join(f"{family_wise_error(scores, 9, n, studies):.3f}" for n in SEEDS), "|")
    print("| lead of one of nine, in spreads of a seed |", " | ".join(f"{n} seeds" for n in SEEDS), "|")
    for gap in GAPS:
        print(f"| {gap:g} |", " | ".join(f"{gap_found(gap, 9, n, studies):.2f}" for n in SEEDS), "|")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
