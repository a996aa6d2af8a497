"""Published figures beside our results: the verdict is computed by the rule that the suite states for each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from symbench.leaderboard.estimates import estimate, scores_by_seed
from symbench.leaderboard.table import NOTHING, Line, Table
from symbench.metrics.catalog import metric
from symbench.metrics.metric import Metric
from symbench.report.study import Study
from symbench.stats.intervals import Estimate
from symbench.suite.published import Published, PublishedFigure

HEADS = ("task", "method", "figure", "published", "ours", "95 % interval", "seeds", "verdict", "explanation")
_WORDS = ("task", "method", "figure", "verdict", "explanation")

_LEVEL_IN_ERRORS = 1.96
_SIGNS = {"at least": "≥ ", "at most": "≤ "}
_ROUNDING = 1e-9  # of a figure: 3 generators counted three times are 3


@dataclass(frozen=True)
class Comparison:
    """A published figure and our result; `agrees` is None with no result, or too few seeds to decide."""

    figure: PublishedFigure
    ours: Estimate | None
    agrees: bool | None

    @property
    def verdict(self) -> str:
        """One or two words: `agrees`, `differs`, `reached`, `not reached`, `no result`, or too few seeds."""
        rule = self.figure.published.agrees
        if self.ours is None:
            return "no result"
        if self.agrees is None:
            return "too few seeds to decide"
        if rule.is_bound:
            return "reached" if self.agrees else "not reached"
        return "agrees" if self.agrees else "differs"


def comparisons(study: Study) -> list[Comparison]:
    """Every published figure of the suite, in its order, with our result over the seeds whose trials ended ok."""
    compared = []
    for figure in study.facts.published:
        trials = study.ok(figure.task, figure.method, figure.train_size)
        values = list(scores_by_seed(trials, figure.published.metric).values())
        compared.append(compare(figure, values))
    return compared


def compare(figure: PublishedFigure, values: Sequence[float]) -> Comparison:
    """Compare by the figure's own rule; `values` are our results, one for each seed."""
    ours = estimate(figure.published.metric, values) if values else None
    return Comparison(figure, ours, None if ours is None else _agrees(figure.published, ours, values))


def _agrees(published: Published, ours: Estimate, values: Sequence[float]) -> bool | None:
    value, error, rule = published.value, published.error or 0.0, published.agrees
    slack = _ROUNDING * abs(value)
    if rule.kind == "at least":
        return ours.mean >= value - error - slack
    if rule.kind == "at most":
        return ours.mean <= value + error + slack
    if rule.kind == "distance":
        return abs(ours.mean - value) <= (rule.amount or 0.0) + slack
    if rule.kind == "factor":
        return ours.mean > 0 and max(ours.mean / value, value / ours.mean) <= (rule.amount or 1.0) + _ROUNDING
    if ours.low is None or ours.high is None:
        return None
    if rule.kind == "interval":
        reach = _LEVEL_IN_ERRORS * error + slack
        return ours.low <= value + reach and ours.high >= value - reach
    return abs(ours.mean - value) <= _prediction(values) + slack


def _prediction(values: Sequence[float]) -> float:
    """Half the width of Student's 95 % interval for one more value: t · s · √(1 + 1/n)."""
    from scipy.special import stdtrit

    n = len(values)
    mean = math.fsum(values) / n
    spread = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (n - 1))
    return float(stdtrit(n - 1, 0.975)) * spread * math.sqrt(1 + 1 / n)


def published_table(compared: Sequence[Comparison]) -> Table | None:
    """One line for each figure, with a rule between tasks; None if the suite states no figure.

    Figures that are not reproduced come first, with a rule of their own.
    """
    lines: list[Line] = []
    missed = [one for one in compared if one.agrees is not True]
    ordered = [*missed, *(one for one in compared if one.agrees is True)]
    for i, one in enumerate(ordered):
        figure, published = one.figure, one.figure.published
        column = _column(published)
        error = "" if published.error is None else f" ± {column.text(published.error)}"
        ours, interval = NOTHING, NOTHING
        if one.ours is not None:
            ours = column.text(one.ours.mean)
            if one.ours.low is not None and one.ours.high is not None:
                interval = f"{column.text(one.ours.low)} to {column.text(one.ours.high)}"
        cells = (
            figure.task,
            figure.method,
            column.heading.removeprefix("method "),
            _SIGNS.get(published.agrees.kind, "") + column.text(published.value) + error,
            ours,
            interval,
            "0" if one.ours is None else f"{one.ours.n}",
            f"{one.verdict} ({published.agrees})",
            _explanation(one),
        )
        lines.append(Line(cells, rule=i > 0 and (i == len(missed) or figure.task != ordered[i - 1].figure.task)))
    return Table("Published figures", HEADS, tuple(lines), _WORDS) if lines else None


def _column(published: Published) -> Metric:
    """The metric of a figure, with at least the number of decimals that was published."""
    column = metric(published.metric)
    digits = -int(Decimal(str(published.value)).as_tuple().exponent)
    return column if column.style == "significant" else replace(column, decimals=max(column.decimals, digits))


def _explanation(one: Comparison) -> str:
    published = one.figure.published
    tuned = f"Tuned to this figure: {published.tuned.rstrip('.')}." if published.tuned else ""
    note = published.note or ("" if one.agrees else "Not explained.")
    return " ".join(part for part in (tuned, note, f"Published in {published.source}.") if part)


def published_finding(compared: Sequence[Comparison]) -> list[str]:
    """Which published figures are not reproduced, and how many are; bounds are counted by themselves."""
    if not compared:
        return []
    missed = [f"{one.figure.method} on {one.figure.task} ({one.verdict})" for one in compared if one.agrees is not True]
    sentences = [f"Published figures that are not reproduced: {', '.join(missed)}."] if missed else []
    figures = [one for one in compared if not one.figure.published.agrees.is_bound]
    bounds = [one for one in compared if one.figure.published.agrees.is_bound]
    if figures:
        good = [one for one in figures if one.agrees is True]
        verb = "is" if len(good) == 1 else "are"
        text = f"{len(good)} of {len(figures)} published figures {verb} reproduced, each by the rule stated for it"
        tuned = sum(bool(one.figure.published.tuned) for one in good)
        if tuned:
            text += f"; {tuned} of these with settings that were chosen with the figure in view"
        sentences.append(text + ".")
    if bounds:
        good = [one for one in bounds if one.agrees is True]
        verb = "is" if len(good) == 1 else "are"
        sentences.append(
            f"{len(good)} of {len(bounds)} bounds {verb} reached: results at least as good as published, which need "
            "not be the same."
        )
    return sentences
