"""Irrelevant and repeated columns, heavy tails, and labels without a gradient."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from symbench.algebra.bases import so
from symbench.algebra.defects import defect_spectrum, quadratic_forms
from symbench.algebra.subspace import overlap
from symbench.metrics.discovery.finite_error import finite_errors
from symbench.metrics.label import label_gradient
from symbench.tasks.base import DataContext
from symbench.tasks.function.bump import Bump
from symbench.tasks.function.degenerate import Degenerate
from symbench.tasks.function.no_symmetry import NoSymmetry
from symbench.tasks.function.sl2r import Sl2R
from symbench.tasks.function.so import So3
from symbench.tasks.function.step import StepOnASphere
from symbench.tasks.function.toy import Toy
from symbench.tasks.function.two_classes import TwoClasses

CONTEXT = DataContext(Path("unused"))


@pytest.mark.parametrize("hidden_basis", [None, 3])
@pytest.mark.parametrize("toy", [So3, Bump, Sl2R, NoSymmetry])
def test_the_truth_with_irrelevant_columns_is_the_null_space(toy: type[Toy], hidden_basis: int | None) -> None:
    task = toy(irrelevant=2, hidden_basis=hidden_basis)
    x = task.load(CONTEXT).vectors[:2000].astype(np.float64)
    values, directions = defect_spectrum(*quadratic_forms(label_gradient(task.formula(), x), x))
    truth, d = task.truth(), task.columns
    k = len(toy().truth()) + 2 * d
    assert len(truth) == k
    assert np.all(np.sqrt(values[:k]) < 1e-7)
    assert np.sqrt(values[k]) > 0.005
    assert np.max(overlap(directions.T.reshape(-1, d, d)[:k], truth).angles) < 1e-6


@pytest.mark.parametrize("hidden_basis", [None, 3])
def test_repeated_columns_put_the_data_on_a_subspace_that_the_truth_keeps(hidden_basis: int | None) -> None:
    task = So3(duplicate=2, hidden_basis=hidden_basis)
    x = task.load(CONTEXT).vectors[:500].astype(np.float64)
    values, right = np.linalg.svd(x[:, 0], full_matrices=False)[1:]
    assert np.sum(values > 1e-9 * values[0]) == 3
    frame = right[:3]
    gradient = label_gradient(task.formula(), x) @ frame.T
    defects, directions = defect_spectrum(*quadratic_forms(gradient, x @ frame.T))
    assert np.sum(np.sqrt(defects) < 1e-6) == 3
    found = frame.T @ directions.T.reshape(-1, 3, 3)[:3] @ frame
    assert np.max(overlap(found, task.truth(), np.einsum("npi,npj->ij", x, x)).angles) < 1e-6
    assert np.max(finite_errors(task.truth(), task.formula(), x[:50])) < 1e-12


def test_further_columns_leave_the_others_and_the_labels_as_they_are() -> None:
    plain, more = So3().load(CONTEXT), So3(irrelevant=1, duplicate=2).load(CONTEXT)
    assert np.array_equal(plain.vectors, more.vectors[..., :3])
    assert np.array_equal(plain.label, more.label)
    assert np.array_equal(more.vectors[..., 4:], more.vectors[..., :2])


def test_there_are_no_more_columns_to_repeat_than_there_are() -> None:
    with pytest.raises(ValidationError, match="3 columns to repeat, not 4"):
        So3(duplicate=4)


def test_parameters_at_their_defaults_enter_no_key() -> None:
    """Results from before these parameters existed are still results of the same trial."""
    later = {"input_tails", "noise_tails", "irrelevant", "duplicate"}
    assert not later & set(So3().parameters()) | (later & set(So3().identity()))
    changed = So3(input_tails="student", noise_tails="cauchy", irrelevant=1, duplicate=1)
    assert later <= set(changed.parameters())
    assert later <= set(changed.identity())
    assert So3(**changed.parameters()) == changed
    assert len({So3().digest, So3(irrelevant=1).digest, So3(duplicate=1).digest, changed.digest}) == 4
    # Written down when toys had none of them.
    assert So3().digest == "c0a7ad916a8bb7e8d9e35f6402eb241cd3ec02f8de2ef2ba9e70cc4083bea8a1"
    assert (
        Degenerate(hidden_basis=5).load(CONTEXT).digest
        == "dcabdaec62eaba8869402ebf2f36255542210c4f475fbedeb2e407d6a2427379"
    )


def test_tails_are_heavy_and_of_the_stated_size() -> None:
    """Student's t with 3 degrees of freedom has P(|x| > 4) = 0.0062 at variance 1, a normal number 0.00006."""
    x = So3(input_tails="student", events=100_000).load(CONTEXT).vectors.ravel()
    assert np.mean(np.abs(x) > 4) == pytest.approx(0.0062, rel=0.1)
    clean, noisy = (So3(noise=noise, noise_tails="cauchy").load(CONTEXT).label for noise in (0.0, 0.1))
    quartile = np.median(np.abs(noisy - clean)) / np.std(clean)
    assert quartile == pytest.approx(0.1, rel=0.05)
    student = So3(noise=0.1, noise_tails="student").load(CONTEXT).label - clean
    assert np.median(np.abs(student)) / np.std(clean) == pytest.approx(0.1 * 0.7649 / np.sqrt(3), rel=0.05)


def test_a_step_keeps_its_value_under_rotations_and_under_nothing_else() -> None:
    """The exact check of a label without gradient: finite elements of every direction of gl(3)."""
    task: Toy = StepOnASphere()
    data = task.load(CONTEXT)
    x, y = data.vectors[:, 0], data.label
    assert np.mean(y) == pytest.approx(0.5, abs=0.015)
    assert task.label_function() is None
    assert not task.label_is_known()
    pairs = [(i, j) for i in range(3) for j in range(i, 3)]
    strains = np.array([np.outer(np.eye(3)[i], np.eye(3)[j]) + np.outer(np.eye(3)[j], np.eye(3)[i]) for i, j in pairs])
    for generators, moved in ((so(3), False), (strains, True)):
        for generator in generators:
            turn = np.asarray(torch.linalg.matrix_exp(torch.from_numpy(0.3 * generator)))
            changed = task.formula()(torch.from_numpy((x @ turn.T)[:, None])).numpy() != y
            assert np.any(changed) == moved


def test_classes_are_drawn_with_the_stated_probability() -> None:
    task = TwoClasses()
    data = task.load(CONTEXT)
    p = task.formula()(torch.from_numpy(data.vectors)).numpy()
    assert set(np.unique(data.label)) == {0, 1}
    assert data.label.dtype == np.int64
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        inside = (p >= low) & (p < low + 0.2)
        error = np.sqrt(np.mean(p[inside] * (1 - p[inside])) / inside.sum())
        assert abs(np.mean(data.label[inside]) - np.mean(p[inside])) < 4 * error
    with pytest.raises(ValidationError, match="drawn at random already"):
        TwoClasses(noise=0.1)
