"""The report of residuals: the events that speak most against a claim, and a table of all of them."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd

from symbench.report.residuals import residual_frame, residual_histogram, worst_events
from symbench.report.study import Study, SuiteFacts
from symbench.report.style import Palette
from symbench.trial.result import TrialResult
from tests.factories import trial

IDS = np.arange(2**62, 2**62 + 50, dtype=np.uint64)


def _trial(method: str, worst: int, score: float) -> TrialResult:
    residuals = np.full((50, 2), 0.01, dtype=np.float32)
    residuals[worst, 1] = -3.0
    arrays: dict[str, np.ndarray] = {
        "residuals": residuals,
        "residual_events": IDS,
        "label_spread_floors": np.array([0.02]),
    }
    return trial(method=method, metrics={"f1": score}, arrays=arrays)


def _study(*results: TrialResult) -> Study:
    return Study(SuiteFacts("demo"), results)


def test_the_worst_event_of_the_best_method_comes_first() -> None:
    table = worst_events(_study(_trial("good", 7, 1.0), _trial("bad", 9, 0.2), trial(method="none")), "task")
    assert table is not None
    assert table.title.endswith("the claim of good")
    assert len(table.lines) == 10
    assert table.lines[0].cells == (str(IDS[7]), "-3", "2", "99.9 %")


def test_rounding_errors_of_an_exact_claim_name_no_event() -> None:
    exact = trial(
        metrics={"f1": 1.0},
        arrays={"residuals": np.full((50, 2), 1e-13, dtype=np.float32), "residual_events": IDS},
    )
    assert worst_events(_study(exact), "task") is None


def test_trials_without_residuals_have_neither_table_nor_figure() -> None:
    study = _study(trial(metrics={"f1": 1.0}))
    assert worst_events(study, "task") is None
    assert residual_histogram(study, "task", Palette(["method"], []), "r") is None
    assert residual_frame(study).empty


def test_the_figure_has_every_method_and_the_table_keeps_event_ids_exactly() -> None:
    study = _study(_trial("good", 7, 1.0), _trial("bad", 9, 0.2))
    shown = residual_histogram(study, "task", Palette(["good", "bad"], []), "residuals-1")
    assert shown is not None
    assert "task, N = 100" in shown.title
    table = pd.read_parquet(io.BytesIO(residual_frame(study).to_parquet(index=False)))
    assert len(table) == 2 * 50 * 2
    assert table.event_id.dtype == np.uint64
    worst = table[table.method == "good"].sort_values("residual").iloc[0]
    assert (worst.event_id, worst.direction, worst.residual) == (IDS[7], 2, -3.0)
