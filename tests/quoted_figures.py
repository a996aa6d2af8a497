"""Figures that a page quotes from a report: the mark above a table that names their source, and the comparison.

The mark is an HTML comment whose first line names the report and whose other lines are YAML:

    <!-- from reports/cms
    task: cms-dimuon-mass
    rows: train_size
    columns: [nullspace count, nullspace f1]
    -->

Each column after the first is a method and a metric, as the suite and the journal name them, or null if it has no
figures of the report. `rows` says what the first column holds: `train_size`, or a list with one word a row that takes
the place of `{row}` in the columns (null: no figures of the report). A cell is a mean over seeds, rounded as it is
printed; `m [low, high]` adds the interval of the leaderboard, `a of b` counts seeds with the value 1, `n in every seed`
is the value of each seed, `none` is zero in each, and a list has one mean for each of several training sizes.
A table of other numbers says so: `<!-- not from reports: SOURCE -->`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from symbench.leaderboard import leaderboard
from symbench.stats import Estimate
from symbench.trial.result import TrialResult
from tests.conftest import ROOT
from tests.markdown_tables import MarkdownTable

NUMBER = r"[−-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[+-]?\d+)?"
IN_PARENTHESES = re.compile(rf"(?<!\w)\([^()]*?({NUMBER})[^()]*\)")


class Mark(BaseModel):
    """What the comment above a table says about the source of its numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: str
    columns: tuple[str | None, ...]
    rows: str | tuple[str | None, ...]
    train_size: int | tuple[int, ...] | None = None
    header: tuple[str, ...] = ()  # of the numbers in parentheses in the header


@dataclass(frozen=True)
class Trials:
    """Successful trials of a report: (task, method, training size) → metrics of each seed."""

    metrics: dict[tuple[str, str, int], list[dict[str, float]]]

    def values(self, task: str, method: str, metric: str, train_size: int | None) -> list[float]:
        """The metric of every seed that has it, at one size or at all."""
        return [
            metrics[metric]
            for (of_task, of_method, size), trials in self.metrics.items()
            if (of_task, of_method) == (task, method) and train_size in (None, size)
            for metrics in trials
            if metric in metrics
        ]


@cache
def trials_of(report: str) -> Trials:
    metrics: dict[tuple[str, str, int], list[dict[str, float]]] = {}
    for line in (ROOT / report / "results.jsonl").read_text().splitlines():
        result = json.loads(line)
        spec = result["spec"]
        if result["status"] == "ok":
            entry = spec["task_label"], spec["method_label"], spec["train_size"]
            metrics.setdefault(entry, []).append(result["metrics"])
    return Trials(metrics)


@cache
def estimates_of(report: str) -> dict[tuple[str, str, int], dict[str, Estimate]]:
    """(task, method, training size) → metric → mean and interval, as the leaderboard computes them today."""
    lines = (ROOT / report / "results.jsonl").read_text().splitlines()
    rows = leaderboard([TrialResult.model_validate_json(line) for line in lines])
    return {(row.task, row.method, row.train_size): row.metrics for row in rows}


def is_numeric(table: MarkdownTable) -> bool:
    """Whether a column, other than the first, begins with numbers in at least half of its cells."""
    begins = re.compile(rf"[`*<>≈]*{NUMBER}(?![.\d]*\.\d)")  # a number, and not an address such as 127.0.0.1
    columns = list(zip(*table.rows, strict=True))[1:]
    return any(2 * sum(bool(begins.match(cell)) for cell in column) >= len(column) for column in columns)


def is_of_reports(table: MarkdownTable) -> bool:
    return table.comment is not None and table.comment.startswith("from reports/")


def is_of_other_source(table: MarkdownTable) -> bool:
    return table.comment is not None and re.match(r"not from reports: \S", table.comment) is not None


