"""The leaderboard by another metric, with other columns."""

from __future__ import annotations

import pytest

from symbench.errors import UnknownNameError
from symbench.leaderboard import leaderboard
from symbench.leaderboard.order import known_metrics, sorted_rows
from symbench.leaderboard.scores import score_tables
from tests.factories import discovery_trials, trial


def test_rows_are_sorted_within_their_task_in_the_direction_of_the_metric() -> None:
    rows = leaderboard([*discovery_trials(), *discovery_trials("other")])
    for name, sign in (("recall", -1), ("angle_max_deg", 1), ("f1_chance_corrected", -1)):
        ordered = sorted_rows(rows, name)
        assert sorted(map(id, ordered)) == sorted(map(id, rows))
        assert list(dict.fromkeys(row.task for row in ordered)) == ["cms-dimuon-mass", "other"]
        for task in ("cms-dimuon-mass", "other"):
            values = [row.metrics[name].mean for row in ordered if row.task == task and name in row.metrics]
            assert values == sorted(values, key=lambda value: sign * value)
            lacking = [name in row.metrics for row in ordered if row.task == task]
            assert lacking == sorted(lacking, reverse=True), "rows without the metric are last"


def test_columns_are_those_that_were_asked_for() -> None:
    rows = leaderboard([trial(metrics={"f1": 0.5, "recall": 0.25, "method_own": 3.0})])
    (table,) = score_tables(rows, ["method_own", "recall"])
    assert table.heads[4:6] == ("method own", "recall")
    assert table.lines[0].cells[4:6] == ("3", "0.250")
    (usual,) = score_tables(rows)
    assert "method own" not in usual.heads
    with pytest.raises(UnknownNameError, match="did you mean 'recall'"):
        known_metrics(rows, ["recal"])
