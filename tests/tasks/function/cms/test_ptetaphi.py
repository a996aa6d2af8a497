"""The Lorentz algebra in (pT, η, φ): derived by hand, held here to its definition."""

from pathlib import Path

import numpy as np
import pytest

from symbench.algebra.lorentz import boost_generators, rotation_generators
from symbench.data.masses import MUON_MASS
from symbench.data.splits import split
from symbench.discovery.base import Symmetry
from symbench.discovery.evaluate.fields import evaluate_fields
from symbench.discovery.evaluate.run import run_discovery
from symbench.discovery.random import RandomSubspace
from symbench.discovery.shared.reference import Reference, reference
from symbench.discovery.truth import Truth
from symbench.metrics.fields import FloatArray, coordinate_spread, field_defects, linear_fields, structure
from symbench.metrics.label import label_gradient
from symbench.tasks.base import DataContext
from symbench.tasks.function.cms.dimuon import DimuonMass
from symbench.tasks.function.cms.ptetaphi import DimuonMassPtEtaPhi, lorentz_fields, pt_eta_phi

SCALE = 50.0


@pytest.fixture(scope="module")
def events() -> tuple[DimuonMassPtEtaPhi, FloatArray, FloatArray]:
    """The task, its scaled vectors, and the recorded four-momenta."""
    task, context = DimuonMassPtEtaPhi(), DataContext(Path())
    return task, task.scaled(task.load(context)), DimuonMass().load(context).vectors.astype(np.float64)


def test_the_label_is_the_recorded_one(events: tuple[DimuonMassPtEtaPhi, FloatArray, FloatArray]) -> None:
    import torch

    task, x, _ = events
    data = task.load(DataContext(Path()))
    assert data.vectors.shape == (500, 2, 3)
    exact = task.label_function()(torch.from_numpy(x)).numpy()
    assert np.max(np.abs(exact / data.label - 1)) < 2e-6  # of the energies, recorded with eight digits
    assert task.digest != DimuonMass().digest


def test_every_field_leaves_the_mass_unchanged(events: tuple[DimuonMassPtEtaPhi, FloatArray, FloatArray]) -> None:
    task, x, _ = events
    gradient = label_gradient(task.label_function(), x)
    change = np.einsum("npd,knpd->kn", gradient, task.truth_fields()(x))
    terms = np.einsum("npd,knpd->kn", np.abs(gradient), np.abs(task.truth_fields()(x)))
    assert np.max(np.abs(change) / terms) < 1e-9  # M² is a small difference of large energies


def test_the_fields_are_the_linear_ones_pushed_forward(
    events: tuple[DimuonMassPtEtaPhi, FloatArray, FloatArray],
) -> None:
    """d/dt of (pT, η, φ)(e^{tL} p) at 0, by central differences of p ± hLp, with E on the muon's mass shell."""
    _, x, momenta = events
    shell = momenta.copy()
    shell[..., 0] = np.sqrt(np.sum(momenta[..., 1:] ** 2, axis=-1) + MUON_MASS**2)
    generators = np.concatenate([rotation_generators(), boost_generators()])
    moved = np.einsum("kij,npj->knpi", generators, shell)
    h = 1e-5
    pushed = (pt_eta_phi(shell + h * moved) - pt_eta_phi(shell - h * moved)) / (2 * h)
    pushed[..., 0] /= SCALE
    ours = lorentz_fields(x, MUON_MASS / SCALE)
    near_cut = np.abs(np.abs(x[..., 2]) - np.pi) < 1e-3  # where φ jumps between −π and π
    assert np.max((np.abs(pushed - ours) / (1 + np.abs(ours)))[:, ~near_cut]) < 1e-6


def test_their_commutators_are_those_of_the_lorentz_algebra(
    events: tuple[DimuonMassPtEtaPhi, FloatArray, FloatArray],
) -> None:
    """[X_L, X_M] = −X_[L, M] for fields x → L x, and so for their images."""
    task, x, _ = events
    constants, rest = structure(task.truth_fields(), x, coordinate_spread(x))
    assert rest < 1e-6
    matrices = np.concatenate([rotation_generators(), boost_generators()])
    brackets = np.einsum("iab,jbc->ijac", matrices, matrices)
    brackets -= brackets.swapaxes(0, 1)
    expected = -np.einsum("ijac,lac->ijl", brackets, matrices) / 2  # each has squared norm 2
    assert np.max(np.abs(constants - expected)) < 1e-5


