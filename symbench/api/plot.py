"""`sb.plot`: the figures of a report from results in Python, as matplotlib figures.

    results = sb.open_results(".symbench", "cms")
    figure = sb.plot.learning_curves(results, "cms-dimuon-mass", style="cms")
    figure.savefig("curves.pdf")

Each function takes results, the label of a task and a style: one of matplotlib, by name or path, or `cms`, `atlas`,
`lhcb` or `alice` of mplhep (extra `plots`). Raises DataError if the task's trials did not record what is to be drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from symbench.api.results import Results

__all__ = [
    "boost",
    "cost",
    "data_efficiency",
    "generators",
    "invariance",
    "ladder",
    "learning_curves",
    "quantities",
    "rejection",
    "residuals",
    "shared_form",
    "spectra",
]


def learning_curves(results: Results, task: str, *, style: str | None = None) -> Figure:
    """The track's score and a second metric against training events, with 95 % intervals."""
    return results.figure("curves", task, style=style)


def generators(results: Results, task: str, *, style: str | None = None) -> Figure:
    """The claimed generators of each method's median seed as matrices, in the sparsest basis of their span."""
    return results.figure("generators", task, style=style)


def spectra(results: Results, task: str, *, style: str | None = None) -> Figure:
    """Singular values, defects or label spreads of every seed with the chosen cut."""
    return results.figure("spectra", task, style=style)


def residuals(results: Results, task: str, *, style: str | None = None) -> Figure:
    """How far single events speak against each claim, as histograms."""
    return results.figure("residuals", task, style=style)


def quantities(results: Results, task: str, *, style: str | None = None) -> Figure:
    """Learned against true conserved quantities (dynamics track)."""
    return results.figure("quantities", task, style=style)


def shared_form(results: Results, task: str, *, style: str | None = None) -> Figure:
    """The form that events share, and its spread beside permuted partners (invariant track)."""
    return results.figure("form", task, style=style)


def data_efficiency(results: Results, task: str, *, style: str | None = None) -> Figure:
    """Events that the baseline needs for the same score, divided by the method's own (classification, regression)."""
    return results.figure("efficiency", task, style=style)


def rejection(results: Results, task: str, *, style: str | None = None) -> Figure:
    """Background rejection against signal efficiency (classification)."""
    return results.figure("rejection", task, style=style)


def invariance(results: Results, task: str, *, style: str | None = None) -> Figure:
    """The invariance error of each operation in both precisions (classification)."""
    return results.figure("invariance", task, style=style)


def boost(results: Results, task: str, *, style: str | None = None) -> Figure:
    """The AUC against the rapidity of a boost (classification)."""
    return results.figure("boost", task, style=style)


def cost(results: Results, task: str, *, style: str | None = None) -> Figure:
    """The quality against the cost of a forward pass and the training time (classification, regression)."""
    return results.figure("cost", task, style=style)


def ladder(results: Results, task: str, *, style: str | None = None) -> Figure:
    """Score and data efficiency against the group under which each network is invariant (classification)."""
    return results.figure("ladder", task, style=style)
