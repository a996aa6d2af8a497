"""Verdicts over seeds: one valid p-value for each transformation, and Holm over those of a task."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from symbench.component import Track
from symbench.leaderboard import leaderboard
from symbench.leaderboard.challenge import challenge_frame, challenge_table, challenges, combined_p
from symbench.trial.result import TrialResult
from tests.factories import trial


def of_seeds(
    name: str, z: list[float], task: str = "pairs", size: int = 300, control: bool = False
) -> list[TrialResult]:
    """A transformation with these z, one for each seed."""
    found = []
    for seed, value in enumerate(z):
        metrics = {
            "challenge_z": value,
            "challenge_p": float(norm.sf(value)),
            "challenge_accuracy": 0.5 + value / 100,
            "challenge_accuracy_error": 0.03,
            "challenge_events": 224.0,
        }
        result = trial(track=Track.CHALLENGE, task=task, method=name, seed=seed, train_size=size, metrics=metrics)
        method = result.spec.method.model_copy(update={"parameters": {"control": control}})
        spec = result.spec.model_copy(update={"method": method})
        found.append(result.model_copy(update={"spec": spec, "key": spec.key}))
    return found


@pytest.mark.parametrize("seeds", [1, 2, 5, 8])
@pytest.mark.parametrize("shared", [0.0, 0.7, 1.0])
def test_the_p_value_of_several_seeds_holds_whatever_they_share(seeds: int, shared: float) -> None:
    """Seeds that test the same events are neither one test nor several independent ones."""
    rng = np.random.default_rng(0)
    common, own = rng.normal(size=(4000, 1)), rng.normal(size=(4000, seeds))
    p = norm.sf(np.sqrt(shared) * common + np.sqrt(1 - shared) * own)
    combined = np.array([combined_p(row.tolist()) for row in p])
    for level in (0.05, 0.2):
        assert (combined <= level).mean() <= level + 4 * np.sqrt(level / 4000)


def test_verdicts_allow_for_the_number_of_transformations() -> None:
    clear = of_seeds("swap_xz", [16.0, 15.5, 16.2])
    weak = of_seeds("parity", [2.2, 2.3, 2.1])  # twice the median p is 0.028
    assert [row.challenged for row in challenges(weak)] == [True]
    others = [result for k in range(5) for result in of_seeds(f"other {k}", [0.1, -0.3, 0.4])]
    rows = {row.transformation: row for row in challenges([*clear, *weak, *others])}
    assert rows["swap_xz"].verdict == "challenged (z = 16.0)"
    assert rows["parity"].verdict == "not challenged"
    assert (rows["swap_xz"].seeds, rows["swap_xz"].below_level) == (3, 3)


def test_controls_are_judged_apart_and_come_last() -> None:
    results = [*of_seeds("parity (control)", [0.3, -1.0], control=True), *of_seeds("parity", [6.0, 7.0])]
    rows = challenges(results)
    assert [(row.transformation, row.control, row.challenged) for row in rows] == [
        ("parity", False, True),
        ("parity (control)", True, False),
    ]
    table = challenge_table(rows)
    assert [line.dim for line in table.lines] == [False, True]
    assert table.lines[0].cells[-1] == "challenged (z = 6.5)"
    assert challenge_frame(rows)["verdict"].tolist() == ["challenged (z = 6.5)", "not challenged"]


def test_tasks_keep_their_order_and_sizes_fall() -> None:
    results = [
        *of_seeds("parity", [0.0], "b", 100),
        *of_seeds("parity", [0.0], "a", 50),
        *of_seeds("parity", [0.0], "b", 200),
    ]
    assert [(row.task, row.train_size) for row in challenges(results)] == [("b", 200), ("b", 100), ("a", 50)]


def test_transformations_are_in_no_ranking() -> None:
    assert leaderboard([*of_seeds("parity", [6.0]), trial(metrics={"f1": 1.0})])[0].task == "task"
    assert leaderboard(of_seeds("parity", [6.0])) == []
