"""How well classes are separated and how far probabilities can be trusted: rejections with errors, and calibration."""

from __future__ import annotations

from symbench.leaderboard import LeaderboardRow
from symbench.leaderboard.render import NOTHING, estimate_text
from symbench.metrics.catalog import metric
from symbench.report.study import Study
from symbench.report.tables import Line, Table

_EFFICIENCIES = (30, 50)


def separation_table(study: Study, task: str) -> Table | None:
    """Each classifier at the largest size; None where no rejection and no calibration was measured."""
    size = study.largest(task)
    lines: list[Line] = []
    for row in study.rows_of(task, size):
        if "ece" in row.metrics or any(f"rejection_{percent}" in row.metrics for percent in _EFFICIENCIES):
            rejections = (_rejection(study, row, percent) for percent in _EFFICIENCIES)
            calibration = estimate_text(metric("ece"), row.metrics.get("ece"))
            lines.append(Line((row.method, *(cell for pair in rejections for cell in pair), calibration)))
    heads = ("method", *(h for p in _EFFICIENCIES for h in (f"1/ε_B at {p} %", f"binomial error ({p} %)")), "ECE")
    return Table(f"Background rejection and calibration, N = {size:,}", heads, tuple(lines)) if lines else None


def _rejection(study: Study, row: LeaderboardRow, percent: int) -> tuple[str, str]:
    """Mean and interval over seeds; and the mean binomial error of one test set, which that interval lacks.

    A seed for which no background passes enters with the bound that one passing event would give, and is counted.
    """
    name = f"rejection_{percent}"
    error = row.metrics.get(f"{name}_error")
    trials = study.ok(row.task, row.method, row.train_size)
    bounds = sum(name in trial.notes for trial in trials)
    text = estimate_text(metric(name), row.metrics.get(name))
    if bounds:
        text += f", a lower bound in {bounds} of {len(trials)} seeds"
    return text, NOTHING if error is None else f"± {metric(f'{name}_error').text(error.mean)}"