def mismatches(table: MarkdownTable) -> list[str]:
    """A sentence for each number of a marked table that is not the report's; ValueError if no rule reads a cell."""
    assert table.comment is not None
    report, _, content = table.comment.removeprefix("from ").partition("\n")
    mark, trials = Mark.model_validate(yaml.safe_load(content)), trials_of(report.strip())
    problems = list(_header_mismatches(table, mark, trials))
    for number, row in enumerate(table.rows):
        word = mark.rows[number] if isinstance(mark.rows, tuple) else ""
        if word is None:
            continue
        sizes = _sizes(row[0], mark)
        for column, cell in zip(mark.columns, row[1:], strict=True):
            if column is None:
                continue
            method, metric = column.replace("{row}", word).split()
            values = [trials.values(mark.task, method, metric, size) for size in sizes]
            interval = None
            if re.search(r"\[.*\]", cell) and len(sizes) == 1 and sizes[0] is not None:
                interval = estimates_of(report.strip()).get((mark.task, method, sizes[0]), {}).get(metric)
            if wrong := _wrong(cell, values, interval):
                problems.append(f"{table}, row {row[0]!r}, {method} {metric}: {cell!r} is printed, {wrong}")
    return problems


def _sizes(first_cell: str, mark: Mark) -> tuple[int | None, ...]:
    if mark.rows == "train_size":
        return (int(first_cell.replace(",", "")),)
    return mark.train_size if isinstance(mark.train_size, tuple) else (mark.train_size,)


def _header_mismatches(table: MarkdownTable, mark: Mark, trials: Trials) -> Iterator[str]:
    printed = IN_PARENTHESES.findall(" ".join(table.header))
    if len(printed) != len(mark.header):
        yield f"{table}: {len(printed)} numbers are in parentheses in its header, {len(mark.header)} in its mark"
    for shown, source in zip(printed, mark.header, strict=False):
        method, metric = source.split()
        if wrong := _wrong(f"{shown} in every seed", [trials.values(mark.task, method, metric, None)]):
            yield f"{table}, header, {source}: {shown} is printed, {wrong}"


def _wrong(cell: str, values: list[list[float]], interval: Estimate | None = None) -> str:
    """How the report differs from a cell, or nothing if it does not; `values` are those of each training size."""
    if not re.search(r"\d", cell) and not cell.startswith("none"):
        return ""
    if not all(values):
        return "the report has no such value"
    if len(values) > 1:
        means = [sum(some) / len(some) for some in values]
        return _differ(re.findall(NUMBER, cell), means)
    (seeds,) = values
    mean = sum(seeds) / len(seeds)
    if cell.startswith("none"):
        return "" if not any(seeds) else f"the report has {seeds}"
    if found := re.fullmatch(rf"({NUMBER}) \[({NUMBER}), ({NUMBER})\]", cell):
        if interval is None or interval.low is None or interval.high is None:
            return "there is no interval"
        return _differ(list(found.groups()), [interval.mean, interval.low, interval.high])
    if found := re.fullmatch(r"(\d+) of (\d+)", cell):
        return _differ(list(found.groups()), [float(seeds.count(1.0)), float(len(seeds))])
    if found := re.fullmatch(rf"({NUMBER}) in every seed", cell):
        return _differ([found[1]] * len(seeds), seeds)
    if found := re.fullmatch(rf"({NUMBER})(?:°| on average)?", cell):
        return _differ([found[1]], [mean])
    raise ValueError(f"no rule reads the figures of the cell {cell!r}: see the head of {Path(__file__).name}")


def _differ(printed: list[str], values: list[float]) -> str:
    return "" if len(printed) == len(values) and all(map(_is_rounded, printed, values)) else f"the report has {values}"


def _is_rounded(printed: str, value: float) -> bool:
    """Whether a number is the value, rounded to the digits that it is printed with; one without a fraction is exact."""
    plain = printed.replace(",", "").replace("−", "-")
    mantissa, exponent, _ = plain.partition("e")
    digits = len(mantissa.partition(".")[2])
    if exponent:
        return float(plain) == float(f"{value:.{digits}e}")
    return float(plain) == (float(f"{value:.{digits}f}") if digits else value)
