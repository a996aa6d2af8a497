"""One line for each task: who finds what, for readers who do not want a line for each method."""

from __future__ import annotations

from collections.abc import Sequence

from symbench.component import Track
from symbench.leaderboard import EfficiencyRow, LeaderboardRow
from symbench.leaderboard.scores import NOT_ABOVE_RANDOM, estimate_text
from symbench.metrics.catalog import SCORE, metric
from symbench.report.answer import found_by
from symbench.report.study import Study

_NAMED = 6


def summary(study: Study, task: str, efficiency: Sequence[EfficiencyRow]) -> str:
    """The result of a task at its largest size in one line."""
    rows = [row for row in study.rows_of(task, study.largest(task)) if not row.bound]
    if not rows:
        return "only reference rows"
    if rows[0].track in (Track.CLASSIFICATION, Track.REGRESSION):
        parts = _trained(rows, [row for row in efficiency if row.task == task])
    elif study.truth_name(task) == "none":
        parts = _control(study, rows)
    elif found_by(study, task):
        parts = _found(study, task, rows)
    else:
        parts = [("claims:", [f"{r.method} {r.algebra_text}" for r in rows if r.algebra])]
        parts += [("no claim:", [r.method for r in rows if r.algebra is None and r.seeds_ok])]
    parts.append(("no result:", [row.method for row in rows if not row.seeds_ok]))
    return "; ".join(f"{head} {_few(names)}" for head, names in parts if names) or "no result"


_Parts = list[tuple[str, list[str]]]


def _found(study: Study, task: str, rows: Sequence[LeaderboardRow]) -> _Parts:
    found = found_by(study, task)
    scored = [row for row in rows if row.score is not None]
    column = metric(SCORE[rows[0].track])
    missed = [row for row in scored if not found.get(row.method, False)]
    return [
        ("found by", [row.method for row in scored if found.get(row.method, False)]),
        (
            f"not found ({column.title} in brackets) by",
            [f"{r.method} ({column.text(r.score.mean)})" for r in missed if r.above_random is not False and r.score],
        ),
        (f"{NOT_ABOVE_RANDOM}:", [row.method for row in missed if row.above_random is False]),
        ("label not learnt:", [row.method for row in rows if row.seeds_ok and row.score is None]),
    ]


def _control(study: Study, rows: Sequence[LeaderboardRow]) -> _Parts:
    quiet, loud, silent = [], [], []
    for row in rows:
        trials = [t for t in study.ok(row.task, row.method, row.train_size) if "false_discovery" in t.metrics]
        false = sum(t.metrics["false_discovery"] > 0 for t in trials)
        if not trials:
            silent += [row.method] if row.seeds_ok else []
        elif false:
            loud.append(f"{row.method} ({false} of {len(trials)} seeds)")
        else:
            quiet.append(row.method)
    return [("no false claim by", quiet), ("false claims by", loud), ("no statement by", silent)]


def _trained(rows: Sequence[LeaderboardRow], efficiency: Sequence[EfficiencyRow]) -> _Parts:
    column = metric(SCORE[rows[0].track])
    scored = [row for row in rows if row.score is not None]
    saved = {row.method: row for row in efficiency if row.method != row.baseline}
    gains = [f"{row.method} {row.ratio}" for row in saved.values()]
    baseline = efficiency[0].baseline if efficiency else ""
    return [
        (f"{column.title}:", [f"{row.method} {estimate_text(column, row.score)}" for row in scored]),
        (f"events that {baseline} needs for the same score, divided by the own number:", gains),
    ]


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return f"{shown} and {len(names) - _NAMED} more" if len(names) > _NAMED else shown
