"""The report's tables as plain rows of text, the same for HTML and Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from symbench.leaderboard import LeaderboardRow, cost
from symbench.leaderboard.efficiency import EfficiencyRow, TargetRow
from symbench.leaderboard.scores import WORDS, cells, estimate_text, headings, interval_text, score_note
from symbench.leaderboard.table import NOTHING, Line, Table
from symbench.leaderboard.tuning import tuning_table as searches
from symbench.metrics.catalog import SCORE, metric
from symbench.report.study import Study
from symbench.stats.curves import Bound
from symbench.stats.intervals import Estimate
from symbench.stats.powerlaw import PowerLaw
from symbench.trial.result import Status, TrialResult

_MAXIMUM_ERRORS = 20


def leaderboard_table(study: Study, task: str) -> Table:
    """A task's entries, largest training size first, with the position of each interval on the task's range."""
    rows = study.rows_of(task)
    heads = headings(rows)
    lines: list[Line] = []
    for i, row in enumerate(rows):
        new = i > 0 and row.train_size != rows[i - 1].train_size
        lines.append(Line(tuple(cells(row, heads)), dim=row.bound, rule=new, interval=_place(row, rows)))
    return Table(task, tuple(heads), tuple(lines), WORDS, score_note(rows))


def _place(row: LeaderboardRow, rows: Sequence[LeaderboardRow]) -> tuple[float, float, float] | None:
    scores = [r.score for r in rows if r.score is not None]
    if row.score is None or not scores:
        return None
    if row.track.trained:
        lowest = min(s.low if s.low is not None else s.mean for s in scores)
        highest = max(s.high if s.high is not None else s.mean for s in scores)
    else:
        lowest, highest = min(0.0, *(s.low if s.low is not None else s.mean for s in scores)), 1.0
    span = (highest - lowest) or 1.0
    low = row.score.low if row.score.low is not None else row.score.mean
    high = row.score.high if row.score.high is not None else row.score.mean
    a, b, c = ((v - lowest) / span for v in (low, row.score.mean, high))
    return a, b, c


def efficiency_table(rows: Sequence[EfficiencyRow]) -> Table:
    """Equivalent sizes and ratios with intervals."""
    baseline, score = (rows[0].baseline, rows[0].score_name) if rows else ("", "")
    heads = (
        *(
            "method",
            "N",
            f"{score} − {baseline}'s",
            "equivalent N",
            "95 % interval",
            "data efficiency",
            "its 95 % interval",
        ),
        "seeds",
    )
    lines = tuple(
        Line(
            (
                row.method,
                f"{row.train_size:,}",
                gain_text(row.difference),
                str(row.equivalent),
                interval_text(row.equivalent_low, row.equivalent_high),
                str(row.ratio),
                interval_text(row.ratio_low, row.ratio_high),
                f"{row.seeds}",
            )
        )
        for row in rows
    )
    marked = [(f"{row.method} at {row.train_size:,}", _lacks_events(row, row.ratio_low)) for row in rows]
    note = _seeds_alone("equivalent N and data efficiency", marked)
    return Table(f"Events that {baseline} needs for the same {score}", heads, lines, ("method",), note)


def _lacks_events(row: EfficiencyRow | TargetRow, low: Bound | None) -> bool | None:
    """Whether an interval does not contain the uncertainty of the test events; None without an interval."""
    return None if low is None else not row.events_resampled


def _seeds_alone(columns: str, rows: Sequence[tuple[str, bool | None]]) -> str:
    """A note on intervals that lack the test events, from (row, whether it does); empty if none does."""
    lacking = [row for row, lacks in rows if lacks]
    if not lacking:
        return ""
    which = "" if all(lacks is not False for _, lacks in rows) else f" for {', '.join(lacking)}"
    return (
        f"The intervals of {columns}{which} contain the variation between seeds, but not the uncertainty of the finite "
        "test set, which can be computed only if all trials keep their scores for the same test events."
    )


def target_table(rows: Sequence[TargetRow]) -> Table:
    """N(target), area under the curve and its difference to the baseline's, power law with its intervals."""
    heads = (
        *("method", "N(target)", "95 % interval", "area in log N", "area − the baseline's"),
        *("power law", "exponent", "limit", "seeds"),
    )
    lines: list[Line] = []
    for row in rows:
        lines.append(
            Line(
                (
                    row.method,
                    NOTHING if row.size is None else str(row.size),
                    interval_text(row.size_low, row.size_high),
                    estimate_text(metric(SCORE[row.track]), row.area),
                    gain_text(row.area_gain),
                    _law_text(row.power_law),
                    *_law_intervals(row.power_law),
                    f"{row.seeds}",
                )
            )
        )
    target = rows[0].target if rows else 0.0
    title = f"Events needed for {rows[0].score_name if rows else ''} {target:.4f}"
    marked = [(row.method, _lacks_events(row, row.size_low)) for row in rows]
    return Table(title, heads, tuple(lines), ("method",), _seeds_alone("N(target)", marked))


