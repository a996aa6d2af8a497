"""`liegnn`: the metric that generators preserve, and the network that it makes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from symbench.algebra.bases import minkowski, so
from symbench.classifiers.liegnn import PUBLISHED, LieGNN
from symbench.classifiers.lorentznet import LorentzNet
from symbench.testing import check_component
from symbench.trial.reference import PLACEHOLDER, From, filled
from tests.classifiers.jets import tensors, toy_jets
from tests.classifiers.transcription import AuthorsLorentzNet, authors_inputs

SMALL = {"width": 8, "blocks": 2}


def _symmetry(generators: np.ndarray, lengths: str = "found") -> LieGNN:
    return LieGNN(**SMALL, symmetry=generators.tolist(), lengths=lengths)


def _logits(classifier: LorentzNet, p: torch.Tensor, mask: torch.Tensor, **options: torch.Tensor) -> torch.Tensor:
    torch.manual_seed(0)
    network = classifier.build().double()
    with torch.no_grad():
        for parameter in network.parameters():  # far from the start, where coordinates hardly move
            parameter.add_(0.05 * torch.randn_like(parameter))
        logits: torch.Tensor = network.eval()(p, mask, **options)
        return logits


@pytest.mark.parametrize("basis", [so(1, 3), np.random.default_rng(0).normal(size=(6, 6)) @ so(1, 3).reshape(6, 16)])
def test_the_lorentz_algebra_in_any_basis_gives_lorentznet(basis: np.ndarray) -> None:
    found = _symmetry(basis.reshape(-1, 4, 4))
    told = found.diagnostics()
    np.testing.assert_allclose(told.arrays["metric"], minkowski(1, 3), atol=1e-12)
    assert told.metrics["metric_defect"] < 1e-7
    assert told.metrics["metric_gap"] > 0.5
    assert told.metrics["eta_cosine"] == pytest.approx(1)
    p, mask = tensors(toy_jets(8))
    expected = _logits(LorentzNet(**SMALL), p, mask)
    torch.testing.assert_close(_logits(found, p, mask), expected, rtol=1e-6, atol=1e-8)
    torch.testing.assert_close(_logits(LieGNN(**SMALL, symmetry="lorentz"), p, mask), expected, rtol=0, atol=0)


def test_dilations_beside_it_change_nothing_but_the_defect() -> None:
    told = _symmetry(np.concatenate([so(1, 3), np.eye(4)[None]])).diagnostics()
    np.testing.assert_allclose(told.arrays["metric"], minkowski(1, 3), atol=1e-12)
    assert told.metrics["metric_defect"] > 0.1


def test_short_generators_weigh_little_unless_all_of_the_span_counts_alike() -> None:
    """A tenth of a stretch of one axis, which no metric survives: a hundredth of its weight, or all of it."""
    stretch = np.diag([0.0, 0, 0, 0.1])
    tilted = np.zeros((4, 4))
    tilted[1, 3] = 0.1
    noisy = np.concatenate([so(1, 3), [stretch, tilted]])
    found, equal = (_symmetry(noisy, lengths).diagnostics() for lengths in ("found", "equal"))
    assert 1 - found.metrics["eta_cosine"] < 1e-4 < 1e-2 < 1 - equal.metrics["eta_cosine"]
    assert found.metrics["metric_defect"] < equal.metrics["metric_defect"]
    mixing = np.random.default_rng(0).normal(size=(8, 8))
    rotated = _symmetry(np.einsum("ij,jab->iab", np.linalg.qr(mixing)[0], noisy))
    mixed = _symmetry(np.einsum("ij,jab->iab", mixing, noisy), "equal")
    for same, told in ((rotated, found), (mixed, equal)):
        np.testing.assert_allclose(same.diagnostics().arrays["metric"], told.arrays["metric"], atol=1e-9)


@pytest.mark.parametrize("lengths", ["found", "equal"])
def test_generators_that_are_zero_have_no_metric(lengths: str) -> None:
    with pytest.raises(ValueError, match="every metric is preserved"):
        _symmetry(np.zeros((2, 4, 4)), lengths).diagnostics()


def test_what_the_spectrum_is_of() -> None:
    """Its first value is the violation of the metric itself, by the lengths of the generators."""
    noisy = so(1, 3) + 0.1 * np.random.default_rng(1).normal(size=(6, 4, 4))
    told = _symmetry(3.0 * noisy).diagnostics()
    metric = told.arrays["metric"] / np.linalg.norm(told.arrays["metric"])
    violation = [np.sum((generator.T @ metric + metric @ generator) ** 2) for generator in noisy]
    assert told.metrics["metric_defect"] == pytest.approx(np.sqrt(sum(violation) / np.sum(noisy**2)))


def test_the_network_is_invariant_under_the_group_that_it_was_given() -> None:
    """A conjugate of the Lorentz algebra: what preserves another metric of the same signature."""
    rng = np.random.default_rng(3)
    frame = np.eye(4) + 0.2 * rng.normal(size=(4, 4))
    generators = np.linalg.solve(frame, so(1, 3) @ frame)
    classifier = _symmetry(generators)
    element = torch.matrix_exp(torch.tensor(np.einsum("k,kij->ij", 0.3 * rng.normal(size=6), generators)))
    p, mask = tensors(toy_jets(8))
    beams = classifier.build().get_buffer("spurions")
    before = _logits(classifier, p, mask)
    after = _logits(classifier, p @ element.T, mask, spurions=(beams @ element.T)[None])
    scale = float(before.std())
    assert float((after - before).abs().max()) < 1e-6 * scale
    other = (
        _logits(LorentzNet(**SMALL), p, mask),
        _logits(LorentzNet(**SMALL), p @ element.T, mask, spurions=(beams @ element.T)[None]),
    )
    assert float((other[1] - other[0]).abs().max()) > 1e-3 * scale


def test_an_algebra_that_leaves_several_forms_says_so() -> None:
    told = _symmetry(np.pad(so(3), ((0, 0), (1, 0), (1, 0)))).diagnostics()
    assert told.metrics["metric_defect"] < 1e-7
    assert told.metrics["metric_gap"] < 1e-7
    assert told.arrays["metric_spectrum"].shape == (10,)
    assert (np.diff(told.arrays["metric_spectrum"]) >= 0).all()


@pytest.mark.parametrize("training", [False, True])
def test_published_equals_the_authors_formulation(training: bool) -> None:
    """Outputs and gradients; Minkowski's product in the masses of constituents, the metric in edges."""
    torch.manual_seed(1)
    net = LieGNN(**SMALL, faithful=True, dropout=0.0).build().double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    metric = torch.tensor(PUBLISHED, dtype=torch.float64)
    authors = AuthorsLorentzNet(SMALL["width"], SMALL["blocks"], c_weight=5e-3, dropout=0.0, metric=metric).double()
    authors.load_state_dict(net.state_dict())
    p, mask = tensors(toy_jets(8))
    found, expected = net.train(training)(p, mask), authors.train(training)(*authors_inputs(p, mask))
    torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-8)
    ours, theirs = (
        torch.autograd.grad(out.square().sum(), list(of.parameters()))
        for out, of in ((found, net), (expected, authors))
    )
    scale = max(float(gradient.abs().max()) for gradient in theirs)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-8 * scale)
    with torch.no_grad():
        other = LieGNN(**SMALL, faithful=True, dropout=0.0, masses="metric").build().double().train(training)
        other.load_state_dict(net.state_dict())
        assert float((other(p, mask) - found).abs().max()) > 0.05 * float(found.std())


