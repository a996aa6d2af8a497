"""Rates over settings, from results with known outcomes."""

from __future__ import annotations

import pytest

from symbench.leaderboard.calibration import calibration_table, calibrations
from symbench.leaderboard.sections import SECTIONS, rendered
from symbench.leaderboard.table import markdown
from symbench.trial.result import Status, TrialResult
from tests.factories import discovery_trials, trial


def setting(task: str, size: int, false: int, found: int | None, seeds: int = 4) -> list[TrialResult]:
    """The first `false` seeds claim wrongly, the last `found` find everything; None for a task without a symmetry."""
    rows = []
    for seed in range(seeds):
        metrics = {"false_certification": float(seed < false), "false_certification_in_domain": 0.0}
        if found is not None:
            metrics["detected"] = float(seed >= seeds - found)
        rows.append(trial(task=task, seed=seed, train_size=size, metrics=metrics))
    return rows


def test_rates_are_means_over_settings_and_the_worst_one() -> None:
    """Settings count alike, whatever number of their trials ended; controls are in no detection."""
    results = [
        *setting("a", 50, false=0, found=2),
        *setting("a", 200, false=1, found=4),
        *setting("control", 50, false=3, found=None, seeds=3),
        trial(task="control", seed=3, train_size=50, status=Status.FAILED),
        *discovery_trials("other", sizes=(400,)),
    ]
    (row,) = calibrations(results)
    assert (row.settings, row.trials) == (3, 11)
    assert row.false_mean == pytest.approx((0 + 0.25 + 1) / 3)
    assert row.false_worst == 1
    assert row.false_in_domain == 0
    assert row.detection == pytest.approx((0.5 + 1) / 2)


def test_the_section_prints_what_was_counted() -> None:
    rows = calibrations(setting("a", 50, false=1, found=2))
    assert "0.250" in markdown([calibration_table(rows)])
    assert "0.25" in rendered(SECTIONS["calibration"], rows, "csv")
    assert rendered(SECTIONS["calibration"], [], "csv") == ""
