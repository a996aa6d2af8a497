"""The error of a background rejection: of the finite test set and of the seeds, or a lower limit if too few pass."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, variance
from typing import NamedTuple

from symbench.metrics.classification.rejection import EFFICIENCIES
from symbench.trial.result import Status, TrialResult

ENOUGH = 20
"""With fewer background events passing, a rejection is a lower limit."""

_LEVEL = 0.95


class RejectionError(NamedTuple):
    """The standard error of a mean rejection; or, if `limit` is set, its lower limit with 95 % confidence."""

    error: float | None
    limit: float | None


def rejection_errors(trials: Sequence[TrialResult]) -> dict[str, RejectionError]:
    """Metric → error, over the trials that ended ok.

    All seeds are tested on the same events. So the binomial error does not shrink with the number of seeds: it is added
    in quadrature to the error of the mean over seeds.
    """
    good = [result.metrics for result in trials if result.status is Status.OK]
    errors = {}
    for name in (f"rejection_{percent}" for percent in EFFICIENCIES):
        measured = [(m[name], m.get(f"{name}_error")) for m in good if name in m and math.isfinite(m[name])]
        if not measured:
            continue
        counts = [_passing(value, error) for value, error in measured]
        if min(counts) < ENOUGH:
            limits = [_lower_limit(value, count) for (value, _), count in zip(measured, counts, strict=True)]
            errors[name] = RejectionError(None, fmean(limits))
            continue
        binomial = fmean(error for _, error in measured if error is not None)
        of_seeds = variance([value for value, _ in measured]) / len(measured) if len(measured) > 1 else 0.0
        errors[name] = RejectionError(math.sqrt(binomial**2 + of_seeds), None)
    return errors


def _passing(value: float, error: float | None) -> float:
    """The number n of background events that pass, from 1/ε_B = N/n and its error (1/ε_B) √((1 − ε_B)/n)."""
    if error is None:
        return 0.0
    return math.inf if error == 0.0 else value**2 * (1.0 - 1.0 / value) / error**2


def _lower_limit(value: float, passing: float) -> float:
    """N divided by the Poisson upper limit of the events that pass."""
    from scipy.special import gammaincinv

    if math.isinf(passing):
        return value
    events = value * max(passing, 1.0)  # without an event that passes, the recorded value is N
    return events / float(gammaincinv(passing + 1.0, _LEVEL))
