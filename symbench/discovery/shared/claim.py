"""The claim that a cross-fitted gradient supports: what the judge accepts, modulo directions that the label ignores."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from symbench.algebra.label_spread import Whitening
from symbench.algebra.subalgebra import closing
from symbench.discovery.base import Symmetry
from symbench.discovery.shared.cross_fit import Ensemble, candidates, count, forms_of, irrelevant
from symbench.discovery.shared.evidence import evidence, fit_notes, fit_quality, strength
from symbench.discovery.shared.forms import VerdictForms
from symbench.discovery.shared.judge import Bounds, Judgement
from symbench.discovery.shared.relevant import RelevantSpace

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Relevant:
    """Where a claim is made: the vectors without the directions that the label ignores, and the count there.

    ignored     these directions, as whitened columns (r, m)
    ensemble    gradients in the coordinates of `space`
    forms       of these gradients along the matrices of `space`
    verdict     the judgement of all matrices of `space`, of the directions that each fold was judged by
    """

    space: RelevantSpace
    ignored: FloatArray
    ensemble: Ensemble
    forms: VerdictForms
    verdict: Judgement
    proposed: list[FloatArray]


def relevant(settings: Bounds, x: FloatArray, white: Whitening, fitted: Ensemble) -> Relevant:
    """The relevant space of vectors x (N, P, d); a second count is needed only if the label ignores directions."""
    space = RelevantSpace.of(x, fitted.central, white, np.zeros((white.spread.shape[1], 0)))
    forms = forms_of(fitted, space.functions())
    verdict, proposed = count(settings, forms)
    ignored = irrelevant(settings, forms, float(verdict.upper[0]))
    if not ignored.size:
        return Relevant(space, ignored, fitted, forms, verdict, proposed)
    space = RelevantSpace.of(x, fitted.central, white, ignored)
    ensemble = replace(fitted, gradients=fitted.gradients @ space.kept)
    forms = forms_of(ensemble, space.functions())
    return Relevant(space, ignored, ensemble, forms, *count(settings, forms))


def claim(settings: Bounds, x: FloatArray, white: Whitening, fitted: Ensemble) -> Symmetry:
    """The largest algebra among the directions that pass, in the coordinates of x (N, P, d).

    white    the whitening of the central events
    fitted   gradients at x, in the coordinates of `white`
    """
    found = relevant(settings, x, white, fitted)
    space, ensemble, verdict = found.space, found.ensemble, found.verdict
    passed = space.lifted(candidates(found.forms.whole)[:, : verdict.k])
    k = closing(space.inside(passed))
    return Symmetry(
        generators=passed[:k],
        confidence=verdict.confidence[:k],
        steps=ensemble.steps,
        spectrum=verdict.spread,
        arrays={
            **evidence(verdict, settings.bound),
            "generator_samples": np.array([space.lifted(directions[:, :k]) for directions in found.proposed]),
            "ignored_directions": (white.spread @ found.ignored).T,
        },
        scalars={
            **fit_quality(ensemble),
            **strength(verdict, k, ensemble.left(settings.confidence), ensemble.floor(settings.bound)),
            "passed": float(verdict.k),
            "ignored": float(found.ignored.shape[1]),
        },
        notes=fit_notes(ensemble),
    )
