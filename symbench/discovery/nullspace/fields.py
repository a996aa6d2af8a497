"""How `nullspace` proceeds with a library: a fit in the chart and of the family that predict best, and its fields."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from symbench.algebra.label_spread import whitening
from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.nullspace.library import LibraryFrame, frame_of
from symbench.discovery.shared.charts import Chart
from symbench.discovery.shared.cross_fit import Ensemble, candidates, count, cross_fit, forms_of
from symbench.discovery.shared.cross_fit_polynomials import cross_fit_polynomials
from symbench.discovery.shared.designs import SIMPLEST
from symbench.discovery.shared.evidence import abstention, evidence, fit_notes, fit_quality, strength
from symbench.discovery.shared.label_map import BETTER, ORDERED, MappedLabel, mapped_labels
from symbench.discovery.shared.slopes import Blocked

if TYPE_CHECKING:
    from symbench.discovery.nullspace.method import Nullspace

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ChartFit:
    """Cross-fitted functions of the inputs of a chart.

    ensemble   gradients with respect to `outward` (q, r): displacements of the inputs
    """

    chart: Chart
    ensemble: Ensemble
    inward: FloatArray
    polynomial: bool

    def at(self, x: FloatArray, directions: FloatArray) -> Ensemble:
        """The functions with their gradients at x (N, P, d) along the rows of `directions` (r, d)."""
        return self.ensemble.mapped(
            lambda gradients, rows: self.chart.pulled_back(gradients @ self.inward, x[rows], directions),
            len(directions),
        )


def fit_fields(method: Nullspace, sample: FunctionSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """As `nullspace.fit.fit`, with the library that the method names; the claim is vector fields.

    Raises IncompatibleError if the library does not fit the vectors.
    """
    x = sample.x
    n, vectors, d = x.shape
    labels = mapped_labels(sample)
    frame = frame_of(x, method.library)
    r, m = len(frame.up), frame.mix.shape[1]
    if not labels or n < 2 * method.folds or r == 0 or n // method.folds * vectors < m:
        return abstention(d)  # a constant label, or too few events in a fold to distinguish the functions
    best = _best_fit(method, x, labels, frame, seed=seed, budget=budget, device=device)
    if not (best.polynomial or best.ensemble.learnt):
        return abstention(d, best.ensemble)
    ensemble = best.at(x, frame.up)
    forms = forms_of(ensemble, Blocked(lambda rows: frame.functions(x[rows]), (n, vectors, m)))
    verdict, _ = count(method, forms)
    k = verdict.k
    weights = candidates(forms.whole)[:, :k].T.reshape(k, r, m)
    return Symmetry(
        generators=np.zeros((0, d, d)),
        confidence=verdict.confidence[:k],
        steps=ensemble.steps,
        spectrum=verdict.spread,
        arrays=evidence(verdict, method.bound),
        scalars={
            **fit_quality(ensemble),
            **strength(verdict, k, ensemble.left(method.confidence), ensemble.floor(method.bound)),
            "library_dimension": float(r * m),
            "polynomial": float(best.polynomial),
        },
        notes={**fit_notes(ensemble), "chart": best.chart.name},
        fields=frame.fields(weights) if k else None,
    )


def _best_fit(
    method: Nullspace,
    x: FloatArray,
    labels: tuple[MappedLabel, ...],
    frame: LibraryFrame,
    *,
    seed: int,
    budget: float,
    device: str,
) -> ChartFit:
    """The fit that predicts held-out labels best, by `Ensemble.error`: polynomials that describe it before networks."""
    tried: list[ChartFit] = []
    if method.family == "best":
        for chart in frame.charts:
            inputs = chart.inputs(x)
            inward = np.eye(inputs.shape[2])
            fits = cross_fit_polynomials(
                method.folds, inputs, labels, SIMPLEST, seed=seed, outward=inward, central=frame.central
            )
            if fits.describes():
                tried.append(ChartFit(chart, fits.ensemble, inward, polynomial=True))
                if fits.ensemble.error < ORDERED:
                    return tried[-1]
    for chart in frame.charts:
        inputs = chart.inputs(x)
        white = whitening(inputs[frame.central])
        coordinates = white.coordinates(inputs)
        networks = cross_fit(method, coordinates, labels, frame.central, seed=seed, budget=budget, device=device)
        tried.append(ChartFit(chart, networks, white.whiten, polynomial=False))
    best = tried[0]
    for fit in tried[1:]:
        if fit.ensemble.error < BETTER * best.ensemble.error:
            best = fit
    return replace(best, ensemble=replace(best.ensemble, steps=sum(fit.ensemble.steps for fit in tried)))
