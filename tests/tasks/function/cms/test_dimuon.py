from pathlib import Path

import numpy as np
import pytest
import torch

from symbench.algebra.defects import relative_defects
from symbench.data.splits import split
from symbench.metrics.discovery.finite_error import finite_errors
from symbench.metrics.label import label_gradient
from symbench.tasks.base import DataContext
from symbench.tasks.function.cms.dimuon import DimuonMass


@pytest.mark.parametrize("label", ["mass_squared", "mass"])
def test_the_exact_label_is_the_recorded_one_and_so13_leaves_it(label: str, tmp_path: Path) -> None:
    task = DimuonMass(label=label)
    data = task.load(DataContext(tmp_path))
    x = data.vectors.astype(np.float64) / task.scale
    exact = task.label_function()(torch.from_numpy(x)).numpy()
    assert np.max(np.abs(exact / data.label - 1)) < 1e-8
    gradient = label_gradient(task.label_function(), x)
    assert np.max(relative_defects(task.truth(), gradient, x)) < 1e-7
    assert np.max(finite_errors(task.truth(), task.label_function(), x)) < 1e-8


def test_the_truth_is_all_there_is(tmp_path: Path) -> None:
    """Of the sixteen directions exactly six leave the exact label unchanged."""
    from symbench.algebra.defects import defect_spectrum, quadratic_forms

    task = DimuonMass()
    x = task.load(DataContext(tmp_path)).vectors.astype(np.float64) / task.scale
    spectrum = np.sqrt(defect_spectrum(*quadratic_forms(label_gradient(task.label_function(), x), x))[0])
    assert np.all(spectrum[:6] < 1e-6)
    assert spectrum[6] > 0.05


def test_sizes_answer_without_reading_and_add_up(tmp_path: Path) -> None:
    task = DimuonMass(test_events=120)
    sizes = task.sizes()
    assert (sizes.train, sizes.validation, sizes.test) == (380, 0, 120)
    events = split(task.load(DataContext(tmp_path)), sizes, train_size=380, seed=3)
    assert not set(events.train.event_id) & set(events.test.event_id)


def test_the_digest_follows_the_label_and_nothing_else() -> None:
    assert DimuonMass().digest == DimuonMass(test_events=50).digest
    assert DimuonMass().digest != DimuonMass(label="mass").digest
