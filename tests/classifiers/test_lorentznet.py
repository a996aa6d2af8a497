"""LorentzNet: the authors' numbers where it is faithful, the laws of the Lorentz group and of padding where not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from symbench import registry
from symbench.classifiers.lorentznet import LorentzNet
from symbench.classifiers.nets.lorentznet import LorentzNet as Net
from symbench.classifiers.nets.lorentznet import _fold, _pairs
from symbench.metrics.operations.base import MatrixOperation
from symbench.metrics.operations.moved import operation_rng, transform
from tests.classifiers.jets import padded, tensors, toy_jets
from tests.classifiers.lie_reference import lie_derivative_error
from tests.classifiers.transcription import AuthorsLorentzNet, authors_inputs

JETS = tensors(toy_jets(16))
LORENTZ = [operation.name for operation in registry.operations() if operation.kind == "lorentz"]


def network(*, faithful: bool = False, width: int = 12, blocks: int = 3, dropout: float = 0.0) -> Net:
    """Weights far from their initial values, so that every part of the network matters."""
    torch.manual_seed(0)
    net = Net(width, blocks, dropout=dropout, faithful=faithful, c=0.05)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if "phi_x" in name:
                parameter.mul_(20)
            parameter.add_(0.1 * torch.randn_like(parameter))
    net.train()
    for _ in range(3):  # running statistics that are not those of the first moment
        net(*JETS)
    return net.eval()


def test_parameters_of_the_published_size() -> None:
    assert sum(p.numel() for p in LorentzNet(size="paper").build().parameters()) == 224_072


def test_the_faithful_variant_equals_the_authors_formulation_in_their_precision() -> None:
    net = network(faithful=True)
    authors = AuthorsLorentzNet(12, 3, c_weight=0.05, dropout=0.0).eval()
    authors.load_state_dict(net.state_dict())
    p, mask = JETS[0].float(), JETS[1]
    with torch.no_grad():
        torch.testing.assert_close(net(p, mask), authors(*authors_inputs(p, mask)), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("faithful", [False, True])
def test_outputs_statistics_and_gradients_equal_the_authors(training: bool, faithful: bool) -> None:
    net = network(faithful=faithful).double().train(training)
    authors = AuthorsLorentzNet(12, 3, c_weight=0.05, dropout=0.0).double().train(training)
    authors.load_state_dict(net.state_dict())
    p, mask = JETS
    if not faithful:  # where no padding and no clamp is met the corrected network has to agree as well
        full = mask.all(dim=1)
        p, mask = p[full] / 100, mask[full]
        assert len(p) > 0
    expected = authors(*authors_inputs(p, mask))
    found = net(p, mask)
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)
    for name, value in authors.state_dict().items():
        torch.testing.assert_close(net.state_dict()[name], value, rtol=1e-6, atol=1e-6, msg=name)
    weights = [list(module.parameters()) for module in (net, authors)]
    ours = torch.autograd.grad(found.square().sum(), weights[0])
    theirs = torch.autograd.grad(expected.square().sum(), weights[1])
    scale = max(float(gradient.abs().max()) for gradient in theirs)
    for (name, _), a, b in zip(net.named_parameters(), ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-7 * scale, msg=name)


def test_the_clamp_of_the_authors_is_met_by_these_jets() -> None:
    p, mask = (t[:4] for t in JETS)
    faithful, corrected = network(faithful=True), network()
    corrected.load_state_dict(faithful.state_dict())
    with torch.no_grad():
        assert not torch.allclose(faithful(p * 30, mask), corrected(p * 30, mask), atol=1e-3)


@pytest.mark.parametrize("operation", LORENTZ)
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 1e-5), (torch.float64, 1e-11)])
def test_invariant_when_the_beams_are_transformed_with_the_jet(
    operation: str, dtype: torch.dtype, bound: float
) -> None:
    net = network().to(dtype)
    p, mask = JETS
    found = registry.find_operation(operation)
    assert isinstance(found, MatrixOperation)
    matrices = found.matrices(found.settings({}), len(p), operation_rng(operation, 0))
    moved = torch.tensor(transform(matrices, p.numpy()))
    beams = torch.tensor(transform(matrices, net.spurions.double().numpy()))
    with torch.no_grad():
        before, after, fixed = net(p, mask), net(moved, mask, spurions=beams), net(moved, mask)
    spread = float(before.std())
    assert float((after - before).abs().max()) < bound * spread
    if operation != "beam_rotation":
        assert float((fixed - before).abs().max()) > 1e-4 * spread


def test_the_gradient_is_orthogonal_to_every_generator() -> None:
    from symbench.algebra.lorentz import boost_generators, rotation_generators

    net = network().double()
    p, mask = JETS
    inputs = p.clone().requires_grad_(), net.spurions.double().expand(len(p), 2, 4).clone().requires_grad_()
    z = net(inputs[0], mask, spurions=inputs[1]).diff(dim=1).sum()
    gradient = torch.cat(torch.autograd.grad(z, inputs), dim=1).numpy()
    x = torch.cat(inputs, dim=1).detach().numpy()
    assert np.isfinite(gradient).all()
    for generator in (*rotation_generators(), *boost_generators()):
        assert lie_derivative_error(gradient, x, generator) < 1e-24
    assert lie_derivative_error(gradient, x, np.eye(4)) > 1e-10  # a dilation is no symmetry


@pytest.mark.parametrize("training", [False, True])
def test_padding_never_matters(training: bool) -> None:
    net = network().double().train(training)
    p, mask = JETS
    expected = net(p, mask)
    torch.testing.assert_close(net(*padded(p, mask, 7)), expected, rtol=1e-12, atol=1e-12)
    garbage = torch.where(mask.unsqueeze(-1), p, torch.full_like(p, 123.0))
    torch.testing.assert_close(net(garbage, mask), expected, rtol=1e-12, atol=1e-12)
    front = torch.roll(p, 3, dims=1), torch.roll(mask, 3, dims=1)  # padding before and between constituents
    torch.testing.assert_close(net(*front), expected, rtol=1e-10, atol=1e-10)


def test_padding_matters_to_the_authors() -> None:
    net = network(faithful=True)
    with torch.no_grad():
        assert not torch.allclose(net(*JETS), net(*padded(*JETS, 7)), atol=1e-3)


def test_jets_do_not_see_each_other_in_evaluation() -> None:
    net = network().double()
    p, mask = JETS
    with torch.no_grad():
        together = net(p, mask)
        alone = torch.cat([net(p[n : n + 1], mask[n : n + 1]) for n in range(len(p))])
    torch.testing.assert_close(alone, together, rtol=1e-11, atol=1e-11)


def test_order_of_constituents_never_matters() -> None:
    net = network().double()
    p, mask = JETS
    order = torch.randperm(p.shape[1], generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(net(p[:, order], mask[:, order]), net(p, mask), rtol=1e-10, atol=1e-10)


def test_a_massless_particle_has_no_mass_in_any_frame() -> None:
    from symbench.classifiers.nets.lorentznet import _masses

    p, mask = JETS
    eta = torch.diag(torch.tensor([1.0, -1.0, -1.0, -1.0], dtype=torch.float64))
    boost = registry.find_operation("boost")
    assert isinstance(boost, MatrixOperation)
    matrices = boost.matrices({"rapidities": [3.0]}, len(p), np.random.default_rng(0))
    boosted = torch.tensor(transform(matrices, p.numpy()))
    assert not _masses(boosted, eta, faithful=False)[mask].any()
    assert _masses(boosted.float(), eta.float(), faithful=True)[mask].max() > 0.01  # what float32 makes of it, GeV
    electron = torch.tensor([[[0.0, 0.0, 0.0, 1000.0]]], dtype=torch.float64)
    electron[..., 0] = (electron[..., 3] ** 2 + 0.000511**2).sqrt()
    assert float(_masses(electron, eta, faithful=False)) == pytest.approx(0.000511, rel=0.01)


def test_folded_normalisation_equals_batch_normalisation_over_the_list_of_pairs() -> None:
    torch.manual_seed(0)
    nodes = torch.rand(5, 6) < 0.7
    nodes[:, :2] = True
    pairs = _pairs(nodes, [6] * 5, torch.float64, width=3, all_rows=False)
    a, b = torch.randn(2, 5, 6, 3, dtype=torch.float64) + 2
    psi = torch.randn(2, 5, 6, 6, dtype=torch.float64)
    psi = psi + psi.transpose(2, 3) + 3
    w = torch.randn(2, 3, dtype=torch.float64)
    real = pairs.weight.bool()

    def of_pairs(a: torch.Tensor, b: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        return (a.unsqueeze(2) + b.unsqueeze(1) + psi.permute(1, 2, 3, 0) @ w)[real]

    norm, listed = (torch.nn.BatchNorm1d(3).double() for _ in range(2))
    for _ in range(2):
        torch.testing.assert_close(of_pairs(*_fold(norm, a, b, psi, w, pairs)), listed(of_pairs(a, b, w)))
    torch.testing.assert_close(norm.running_mean, listed.running_mean)
    torch.testing.assert_close(norm.running_var, listed.running_var)
    norm.eval()
    listed.eval()
    torch.testing.assert_close(of_pairs(*_fold(norm, a, b, psi, w, pairs)), listed(of_pairs(a, b, w)))
