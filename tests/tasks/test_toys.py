from pathlib import Path

import numpy as np
import pytest
import torch

from symbench.algebra.defects import defect_spectrum, quadratic_forms
from symbench.algebra.structure import name_of
from symbench.algebra.subspace import overlap
from symbench.metrics.discovery import finite_errors, label_gradient
from symbench.tasks.base import DataContext
from symbench.tasks.toys import Lorentz, NoSymmetry, So2, So3, So4, Toy

TOYS = [So2, So3, So4, Lorentz, NoSymmetry]


def spectrum(task: Toy, tmp_path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Relative defects of the exact label on 2,000 events, rising, and their directions (d², d, d)."""
    x = task.load(DataContext(tmp_path)).vectors[:2000]
    values, vectors = defect_spectrum(*quadratic_forms(label_gradient(task.label_function(), x), x))
    return np.sqrt(values), vectors.T.reshape(-1, x.shape[2], x.shape[2])


@pytest.mark.parametrize("toy", TOYS)
def test_the_truth_is_the_null_space_of_the_exact_gradient(toy: type[Toy], tmp_path: Path) -> None:
    """Nothing is missing from the truth and nothing is in it that is not there, `no-symmetry` included."""
    task = toy()
    defects, directions = spectrum(task, tmp_path)
    truth = task.truth()
    k = len(truth)
    assert np.all(defects[:k] < 1e-7)
    assert defects[k] > 0.15  # the next direction is far from being a symmetry
    if k:
        assert np.max(overlap(directions[:k], truth).angles) < 1e-6
        events = task.load(DataContext(tmp_path)).vectors[:100]
        assert np.max(finite_errors(truth, task.label_function(), events)) < 1e-12


@pytest.mark.parametrize("toy", TOYS)
def test_the_name_is_that_of_the_truth(toy: type[Toy]) -> None:
    assert name_of(toy().truth()) == toy().truth_name()


@pytest.mark.parametrize("toy", TOYS)
def test_made_data_are_the_same_each_time_and_labelled_exactly(toy: type[Toy], tmp_path: Path) -> None:
    task = toy(events=200, test_events=50)
    data = task.load(DataContext(tmp_path))
    assert data.digest == task.load(DataContext(tmp_path)).digest
    assert len(data) == 250 == task.sizes().train + task.sizes().test
    assert np.array_equal(data.label, task.label_function()(torch.from_numpy(data.vectors)).numpy())


def test_noise_has_the_size_asked_for_and_changes_the_digest(tmp_path: Path) -> None:
    clean, noisy = So3(), So3(noise=0.1)
    difference = noisy.load(DataContext(tmp_path)).label - clean.load(DataContext(tmp_path)).label
    assert np.std(difference) == pytest.approx(0.1 * np.std(clean.load(DataContext(tmp_path)).label), rel=0.03)
    assert noisy.digest != clean.digest


def test_toys_of_one_recipe_have_digests_of_their_own() -> None:
    assert len({toy().digest for toy in TOYS}) == len(TOYS)
