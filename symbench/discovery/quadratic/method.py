"""`quadratic`: fit the label with a quadratic form and read the symmetry off it; a baseline."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.discovery.shared.polynomial_method import PolynomialMethod
from symbench.registry import discovery_method


@discovery_method("quadratic")
class Quadratic(PolynomialMethod):
    """The generators L under which a quadratic that describes the label is invariant: Lᵀ Q + Q L = 0 and b·L = 0.

    The label is fitted by least squares with products of components, also of different vectors of an event, and with
    linear terms. Of families of quadratics of rising size (`shared.polynomials.fit_quadratic`) leave-one-out errors
    choose one: products of the components of the vectors' sum need eleven events in four dimensions. Directions are
    proposed and judged as for `nullspace`; for the proposals the form is also evaluated at random points, since it is
    known everywhere, while ten events alone leave six of sixteen directions open.

    Every quadratic has symmetries, also the best approximation of a label that has none. So the method abstains, as not
    learnt, unless the quadratic describes the held-out labels: what is left of them is smaller than `exact`, or smaller
    than `largest` and noise, that is, not predicted by a richer fit (`shared.described`). A label counts up to a
    monotone map: its square, its logarithm and the normal scores of its ranks are tried too, and the map of which
    left-out labels are predicted best, by rank, is taken (`shared.label_map`).

    Of a label of two values the log-odds are fitted (`shared.log_odds`). They are described if a score test finds
    nothing that polynomials of higher degree would add, and excludes more than a tenth of their spread
    (`shared.score_test`); the errors of the gradient then count against the bound.
    """

    version: ClassVar[str] = "3"
    summary: ClassVar[str] = "null space of a quadratic form fitted by least squares; abstains if that does not fit"

    folds: int = Field(10, ge=3, le=50, description="parts of the sample, each held out once")
