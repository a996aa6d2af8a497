"""`emlp` with the bilinear layer of the paper, beside the authors' package with the same weights.

`emlp_package.npz` has numbers only, from one run of the package `emlp` 1.0.3 (PyPI, MIT) with jax 0.10.2 in float64:
two blocks under O(3) from two scalars and two vectors to a tensor of rank 2, hidden 4 T0 + 3 T1 + 2 T2. The package
orders features tensor by tensor, and the scalars of gates come last.

    weight_k, bias_k     of the linear layer k, projected by the package
    products_k_q_p       (m_q, m_p, m_R) of the bilinear layer k: weights of the tensor n of rank R = p + q
    chosen_k_R           the tensors of rank R that it uses, drawn with replacement
    x, y                 inputs (6, 8) and outputs (6, 9)
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from symbench.algebra.representations import orthogonal
from symbench.data.signature import Signature
from symbench.regressors.nets.emlp import EquivariantBlock, EquivariantPerceptron
from symbench.regressors.nets.emlp_bilinear import PublishedProducts
from symbench.regressors.nets.emlp_linear import EquivariantLinear
from symbench.regressors.nets.tensors import maps_of

CHANNELS = (4, 3, 2)
GATED = (9, 3, 2)
INPUTS, OUTPUTS = (2, 2), (0, 0, 1)


@cache
def package() -> dict[str, npt.NDArray[np.float64]]:
    with np.load(Path(__file__).with_name("emlp_package.npz"), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def positions(multiplicities: tuple[int, ...], gates: int = 0) -> list[npt.NDArray[np.int64]]:
    """(d^r, m_r) for each rank: where the package has the component of a tensor; the last `gates` scalars come last."""
    start, found = 0, []
    for rank, m in enumerate(multiplicities):
        plain = m - gates if rank == 0 else m
        found.append(start + np.arange(plain * 3**rank).reshape(plain, 3**rank).T)
        start += plain * 3**rank
    if gates:
        found[0] = np.concatenate([found[0], start + np.arange(gates)[None]], axis=1)
    return found


def load_linear(layer: EquivariantLinear, k: int, rows: list[npt.NDArray[np.int64]], m: tuple[int, ...]) -> float:
    """Give a layer the weights of the package; returns the largest entry that its basis of maps cannot express."""
    missing = 0.0
    weight, bias = package()[f"weight_{k}"], package()[f"bias_{k}"]
    for q, row in enumerate(rows):
        blocks = {f"{q}_{p}": weight[row][..., column] for p, column in enumerate(positions(m))}
        for name, block in {**blocks, f"bias_{q}": bias[row][..., None, None]}.items():
            if not block.size:
                continue
            if name not in layer.coefficients:
                missing = max(missing, float(np.abs(block).max()))
                continue
            maps = maps_of(layer.maps, name).numpy()
            c = np.einsum("rab,aobi->roi", maps, block) / len(block)
            missing = max(missing, float(np.abs(np.einsum("rab,roi->aobi", maps, c) - block).max()))
            layer.coefficients[name].data = torch.from_numpy(c)
    return missing


def load_products(layer: PublishedProducts, k: int) -> None:
    for rank in (1, 2):
        chosen = package()[f"chosen_{k}_{rank}"].astype(np.int64)
        layer.get_buffer(f"chosen_{rank}").copy_(torch.eye(GATED[rank])[:, chosen].bool())
        repeated = np.bincount(chosen, minlength=GATED[rank])[chosen]
        for p in range(rank + 1):
            weights = package()[f"products_{k}_{rank - p}_{p}"][..., chosen] / repeated
            layer.weights[f"{rank - p}_{p}"].data = torch.from_numpy(weights)


def test_outputs_equal_those_of_the_package() -> None:
    """To rounding in float64; and our basis of maps expresses every weight that the package's projection leaves."""
    net = EquivariantPerceptron(Signature(2, 3, 1, (2,)), orthogonal(3), CHANNELS, 2, PublishedProducts).double()
    gated = positions(GATED, gates=5)
    inputs: tuple[int, ...] = INPUTS
    for k, block in enumerate(net.blocks):
        assert isinstance(block, EquivariantBlock)
        assert load_linear(block.linear, k, gated, inputs) < 1e-12
        assert isinstance(block.bilinear, PublishedProducts)
        load_products(block.bilinear, k)
        inputs = CHANNELS
    assert load_linear(net.last, 2, positions(OUTPUTS), inputs) < 1e-12
    x = torch.from_numpy(package()["x"])
    y = net(x[:, 2:].reshape(-1, 2, 3), torch.ones(6, 2, dtype=torch.bool), x[:, :2].unsqueeze(2))
    wanted = package()["y"]
    assert np.abs(wanted).max() > 0.1
    assert np.allclose(y.detach().numpy(), wanted, rtol=1e-10, atol=1e-12)


def test_the_first_weights_are_distributed_as_those_of_the_package() -> None:
    """A projected orthogonal matrix: weights of scalars vary by 1/n, of vectors by 1/(3n), n the larger dimension."""
    torch.manual_seed(0)
    layer = EquivariantLinear(orthogonal(3), (60, 30), (90, 30))
    for name, size in (("0_0", 1), ("1_1", 3)):
        variance = float((layer.coefficients[name].detach() * maps_of(layer.maps, name)[0, 0, 0]).square().mean())
        assert abs(variance * size * 180 - 1) < 0.15, name
    assert float(layer.coefficients["bias_0"].detach().min()) >= 0
