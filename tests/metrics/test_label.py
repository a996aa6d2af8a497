"""The unit of every label spread."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from symbench.algebra.bases import so
from symbench.algebra.label_spread import central_events, label_spreads
from symbench.data.container import Dataset, Provenance
from symbench.discovery.base import Symmetry
from symbench.discovery.evaluate.run import evaluate
from symbench.metrics.label import label_gradient, label_values, label_variance
from symbench.tasks.function.so import So3Broken


def test_one_variance_is_the_unit_of_all_label_spreads() -> None:
    """Repeated events are no further information: N copies of a sample have its variance, and its spreads."""
    task = So3Broken(epsilon=0.05)
    once = np.random.default_rng(0).normal(size=(30, 1, 3))
    spreads = []
    for copies in (1, 2):
        x = np.concatenate([once] * copies)
        label = task.formula()(torch.from_numpy(x)).numpy()
        events = Dataset(
            x, np.ones((len(x), 1), bool), label, np.arange(len(x), dtype=np.uint64), Provenance("test", "none", "none")
        )
        rotation = Symmetry(so(3)[:1], np.ones(1))
        metrics = evaluate(rotation, task, events).metrics
        inside = x[central_events(x)]
        variance = label_variance(label_values(task.formula(), inside))
        exact = label_spreads(so(3)[:1], label_gradient(task.formula(), inside), inside, variance)[0]
        assert metrics["breaking_true"] == pytest.approx(exact, rel=1e-9)
        assert metrics["label_spread_max"] == pytest.approx(metrics["breaking_true"], rel=1e-9)
        spreads.append(metrics["breaking_true"])
    assert spreads[0] == pytest.approx(spreads[1], rel=1e-9)
