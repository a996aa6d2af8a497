"""Which entries are better than chance: exact cases, and the error over a table by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta

from symbench.algebra.subspace import Overlap
from symbench.metrics.discovery.chance import chance_metrics, chance_of_spans
from symbench.stats.chance import ChanceScore, above_chance, p_value


def scores_of(shared: np.ndarray, truth: int, ambient: int) -> list[ChanceScore]:
    """Scores of claims of one generator that share cos²θ with a truth."""
    found = []
    for cosine in shared:
        spans = Overlap(1, truth, ambient, np.array([np.arccos(np.sqrt(cosine))]))
        metrics = chance_metrics(spans.f1, chance_of_spans(spans))
        mean = metrics["f1_of_chance"]
        deviation = metrics["f1_chance_deviation"]
        found.append(ChanceScore(metrics["f1_chance_corrected"], 0.0, deviation, -mean / (1 - mean)))
    return found


@pytest.mark.parametrize(("truth", "ambient"), [(1, 4), (3, 9), (6, 16)])
def test_the_p_value_of_one_generator_is_exact(truth: int, ambient: int) -> None:
    """cos² of a random direction to a subspace has a beta distribution; its F1 is 2 cos²/(1 + k*), not up to 1."""
    shared = np.random.default_rng(0).beta(truth / 2, (ambient - truth) / 2, 2000)
    below = np.mean([p_value([score]) <= 0.05 for score in scores_of(shared, truth, ambient)])  # type: ignore[operator]
    assert below == pytest.approx(0.05, abs=0.03)
    if truth == 1:
        (score,) = scores_of(np.array([0.9]), 1, ambient)
        assert p_value([score]) == pytest.approx(beta.sf(0.9, 0.5, (ambient - 1) / 2))


def test_nine_random_methods_are_rarely_above_random() -> None:
    rng = np.random.default_rng(1)
    wrong = 0
    for _ in range(100):
        entries = {f"{i}": scores_of(rng.beta(0.5, 1.5, 5), 1, 4) for i in range(9)}
        wrong += bool(above_chance(entries))
    assert wrong / 100 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)


def test_the_truth_is_above_random_and_abstentions_and_claims_on_controls_are_not() -> None:
    never = ChanceScore(0.0, 0.0, 0.0, 0.0)
    entries = {
        "truth": scores_of(np.ones(3), 1, 4),
        "two of five": [*scores_of(np.ones(2), 1, 4), never, never, never],
        "abstains": [never] * 5,
        "worse than random": scores_of(np.full(5, 0.05), 1, 4),
        "silent on a control": [ChanceScore(1.0, 0.0, 0.0, 0.0)] * 3,
    }
    assert above_chance(entries) == {"truth", "two of five", "silent on a control"}


def test_without_the_spread_of_chance_the_seeds_have_to_show_it() -> None:
    assert p_value([ChanceScore(0.9)]) is None
    assert p_value([]) is None
    clear, unclear = ([ChanceScore(mean + 0.1 * s) for s in range(5)] for mean in (0.5, -0.2))
    assert above_chance({"clear": clear, "unclear": unclear}) == {"clear"}
    assert p_value([ChanceScore(1.0)] * 3) == 0.125, "three equal values: the sign test"