def test_no_matrix_and_two_affine_fields_leave_the_mass_unchanged(
    events: tuple[DimuonMassPtEtaPhi, FloatArray, FloatArray],
) -> None:
    from symbench.algebra.defects import defect_spectrum, quadratic_forms

    task, x, _ = events
    assert task.truth().shape == (0, 3, 3)
    spread = coordinate_spread(x)
    gradient = label_gradient(task.label_function(), x) * spread
    linear = np.sqrt(defect_spectrum(*quadratic_forms(gradient, x))[0])
    assert linear[0] > 0.005
    with_translations = np.concatenate([np.ones_like(x[..., :1]), x], axis=2)
    affine = np.sqrt(defect_spectrum(*quadratic_forms(gradient, with_translations))[0])
    assert affine[1] < 1e-4 < 0.005 < affine[2]


def test_truth_scores_one_and_chance_little(events: tuple[DimuonMassPtEtaPhi, FloatArray, FloatArray]) -> None:
    task = events[0]
    parts = split(task.load(DataContext(Path())), task.sizes(), train_size=50, seed=0, validation_size=0)
    best = run_discovery(Truth(), task, parts, seed=0, budget=1, device="cpu")
    assert best.metrics["f1"] == pytest.approx(1)
    assert best.metrics["count"] == 6
    assert best.metrics["defect_max"] < 1e-10
    assert best.notes["algebra"] == "so(1,3)"
    assert best.metrics["algebra_correct"] == 1
    worst = run_discovery(RandomSubspace(generators=6), task, parts, seed=0, budget=1, device="cpu")
    assert worst.metrics["f1"] < 0.7
    assert worst.metrics["defect_max"] > 0.05
    assert sum(array.nbytes for array in worst.arrays.values()) < 100_000


def test_a_part_of_the_truth_is_precise_and_incomplete(
    events: tuple[DimuonMassPtEtaPhi, FloatArray, FloatArray],
) -> None:
    task, x, _ = events
    fields = task.truth_fields()

    def exact() -> Reference:
        return reference(task.label_function(), x, np.zeros(len(x)), most=len(x))

    rotations = Symmetry(np.zeros((0, 3, 3)), np.ones(3), fields=lambda z: fields(z)[:3])
    outcome = evaluate_fields(rotations, task, x, exact)
    assert outcome.metrics["precision"] == pytest.approx(1)
    assert outcome.metrics["recall"] == pytest.approx(0.5)
    assert outcome.metrics["count_error"] == -3
    assert outcome.notes["algebra"] == "so(3)"
    nothing = evaluate_fields(Symmetry(np.zeros((0, 3, 3)), np.zeros(0)), task, x, exact)
    assert (nothing.metrics["count"], nothing.metrics["f1"]) == (0, 0)
    wrong = Symmetry(np.zeros((0, 3, 3)), np.ones(1), fields=lambda z: np.full((1, *z.shape), np.nan))
    with pytest.raises(ValueError, match="not finite"):
        evaluate_fields(wrong, task, x, exact)


def test_matrices_and_their_fields_score_alike_on_a_linear_task() -> None:
    """The defect of a matrix is that of its field where all coordinates have one spread."""
    from symbench.algebra.bases import so
    from symbench.algebra.defects import relative_defects

    rng = np.random.default_rng(0)
    x, gradient = rng.standard_normal((200, 2, 3)), rng.standard_normal((200, 2, 3))
    L = rng.standard_normal((4, 3, 3))
    defects = field_defects(linear_fields(L)(x), gradient, np.ones(3))
    moment = np.sqrt(
        np.mean(np.einsum("npi,kij,npj->kn", gradient, L, x) ** 2, axis=1)
        / np.mean(np.sum(gradient**2, axis=(1, 2)) * np.sum(np.einsum("kij,npj->knpi", L, x) ** 2, axis=(2, 3)), axis=1)
    )
    assert np.allclose(defects, moment)
    assert np.allclose(defects, relative_defects(L, gradient, x), rtol=1e-10)
    constants, rest = structure(linear_fields(so(3)), x, np.ones(3))
    assert rest < 1e-8
    assert np.allclose(constants, -constants.swapaxes(0, 1))