def _law_text(law: PowerLaw | None) -> str:
    if law is None:
        return NOTHING
    if not law.identified:
        return "not determined"
    sign = "−" if law.amplitude < 0 else "+"
    return f"{law.limit:.3f} {sign} {abs(law.amplitude):.3g} N^−{law.exponent:.2f}"


def _law_intervals(law: PowerLaw | None) -> tuple[str, str]:
    """The 95 % intervals of exponent and limit; dashes if the data do not determine them."""
    if law is None or not law.identified or law.exponent_interval is None or law.limit_interval is None:
        return NOTHING, NOTHING
    (c_low, c_high), (a_low, a_high) = law.exponent_interval, law.limit_interval
    return f"{c_low:.2f} to {c_high:.2f}", f"{a_low:.3f} to {a_high:.3f}"


def gain_text(value: Estimate | None) -> str:
    """A difference with its sign and interval, `+0.0129 [+0.0104, +0.0153]`."""
    if value is None:
        return NOTHING
    if value.low is None or value.high is None:
        return f"{value.mean:+.4f} (1 seed)"
    return f"{value.mean:+.4f} [{value.low:+.4f}, {value.high:+.4f}]"


def cost_table(study: Study) -> Table | None:
    """The cost of a trial at the largest size of each task."""
    rows = cost.costs(study.rows)
    return cost.cost_table(rows) if rows else None


def tuning_table(study: Study) -> Table | None:
    """The searches that preceded the trials: their cost and their winners."""
    return searches(study.facts.tuning) if study.facts.tuning else None


def status_table(study: Study) -> Table:
    """How the trials of each task ended."""
    shown = [s for s in Status if any(r.status is s for r in study.selection.current)]
    lines: list[Line] = []
    for task in study.tested():
        current = [r for r in study.selection.current if r.spec.task_label == task]
        stale = sum(r.spec.task_label == task for r in study.selection.stale)
        counts = [str(sum(r.status is s for r in current)) for s in shown]
        lines.append(Line((task, str(len(current)), *counts, str(stale))))
    return Table("Trials", ("task", "all", *(s.value for s in shown), "stale"), tuple(lines), ("task",))


def errors(study: Study) -> list[tuple[str, TrialResult]]:
    """The first trial of each distinct error, with the number of trials that have it."""
    groups: dict[tuple[str, str, str, str], list[TrialResult]] = {}
    for result in study.selection.current:
        if result.error is not None:
            spec = result.spec
            kind = (spec.task_label, spec.method_label, result.error.type, result.error.message)
            groups.setdefault(kind, []).append(result)
    return [
        (f"{len(trials)} trial{'s' if len(trials) > 1 else ''}", trials[0])
        for trials in list(groups.values())[:_MAXIMUM_ERRORS]
    ]


def provenance_table(study: Study) -> Table:
    """Provenance of the data of each task, from the data set or from the trials' notes."""
    lines: list[Line] = []
    for task in study.tested():
        result = next(r for r in study.results if r.spec.task_label == task)
        stated = study.provenance.get(task)
        if stated is not None:
            origin = (
                stated.source,
                stated.selection,
                stated.licence,
                "; ".join(filter(None, (stated.record, *stated.notes))),
            )
        else:
            notes = next((r.notes for r in study.results if r.spec.task_label == task and "data_source" in r.notes), {})
            origin = (
                notes.get("data_source", result.spec.task.name),
                notes.get("data_selection", json.dumps(result.spec.task.parameters, sort_keys=True)),
                notes.get("data_licence", NOTHING),
                "; ".join(filter(None, (notes.get("data_record"), notes.get("data_notes")))),
            )
        lines.append(Line((task, *origin, result.spec.data_digest[:16])))
    words = ("task", "source", "selection", "licence", "notes")
    return Table("Data", (*words, "digest"), tuple(lines), words)


def environment_table(study: Study, more: Mapping[str, str]) -> Table:
    """Versions, devices and threads: every distinct value that a trial recorded."""
    values_of: dict[str, dict[str, int]] = {}
    for result in study.selection.current:
        for name, value in result.environment.items():
            counts = values_of.setdefault(name, {})
            counts[value] = counts.get(value, 0) + 1
    lines = [Line((name, value)) for name, value in more.items()]
    for name, counts in sorted(values_of.items()):
        values = counts if len(counts) == 1 else {f"{v} ({n} trials)": n for v, n in counts.items()}
        lines.append(Line((name, ", ".join(values))))
    return Table("Environment", ("property", "value"), tuple(lines), ("property", "value"))
