from pathlib import Path

import numpy as np
import pytest
import torch

from symbench.algebra.defects import defect_spectrum, quadratic_forms
from symbench.algebra.structure import name_of
from symbench.algebra.subspace import overlap
from symbench.metrics.discovery.finite_error import finite_errors
from symbench.metrics.label import label_gradient
from symbench.tasks.base import DataContext
from symbench.tasks.function.bump import Bump
from symbench.tasks.function.degenerate import Degenerate
from symbench.tasks.function.discrete_only import DiscreteOnly
from symbench.tasks.function.g2 import G2
from symbench.tasks.function.heisenberg import Heisenberg
from symbench.tasks.function.logarithmic import Logarithmic
from symbench.tasks.function.lorentz import Lorentz
from symbench.tasks.function.no_symmetry import NoSymmetry
from symbench.tasks.function.periodic import Periodic
from symbench.tasks.function.product import So2Cubed, So3So21
from symbench.tasks.function.rational import Rational
from symbench.tasks.function.reducible import Reducible
from symbench.tasks.function.sl2r import Sl2R
from symbench.tasks.function.so import So2, So3, So4, So10, So22
from symbench.tasks.function.sp4 import Sp4
from symbench.tasks.function.squeeze import Squeeze
from symbench.tasks.function.step import StepOnASphere
from symbench.tasks.function.su3 import Su3
from symbench.tasks.function.toy import Toy
from symbench.tasks.function.two_classes import TwoClasses
from symbench.tasks.function.unitary import Unitary2
from symbench.tasks.function.weakly_broken import WeaklyBroken

TOYS = [So2, So3, So4, So10, Lorentz, Squeeze, Unitary2, Heisenberg, Reducible, NoSymmetry, WeaklyBroken, DiscreteOnly]
OF_A_FORM = [Rational, Logarithmic, Periodic, Bump]
ALGEBRAS = [G2, Su3, Sp4, Sl2R, So22, So2Cubed, So3So21]
SMOOTH = [*TOYS, *OF_A_FORM, *ALGEBRAS]


