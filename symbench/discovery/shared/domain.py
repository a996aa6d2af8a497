"""The domain of a claim about a label: the events in which it was tested, described by quantiles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from symbench.algebra.label_spread import central_events
from symbench.data.domain import LEVELS, Domain
from symbench.discovery.base import DiscoveryMethod, FunctionSample, Symmetry


def with_domain(symmetry: Symmetry, method: DiscoveryMethod, sample: object) -> Symmetry:
    """The claim with its domain, if it is one about a label and states none itself.

    Methods that test on the central events say so by `tested_share`; all others use all events.
    """
    claims = len(symmetry.confidence) > 0
    if symmetry.domain is not None or not claims or not isinstance(sample, FunctionSample):
        return symmetry
    share = method.tested_share
    x = sample.x[central_events(sample.x)] if share < 1 else sample.x
    low, high = np.quantile(x.reshape(-1, x.shape[2]), LEVELS, axis=0)
    return replace(symmetry, domain=Domain(low, high, LEVELS, share))
