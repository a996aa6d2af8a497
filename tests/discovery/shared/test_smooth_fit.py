import numpy as np
import torch

from symbench.discovery.shared.smooth_fit import Network, _deltas, _gram, fit_network, new_network


def network(seed: int = 0, depth: int = 2) -> Network:
    return new_network(3, 7, depth, torch.Generator().manual_seed(seed))


def test_the_gradient_is_that_of_autograd() -> None:
    for depth in (1, 2, 4):
        net = network(depth=depth)
        x = torch.randn(11, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).requires_grad_()
        (expected,) = torch.autograd.grad(net(x).sum(), x)
        torch.testing.assert_close(net.gradient(x.detach()), expected, rtol=1e-12, atol=1e-13)


def test_the_gram_matrix_is_that_of_the_jacobian() -> None:
    net = network()
    x = torch.randn(6, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    weights = [tensor.requires_grad_() for layer in net.layers for tensor in layer]
    f = net(x)
    rows = [torch.autograd.grad(value, weights, retain_graph=True) for value in f]
    jacobian = torch.stack([torch.cat([part.reshape(-1) for part in row]) for row in rows])
    with torch.no_grad():
        _, inputs, slopes = net.trace(x)
        gram = _gram(inputs, _deltas(net, slopes, len(x)))
    torch.testing.assert_close(gram, jacobian @ jacobian.T, rtol=1e-11, atol=1e-12)


def test_a_quadratic_is_learnt_in_a_few_dozen_steps_with_its_gradient() -> None:
    random = torch.Generator().manual_seed(3)
    x = torch.randn(250, 3, dtype=torch.float64, generator=random)
    y = x.square().sum(1) / 3
    fit = fit_network(new_network(3, 64, 2, random), x[:200], y[:200], (x[200:], y[200:]), steps=60)
    assert fit.steps <= 60
    assert fit.held_out_loss < 1e-3
    error = fit.network.gradient(x[200:]) - 2 * x[200:] / 3
    assert float(error.norm() / (2 * x[200:] / 3).norm()) < 0.05


def test_two_classes_are_fitted_by_their_log_odds() -> None:
    """Classes of probability 1/(1 + e^{−2 x₀}): log-odds rise along x₀, and certain events do not decide."""
    random = torch.Generator().manual_seed(6)
    x = torch.randn(600, 2, dtype=torch.float64, generator=random)
    y = (torch.rand(600, dtype=torch.float64, generator=random) < torch.sigmoid(2 * x[:, 0])).double()
    start = new_network(2, 32, 2, random)
    fit = fit_network(start, x[:400] / 2, y[:400], (x[400:] / 2, y[400:]), steps=40, classes=True)
    exact = torch.nn.functional.softplus(2 * x[400:, 0]) - y[400:] * 2 * x[400:, 0]
    assert fit.held_out_loss < 1.1 * float(exact.mean())
    slope = fit.network.gradient(x[400:] / 2).mean(0) / 2
    assert 1 < float(slope[0]) < 3
    assert abs(float(slope[1])) < 0.5


def test_noise_is_not_interpolated() -> None:
    """Of all iterates the one is kept that does best on the held-out events."""
    random = torch.Generator().manual_seed(4)
    x = torch.randn(150, 2, dtype=torch.float64, generator=random)
    y = torch.randn(150, dtype=torch.float64, generator=random)  # nothing to learn
    held = (x[100:], y[100:])
    start = new_network(2, 32, 2, random)
    fit = fit_network(start, x[:100], y[:100], held, steps=60)
    assert fit.held_out_loss <= float((start(x[100:]) - y[100:]).square().mean())
    assert float((fit.network(x[:100]) - y[:100]).square().mean()) > 0.5


def test_the_start_is_left_as_it_was() -> None:
    start = network()
    before = [tensor.clone() for layer in start.layers for tensor in layer]
    x = torch.from_numpy(np.random.Generator(np.random.PCG64(0)).standard_normal((20, 3)))
    fit_network(start, x, x[:, 0], (x, x[:, 0]), steps=3)
    after = [tensor for layer in start.layers for tensor in layer]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
