"""A claimed symmetry inspected in Python: angles, residuals event by event, and a picture."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from symbench.algebra.canonical import canonical_basis
from symbench.algebra.label_spread import central_events, in_frame_of
from symbench.algebra.names import named_algebra
from symbench.algebra.naming import name_of
from symbench.algebra.subspace import overlap, second_moment
from symbench.data.samples import ConservedQuantities, DistributionSample, FunctionSample, TrajectorySample
from symbench.discovery.shared.reference import fitted_reference
from symbench.metrics.fields import VectorFields
from symbench.metrics.residuals import residuals_along, residuals_of_quantities

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FloatArray = npt.NDArray[np.float64]

_COLUMNS = 6  # heat maps side by side


def name(generators: FloatArray, sample: object) -> str:
    """See `Symmetry.name`."""
    if not len(generators):
        return "none"
    if isinstance(sample, FunctionSample | DistributionSample):
        return name_of(in_frame_of(sample.x, generators))
    return name_of(generators)


def angles_to(generators: FloatArray, algebra: str | npt.ArrayLike, sample: object) -> FloatArray:
    """See `Symmetry.angles_to`."""
    truth = named_algebra(algebra) if isinstance(algebra, str) else np.asarray(algebra, dtype=np.float64)
    if truth.shape[1:] != generators.shape[1:]:
        raise ValueError(
            f"generators act on {generators.shape[-1]} components, those to compare with on {truth.shape[-1]}"
        )
    moment = second_moment(sample.x) if isinstance(sample, FunctionSample | DistributionSample) else None
    return np.asarray(np.degrees(overlap(generators, truth, moment).angles), dtype=np.float64)


def residuals(fields: VectorFields, conserved: ConservedQuantities | None, sample: object) -> FloatArray:
    """See `Symmetry.residuals`."""
    if isinstance(sample, TrajectorySample):
        if conserved is None:
            raise ValueError("no residuals: the claim has no functions, only their number or generators")
        return residuals_of_quantities(conserved, sample.x)
    if not isinstance(sample, FunctionSample):
        raise ValueError("residuals need the labels that the symmetry was discovered with")
    label = sample.y.astype(np.float64)
    fitted = fitted_reference(sample.x, label)
    shortcoming = fitted.shortcoming()
    if shortcoming is not None:
        raise ValueError(f"no residuals: {shortcoming}")
    x, domain = fitted.x, central_events(fitted.x)
    return residuals_along(fields(x), fitted.gradient, x, float(label[domain].var()) or 1.0, domain)


def plot(generators: FloatArray, name: str, axes: Sequence[str] | None = None) -> Figure:
    """See `Symmetry.plot`."""
    from symbench.discovery.shared.notebook_figure import NotebookFigure

    d = generators.shape[-1]
    basis, labels = canonical_basis(generators)
    columns = max(1, min(len(basis), _COLUMNS))
    rows = max(1, -(-len(basis) // columns))
    figure = NotebookFigure(figsize=(1.9 * columns, 2.4 * rows), layout="constrained")
    figure.suptitle(f"{name}: {counted(len(basis))}")
    for index, (generator, label) in enumerate(zip(basis, labels, strict=True)):
        panel = figure.add_subplot(rows, columns, index + 1)
        largest = float(np.abs(generator).max()) or 1.0
        panel.imshow(generator, cmap="RdBu_r", vmin=-largest, vmax=largest)
        panel.set_title(label, fontsize=min(11.0, 180 / len(label)))
        panel.set_xticks(range(d), axes or [str(i + 1) for i in range(d)])
        panel.set_yticks(range(d), axes or [str(i + 1) for i in range(d)])
    return figure


def html(generators: FloatArray, confidence: FloatArray, summary: str) -> str:
    """The claim in one line and the generators as numbers, side by side."""
    tables = []
    for generator, sure in zip(generators, confidence, strict=False):
        lines = "".join(f"<tr>{''.join(f'<td>{value:.3f}</td>' for value in row)}</tr>" for row in generator)
        caption = f"<caption>confidence {sure:.2f}</caption>"
        tables.append(f'<table style="display: inline-block">{caption}<tbody>{lines}</tbody></table>')
    return f"<p><b>{escape(summary)}</b></p>" + "".join(tables)


def counted(count: int, of: str = "generator") -> str:
    """A number with its noun, as in `1 generator` or `3 vector fields`."""
    return f"{count} {of}{'s' if count != 1 else ''}"