def spectrum(task: Toy, tmp_path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Relative defects of the exact label on 2,000 events, rising, and their directions (d², d, d)."""
    x = task.load(DataContext(tmp_path)).vectors[:2000].astype(np.float64)
    values, vectors = defect_spectrum(*quadratic_forms(label_gradient(task.formula(), x), x))
    return np.sqrt(values), vectors.T.reshape(-1, x.shape[2], x.shape[2])


@pytest.mark.parametrize("hidden_basis", [None, 3])
@pytest.mark.parametrize("toy", [*SMOOTH, TwoClasses])
def test_the_truth_is_the_null_space_of_the_exact_gradient(
    toy: type[Toy], hidden_basis: int | None, tmp_path: Path
) -> None:
    """Nothing is missing from the truth and nothing is in it that is not there, controls included."""
    task = toy(hidden_basis=hidden_basis)
    defects, directions = spectrum(task, tmp_path)
    truth = task.truth()
    k = len(truth)
    assert np.all(defects[:k] < 1e-7)
    # The next direction is no symmetry: a hidden basis makes some of them weak, as does a sixth power.
    assert defects[k] > (0.0005 if toy is So2Cubed else 0.002)
    if k:
        assert np.max(overlap(directions[:k], truth).angles) < 1e-6
        events = task.load(DataContext(tmp_path)).vectors[:100].astype(np.float64)
        assert np.max(finite_errors(truth, task.formula(), events)) < 1e-12


@pytest.mark.parametrize("toy", [*SMOOTH, Degenerate, StepOnASphere, TwoClasses])
def test_the_name_is_that_of_the_truth(toy: type[Toy]) -> None:
    assert name_of(toy().truth()) == toy().truth_name()


@pytest.mark.parametrize("toy", [*SMOOTH, Degenerate])
def test_made_data_are_the_same_each_time_and_labelled_exactly(toy: type[Toy], tmp_path: Path) -> None:
    task = toy(events=200, test_events=50)
    data = task.load(DataContext(tmp_path))
    assert data.digest == task.load(DataContext(tmp_path)).digest
    assert len(data) == 250 == task.sizes().train + task.sizes().test
    assert np.array_equal(data.label, task.formula()(torch.from_numpy(data.vectors)).numpy())


@pytest.mark.parametrize("toy", [*SMOOTH, Degenerate, TwoClasses])
def test_the_exact_label_of_metrics_is_the_formula_of_the_data(toy: type[Toy]) -> None:
    task = toy(hidden_basis=1)
    label = task.label_function()
    assert label is not None
    assert task.label_is_known()
    x = torch.from_numpy(np.random.default_rng(0).standard_normal((20, task.vectors, task.dimension)))
    assert torch.equal(label(x), task.formula()(x))


def test_noise_has_the_size_asked_for_and_changes_the_digest(tmp_path: Path) -> None:
    clean, noisy = So3(), So3(noise=0.1)
    difference = noisy.load(DataContext(tmp_path)).label - clean.load(DataContext(tmp_path)).label
    assert np.std(difference) == pytest.approx(0.1 * np.std(clean.load(DataContext(tmp_path)).label), rel=0.03)
    assert noisy.digest != clean.digest


def test_the_length_as_label_is_other_data_with_the_same_symmetry(tmp_path: Path) -> None:
    square, length = So3(), So3(label="length")
    labels = [task.load(DataContext(tmp_path)).label for task in (square, length)]
    assert np.allclose(labels[0], labels[1] ** 2)
    assert square.digest != length.digest
    assert "label" not in square.identity()  # data that were made before there was a choice are still these
    events = length.load(DataContext(tmp_path)).vectors[:100].astype(np.float64)
    assert np.max(finite_errors(length.truth(), length.formula(), events)) < 1e-12


def test_toys_of_one_recipe_have_digests_of_their_own() -> None:
    assert len({toy().digest for toy in SMOOTH}) == len(SMOOTH)


@pytest.mark.parametrize("hidden_basis", [None, 5])
def test_on_a_subspace_only_its_rotations_can_be_known(hidden_basis: int | None, tmp_path: Path) -> None:
    """Among maps that keep events on their subspace, those that keep the label are the truth."""
    task = Degenerate(hidden_basis=hidden_basis)
    x = task.load(DataContext(tmp_path)).vectors[:500].astype(np.float64)
    frame = np.linalg.svd(x[:, 0], full_matrices=False)[2]
    values = np.linalg.svd(x[:, 0], compute_uv=False)
    assert np.all(values[3:] < 1e-9 * values[0])
    frame = frame[:3]
    inside, gradient = x @ frame.T, label_gradient(task.formula(), x) @ frame.T
    defects, directions = defect_spectrum(*quadratic_forms(gradient, inside))
    assert np.sum(np.sqrt(defects) < 1e-6) == 3
    found = frame.T @ directions.T.reshape(-1, 3, 3)[:3] @ frame
    assert np.max(overlap(found, task.truth(), np.einsum("npi,npj->ij", x, x)).angles) < 1e-6


def test_a_hidden_basis_is_no_worse_conditioned_than_ten() -> None:
    for seed in range(20):
        basis = Lorentz(hidden_basis=seed).basis()
        assert basis is not None
        assert 1 < np.linalg.cond(basis) <= 10


def test_the_broken_rotations_come_back_as_the_breaking_vanishes(tmp_path: Path) -> None:
    rotations = So3().truth()
    largest = []
    for epsilon in (0.3, 0.03, 0.003):
        task = WeaklyBroken(epsilon=epsilon)
        x = task.load(DataContext(tmp_path)).vectors[:500].astype(np.float64)
        largest.append(np.max(finite_errors(rotations, task.formula(), x)))
    assert largest[0] > 4 * largest[1] > 16 * largest[2] > 0
