"""ParticleNet: its neighbours are real and near, and its edge convolution is the published sum over edges."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from symbench.classifiers.nets.particlenet import EdgeConvolution, _neighbours
from symbench.classifiers.nets.rows import flat, index_of_rows, spread


def cloud(members: list[int], size: int, dimension: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    points = torch.randn(len(members), size, dimension, generator=generator, dtype=torch.float64)
    mask = torch.arange(size) < torch.tensor(members).unsqueeze(1)
    return torch.where(mask.unsqueeze(-1), points, 0.0), mask  # padding lies in the middle of what is real


@pytest.mark.parametrize("k", [1, 3, 20])
def test_neighbours_are_the_nearest_real_others_of_the_same_jet(k: int) -> None:
    points, mask = cloud([6, 1, 4, 0, 9], 9, 2)
    edges = _neighbours(points, mask, k)
    rows, others = flat(points, mask), iter(edges.of.tolist())
    jet = mask.nonzero()[:, 0]
    for row, point in enumerate(rows):
        own = [r for r in range(len(rows)) if jet[r] == jet[row] and r != row]
        squares = (rows - point).square().sum(dim=1).tolist()
        expected = sorted(own, key=squares.__getitem__)[:k]
        assert int(edges.real[row].sum()) == len(expected) == min(k, len(own))
        assert [next(others) for _ in expected] == expected
    assert next(others, None) is None


def test_the_convolution_is_the_published_mean_over_edges() -> None:
    torch.manual_seed(1)
    layer = EdgeConvolution(3, 4, (5, 5, 6)).double().eval()
    points, mask = cloud([7, 2, 1, 5], 7, 2)
    features = torch.randn(*mask.shape, 4, dtype=torch.float64)
    with torch.no_grad():
        for norm in (*layer.bns, layer.sc_bn):
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.5, 2)
        found = spread(layer(points, flat(features, mask), mask), mask)
        for jet, members in enumerate(mask.sum(dim=1).tolist()):
            x = features[jet]
            for i in range(members):
                others = [j for j in range(members) if j != i]
                near = sorted(others, key=lambda j: float((points[jet, j] - points[jet, i]).square().sum()))[:3]
                received = torch.zeros(6, dtype=torch.float64)
                for j in near:
                    edge = torch.cat([x[i], x[j] - x[i]]).unsqueeze(0)
                    for linear, norm in zip(layer.convs, layer.bns, strict=True):
                        edge = norm(linear(edge)).relu()
                    received += edge[0] / len(near)
                expected = (layer.sc_bn(layer.sc(x[i : i + 1]))[0] + received).relu()
                torch.testing.assert_close(found[jet, i], expected)


def test_rows_and_their_places() -> None:
    values, mask = cloud([2, 0, 3], 3, 2)
    rows = flat(values, mask)
    assert torch.equal(spread(rows, mask), values)
    assert torch.equal(rows[index_of_rows(mask)[mask]], rows)
    assert torch.equal(index_of_rows(mask)[mask], torch.arange(5))
