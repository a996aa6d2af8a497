"""The relative defects of a claim by the reference of its label: their floors, or why they are withheld."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from symbench.discovery.evaluate.generators import finite
from symbench.discovery.shared.reference import Reference
from symbench.metrics.discovery.defect import WITHHELD, defect_metrics
from symbench.metrics.discovery.reference import reference_metrics
from symbench.trial.result import Outcome

FloatArray = npt.NDArray[np.float64]


def with_defects(
    outcome: Outcome, reference: Reference | None, defects: Callable[[FloatArray], FloatArray] | None = None
) -> Outcome:
    """The outcome with the defects (k,) of its claim, which are a function of gradients (n, P, d) at the reference's x.

    A claim of nothing has no reference. The defects by a poor reference are withheld; its R² is recorded.
    """
    metrics, notes = dict(outcome.metrics), dict(outcome.notes)
    arrays = {**outcome.arrays, "defects": np.zeros(0)}
    if reference is not None and defects is not None:
        metrics |= reference_metrics(reference.r2)
        notes["defects_from"] = reference.source
        reason = reference.shortcoming()
        if reason is None:
            arrays["defects"] = defects(reference.gradient)
            if reference.r2 is not None:
                arrays["defect_floors"] = defects(reference.noise)
            metrics |= defect_metrics(arrays["defects"], arrays.get("defect_floors"))
        else:
            notes[WITHHELD] = reason
    return replace(outcome, metrics=finite(metrics), arrays=arrays, notes=notes)
