"""The table of equivariance errors of regressors: finite elements by strength, discrete ones, and Lie derivatives."""

from __future__ import annotations

from symbench.leaderboard.table import NOTHING, Line, Table
from symbench.metrics.catalog import metric
from symbench.metrics.regression.equivariance import STRENGTHS
from symbench.report.study import Study

_TRANSFORMATIONS = {
    **{f"equivariance_{strength:g}": f"exp(tL), |t| = {strength:g}" for strength in STRENGTHS},
    "equivariance_discrete": "discrete elements",
    "lie_equivariance": "Lie derivative",
}


def equivariance_table(study: Study, task: str) -> Table | None:
    """Errors of each regressor at the largest size in both precisions; None if none was measured."""
    rows = [row for row in study.rows_of(task, study.largest(task)) if row.score is not None]
    lines: list[Line] = []
    for name, title in _TRANSFORMATIONS.items():
        double = name if name == "lie_equivariance" else f"{name}_float64"
        both = (f"{name}_float32", double)
        for i, row in enumerate(r for r in rows if double in r.metrics):
            values = (metric(n).text(row.metrics[n].mean) if n in row.metrics else NOTHING for n in both)
            lines.append(Line((title, row.method, *values), rule=i == 0 and bool(lines)))
    words = ("transformation", "method")
    note = (
        "The root mean square of f(gx) − ρ(g) f(x), divided by the spread of f, with g of the task's group; the Lie "
        "derivative is the ratio of squares E[‖∇f·Lx − dρ(L)f‖²] / E[‖∇f‖²‖Lx‖² + ‖dρ(L)f‖²]."
    )
    return Table("Equivariance", (*words, "float32", "float64"), tuple(lines), words, note) if lines else None
