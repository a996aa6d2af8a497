"""LorentzNet's layers under another metric: invariant under the group that preserves it, and under no other."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import expm

from symbench.classifiers.egnn import Egnn
from symbench.classifiers.lorentznet import LorentzNet
from symbench.classifiers.nets.lorentznet import LorentzNet as Net
from symbench.testing import check_component
from tests.classifiers.jets import tensors, toy_jets

P, MASK = tensors(toy_jets(12))
TILTED = np.array([[-1.1, 0.1, 0, 0.2], [0.1, 1.3, 0.1, 0], [0, 0.1, 1.2, 0], [0.2, 0, 0, 1.0]])


def network(metric: torch.Tensor | None) -> Net:
    torch.manual_seed(0)
    net = Net(10, 2, c=0.05, metric=metric).double()
    net.train()
    for _ in range(3):
        net(P / 100, MASK)
    return net.eval()


def element(metric: np.ndarray) -> torch.Tensor:
    """A finite transformation g with gᵀ J g = J: L = J⁻¹ A with an antisymmetric A."""
    a = np.random.default_rng(0).normal(size=(4, 4))
    g = expm(0.3 * np.linalg.inv(metric) @ (a - a.T))
    np.testing.assert_allclose(g.T @ metric @ g, metric, atol=1e-12)
    return torch.tensor(g)


def change(net: Net, g: torch.Tensor) -> float:
    with torch.no_grad():
        before = net(P / 100, MASK)
        after = net(P / 100 @ g.T, MASK, spurions=(net.spurions @ g.T).unsqueeze(0))
    return float((after - before).abs().max() / before.std())


@pytest.mark.parametrize("metric", [np.eye(4), TILTED, np.diag([1.0, -1, -1, -1])], ids=["euclid", "tilted", "eta"])
def test_invariant_under_the_group_of_its_metric_alone(metric: np.ndarray) -> None:
    net = network(torch.tensor(metric))
    assert change(net, element(metric)) < 1e-10
    other = np.eye(4) if metric[1, 1] < 0 else np.diag([1.0, -1, -1, -1])
    assert change(net, element(other)) > 1e-4


def test_minkowski_is_the_default_and_a_metric_is_no_weight() -> None:
    default, asked = network(None), network(torch.diag(torch.tensor([1.0, -1, -1, -1])))
    with torch.no_grad():
        assert torch.equal(default(P, MASK), asked(P, MASK))
    assert default.state_dict().keys() == network(torch.eye(4)).state_dict().keys()
    assert "metric" not in default.state_dict()


@pytest.mark.parametrize("metric", [torch.eye(3), torch.full((4, 4), torch.nan), torch.ones(4, 4).triu()])
def test_what_is_no_metric_is_refused(metric: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="symmetric 4 × 4"):
        Net(4, 1, metric=metric)


def test_egnn_is_lorentznet_with_the_euclidean_metric() -> None:
    check_component(Egnn())
    net = Egnn(size="paper").build()
    assert torch.equal(net.get_buffer("metric"), torch.eye(4, dtype=torch.float64))
    assert sum(p.numel() for p in net.parameters()) == 224_072
    differing = set(Egnn().model_dump().items()) ^ set(LorentzNet().model_dump().items())
    assert {name for name, _ in differing} == {"min_steps"}
    assert Egnn().min_steps > LorentzNet().min_steps, "the control is not to lose by being trained less"
