"""Tables of invariance: operations with their strengths, and the Lie derivative along each generator."""

from __future__ import annotations

import re
from collections.abc import Iterator

from symbench import registry
from symbench.leaderboard import LeaderboardRow
from symbench.leaderboard.challenge import ChallengeRow
from symbench.leaderboard.table import NOTHING, Line, Table
from symbench.metrics.catalog import metric
from symbench.metrics.invariance.invariance import PRECISIONS
from symbench.report.challenge import breaking
from symbench.report.study import Study
from symbench.which_is_real.breaking import text_of


def invariance_tables(study: Study, task: str) -> list[Table]:
    """Operations and Lie derivatives for each classifier at the largest size; empty if none was measured."""
    rows = [row for row in study.rows_of(task, study.largest(task)) if row.score is not None]
    return [table for table in (_operations(study, task, rows), _generators(study, rows)) if table is not None]


def strengths(rows: list[LeaderboardRow], operation: str) -> list[float]:
    """The strengths at which an operation was measured, in ascending order."""
    pattern = re.compile(rf"flip_rate_{operation}_([0-9.e+-]+)")
    return sorted({float(match[1]) for row in rows for name in row.metrics if (match := pattern.fullmatch(name))})


def _operations(study: Study, task: str, rows: list[LeaderboardRow]) -> Table | None:
    """Invariance error in each precision, flip rate, and the AUC of the same events before and after the operation.

    If the suite measured how far the data break the operations, that is a column as well.
    """
    broken = breaking(study, task)
    beside = ("real one preferred",) if broken else ()
    heads = (
        *("operation", "strength", *beside, "method", *PRECISIONS.values()),
        *("decisions flipped", "AUC before", "AUC after"),
    )
    lines: list[Line] = []
    for name, title, strength in _variants(rows):
        names = [*(f"invariance_{name}_{p}" for p in PRECISIONS), f"flip_rate_{name}", "auc_unmoved", f"auc_{name}"]
        for i, row in enumerate(r for r in rows if any(n in r.metrics for n in names if n != "auc_unmoved")):
            data = (_preferred(broken.get(text_of(*_parts(name)))),) if broken else ()
            cells = (title, strength, *data, row.method, *(_text(row, n) for n in names))
            lines.append(Line(cells, rule=i == 0 and bool(lines)))
    words = ("operation", "strength", "method")
    note = BREAKING_NOTE if broken else ""
    return Table("Invariance under symmetry operations", heads, tuple(lines), words, note) if lines else None


BREAKING_NOTE = (
    "`real one preferred`: how often boosted trees prefer an event to its copy that the operation moved, with the "
    "class known, measured on the data (0.5: they cannot tell). Where it is 0.5, the operation leads to events that "
    "the data contain as well, and an invariance error is the network's own. Where it is far above, the data "
    "themselves are not symmetric: an invariant network cannot use the difference, and one with an error may use it "
    "rightly."
)


def _parts(name: str) -> tuple[str, str]:
    """`boost_0.5` as the operation and the suffix of its strength."""
    for operation in registry.operations():
        if name == operation.name:
            return name, ""
        suffix = name.removeprefix(operation.name)
        if suffix != name and re.fullmatch(r"_[0-9.e+-]+", suffix):
            return operation.name, suffix
    return name, ""


def _preferred(row: ChallengeRow | None) -> str:
    return NOTHING if row is None else f"{row.accuracy:.3f} ± {row.accuracy_error:.3f}"


def _variants(rows: list[LeaderboardRow]) -> Iterator[tuple[str, str, str]]:
    """(name in metrics, title, text of the strength) of every operation at every strength."""
    for operation in registry.operations():
        name, title = operation.name, operation.title
        values = strengths(rows, name)
        for value in values:
            strength = "strength" if operation.grid is None else operation.grid.singular
            yield f"{name}_{value:g}", title, f"{strength} {value:g}"
        if not values:
            yield name, title, NOTHING


def _generators(study: Study, rows: list[LeaderboardRow]) -> Table | None:
    """Lie-derivative error of each generator in float32 and float64, and how it was measured."""
    heads = ("generator", "method", "float32", "float64", "computed by")
    order = list(dict.fromkeys(member for operation in registry.operations() for member in operation.lie_members))
    pattern = re.compile(rf"lie_({'|'.join(map(re.escape, order))}|generator_[0-9]+)")
    known = {match[1] for row in rows for name in row.metrics if (match := pattern.fullmatch(name))}
    lines: list[Line] = []
    for name in sorted(known, key=lambda n: (order.index(n) if n in order else len(order), len(n), n)):
        for i, row in enumerate(r for r in rows if f"lie_{name}" in r.metrics):
            values = (_text(row, f"lie_{name}_float32"), _text(row, f"lie_{name}"))
            cells = (name.replace("_", " "), row.method, *values, _means(study, row))
            lines.append(Line(cells, rule=i == 0 and bool(lines)))
    words = ("generator", "method", "computed by")
    return Table("Lie-derivative error of each generator", heads, tuple(lines), words) if lines else None


def _means(study: Study, row: LeaderboardRow) -> str:
    """How the trials computed their Lie derivatives, without the reason for it."""
    notes = [t.notes.get("lie_derivatives", "forward mode") for t in study.ok(row.task, row.method, row.train_size)]
    return ", ".join(sorted({note.split(":")[0] for note in notes}))


def _text(row: LeaderboardRow, name: str) -> str:
    return metric(name).text(row.metrics[name].mean) if name in row.metrics else NOTHING