def test_masses_are_minkowskis_by_default_for_the_published_metric_alone() -> None:
    for classifier, minkowski_masses in [
        (LieGNN(), True),
        (LieGNN(masses="metric"), False),
        (LieGNN(symmetry="lorentz"), True),
        (LieGNN(metric=np.diag([1.0, -2, -2, -3]).tolist()), False),
        (LieGNN(symmetry=so(4).tolist()), False),
        (LieGNN(symmetry=so(4).tolist(), masses="minkowski"), True),
    ]:
        masses = classifier.build().get_buffer("mass_metric").numpy()
        assert np.array_equal(masses, minkowski(1, 3)) is minkowski_masses


def test_the_published_metric_and_one_of_ones_own() -> None:
    assert LieGNN().diagnostics().arrays["metric"].tolist() == [list(row) for row in PUBLISHED]
    own = np.diag([1.0, -2.0, -2.0, -3.0])
    assert np.array_equal(LieGNN(metric=own.tolist()).diagnostics().arrays["metric"], own)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"symmetry": "lorenz"}, "did you mean 'lorentz'"),
        ({"symmetry": 3}, "a symmetry is one of"),
        ({"symmetry": []}, "at least one matrix"),
        ({"symmetry": [[[1, 0], [0, 1]]]}, "four rows of four"),
        ({"symmetry": [np.full((4, 4), np.nan).tolist()]}, "finite"),
        ({"metric": np.triu(np.ones((4, 4))).tolist()}, "a symmetric matrix other than zero"),
        ({"metric": np.zeros((4, 4)).tolist()}, "a symmetric matrix other than zero"),
    ],
)
def test_what_is_no_symmetry_is_refused_in_one_sentence(given: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError) as raised:
        LieGNN.model_validate(given)
    (error,) = raised.value.errors()
    assert says in error["msg"]


def test_another_entrys_result_takes_its_place() -> None:
    waiting = LieGNN(symmetry=From.model_validate({"from": "liegan", "task": "t"}))
    assert waiting.parameters()["symmetry"] == PLACEHOLDER
    with pytest.raises(RuntimeError, match="'liegan' are available only in a trial"):
        waiting.build()
    with pytest.raises(RuntimeError, match="received no generators"):
        filled(waiting.parameters(), None)
    given = LieGNN(**filled(waiting.parameters(), so(1, 3)))
    assert np.array_equal(np.array(given.symmetry), so(1, 3))
    check_component(given)
    check_component(LieGNN())
