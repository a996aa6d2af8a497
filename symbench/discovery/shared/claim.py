"""The claim that a cross-fitted gradient supports: what the judge accepts, modulo directions that the label ignores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from symbench.algebra.label_spread import Whitening
from symbench.algebra.subalgebra import closing
from symbench.discovery.base import Symmetry
from symbench.discovery.shared.cross_fit import Ensemble, candidates, count, irrelevant
from symbench.discovery.shared.evidence import evidence, fit_notes, fit_quality, strength
from symbench.discovery.shared.judge import Bounds
from symbench.discovery.shared.relevant import RelevantSpace

FloatArray = npt.NDArray[np.float64]


def relevant_space(
    settings: Bounds, x: FloatArray, white: Whitening, fitted: Ensemble
) -> tuple[RelevantSpace, FloatArray]:
    """Vectors x (N, P, d) without the directions that the label ignores, and these, as whitened columns (r, m)."""
    everything = RelevantSpace.of(x, fitted.central, white, np.zeros((white.spread.shape[1], 0)))
    ignored = irrelevant(settings, fitted, everything.functions())
    return (RelevantSpace.of(x, fitted.central, white, ignored) if ignored.size else everything), ignored


def claim(settings: Bounds, x: FloatArray, white: Whitening, fitted: Ensemble) -> Symmetry:
    """The largest algebra among the directions that pass, in the coordinates of x (N, P, d).

    white    the whitening of the central events
    fitted   gradients at x, in the coordinates of `white`
    """
    space, ignored = relevant_space(settings, x, white, fitted)
    ensemble = replace(fitted, gradients=fitted.gradients @ space.kept)
    functions = space.functions()
    verdict, proposed = count(settings, ensemble, functions)
    passed = space.lifted(candidates(ensemble, functions, range(ensemble.folds))[:, : verdict.k])
    k = closing(space.inside(passed))
    return Symmetry(
        generators=passed[:k],
        confidence=verdict.confidence[:k],
        steps=ensemble.steps,
        spectrum=verdict.spread,
        arrays={
            **evidence(verdict, settings.bound),
            "generator_samples": np.array([space.lifted(directions[:, :k]) for directions in proposed]),
            "ignored_directions": (white.spread @ ignored).T,
        },
        scalars={
            **fit_quality(ensemble),
            **strength(verdict, k, ensemble.held_out),
            "passed": float(verdict.k),
            "ignored": float(ignored.shape[1]),
        },
        notes=fit_notes(ensemble),
    )
