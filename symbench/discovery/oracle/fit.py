"""How `oracle` proceeds: cross-fitted gradients, matrices of smallest loss, and their number by held-out events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh

from symbench.algebra.invariants import is_closed
from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.oracle.coordinates import Coordinates
from symbench.discovery.oracle.known import fit_known
from symbench.discovery.oracle.loss import Minimum, smallest, structure_constants
from symbench.discovery.oracle.method import KnownOracle, Oracle
from symbench.discovery.shared.claim import relevant
from symbench.discovery.shared.cross_fit import Ensemble, forms_of
from symbench.discovery.shared.evidence import abstention, evidence, fit_notes, fit_quality, strength
from symbench.discovery.shared.family import best_family
from symbench.discovery.shared.judge import Judgement, judge, worst_spreads

FloatArray = npt.NDArray[np.float64]

_INDEPENDENT = 1e-9


def fit(method: Oracle, sample: FunctionSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Fit functions to the labels, unless the label is given as a formula, and then the generators to their gradients.

    Generators are in the coordinates of the sample. Raises IncompatibleError for labels of three classes or more.
    """
    if isinstance(method, KnownOracle):
        return fit_known(method, sample, seed=seed, budget=budget)
    d = sample.x.shape[2]
    found = best_family(method, sample, polynomials=True, seed=seed, budget=budget, device=device)
    if found is None:
        return abstention(d)
    fitted, white = found.ensemble, found.white
    if not found.learnt:
        return abstention(d, fitted)
    inside = relevant(method, sample.x, white, fitted)
    coordinates = Coordinates.of(inside.space)
    search = CountSearch.of(method, inside.ensemble, coordinates, seed, budget)
    tried = list(search.tried())
    losses = np.array([[k, m.terms.invariance, m.terms.frame, m.terms.closure] for k, m, _ in tried]).reshape(-1, 4)
    common = {"losses": losses, "ignored_directions": (white.spread @ inside.ignored).T}
    scalars = {**fit_quality(fitted), "ignored": float(inside.ignored.shape[1]), "most": float(search.most())}
    scalars |= found.scalars()
    steps = fitted.steps + sum(m.steps for _, m, _ in tried)
    if tried:
        scalars["loss"] = tried[-1][1].terms.total
    k, minimum, accepted = tried[-1] if tried else (0, None, None)
    if minimum is None or accepted is None:
        return replace(abstention(d, fitted), steps=steps, arrays=common, scalars=scalars)
    verdict, proposed = accepted
    generators = coordinates.lifted(minimum.generators)
    return Symmetry(
        generators=generators,
        confidence=np.full(k, verdict.confidence[-1]),
        steps=steps,
        spectrum=verdict.spread,
        arrays={
            **common,
            **evidence(verdict, method.bound),
            "structure_constants": structure_constants(generators),
            "generator_samples": np.array([coordinates.lifted(matrices) for matrices in proposed]),
        },
        scalars={**scalars, **strength(verdict, k, fitted.left(method.confidence), fitted.floor(method.bound))},
        notes=fit_notes(fitted),
    )


Accepted = tuple[Judgement, list[FloatArray]]


@dataclass(frozen=True)
class CountSearch:
    """The search for the number of matrices.

    form      (s², s²) of the loss, from all networks
    without   the same from the networks of all folds but one, for each fold
    changes   (r·s, r·s) forms of coefficients on the held-out events of each fold, by networks not fitted to these
    noise     the same form of the errors of the gradient
    """

    method: Oracle
    coordinates: Coordinates
    form: FloatArray
    without: Sequence[FloatArray]
    changes: Sequence[FloatArray]
    noise: FloatArray
    seed: int
    steps: int

    @classmethod
    def of(cls, method: Oracle, ensemble: Ensemble, coordinates: Coordinates, seed: int, budget: float) -> CountSearch:
        forms = forms_of(ensemble, coordinates.functions)
        whole, *without = [coordinates.form(form) for form in (forms.whole, *forms.without)]
        steps = max(1, round(method.descent_steps * budget))
        return cls(method, coordinates, whole, without, forms.held_out, forms.noise, seed, steps)

    def most(self) -> int:
        """The largest k that can pass: the k-th smallest σ² on all held-out events is below the bound.

        In any span of k matrices the worst σ² is at least the k-th smallest (Courant–Fischer).
        """
        return int(np.sum(np.linalg.eigvalsh(self.pooled) * len(self.coordinates.tangent) < self.method.bound**2))

    @property
    def pooled(self) -> FloatArray:
        """The form on the events of all folds, each by networks that were not fitted to it."""
        return np.asarray(np.mean(self.changes, axis=0))

    @property
    def length(self) -> FloatArray:
        """The form of the length of coefficients: a matrix W displaces the data by ‖W‖/√r of their size."""
        return np.asarray(np.eye(len(self.pooled)) / len(self.coordinates.tangent))

    def tried(self) -> Iterator[tuple[int, Minimum, Accepted | None]]:
        """Each k with the minimum of all folds, until one is accepted."""
        given = self.method.generators
        for k in range(self.most(), 0, -1) if given == "auto" else [given]:
            minimum = self.smallest(self.form, k)
            accepted = self.accepted(k, minimum) if given == "auto" else self.judged(k)
            yield k, minimum, accepted
            if accepted is not None:
                return

    def accepted(self, k: int, minimum: Minimum) -> Accepted | None:
        """The verdict on matrices that close and pass; None for others."""
        if minimum.terms.algebra >= self.method.closing or not is_closed(minimum.generators):
            return None
        columns = self.coordinates.coefficients(minimum.generators)
        if worst_spreads(columns, self.pooled, self.length)[-1] >= self.method.bound**2:
            return None
        verdict, proposed = self.judged(k)
        return (verdict, proposed) if verdict.k == k else None

    def judged(self, k: int) -> Accepted:
        """The verdict on spans of k matrices that are found without one fold each, and these matrices."""
        proposed = [self.smallest(form, k).generators for form in self.without]
        columns = [self.best_first(*pair) for pair in zip(proposed, self.without, strict=True)]
        limits = {"bound": self.method.bound, "confidence": self.method.confidence}
        verdict = judge(columns, self.changes, self.length, noise=self.noise, **limits)
        return verdict, proposed

    def best_first(self, matrices: FloatArray, form: FloatArray) -> FloatArray:
        """Coefficients (r·s, k) of the same span, ordered by the change that a form gives them, the smallest first."""
        columns = self.coordinates.coefficients(matrices)
        lengths = columns.T @ columns
        if np.linalg.eigvalsh(lengths)[0] <= _INDEPENDENT * np.trace(lengths):
            return columns  # matrices that vanish or depend on each other pass no test
        flat = matrices.reshape(len(matrices), -1)
        return np.asarray(columns @ eigh(flat @ form @ flat.T, lengths)[1])

    def smallest(self, form: FloatArray, k: int) -> Minimum:
        return smallest(
            form,
            k,
            len(self.coordinates.turn),
            image=self.coordinates.image,
            near_null_space=True,
            sparsity=self.method.sparsity,
            steps=self.steps,
            starts=self.method.starts,
            seed=self.seed,
        )
