"""PELICAN with its 15 maps written out, dense and one by one: a direct transcription to compare with.

After arXiv:2307.16506, section 4, and the order of https://github.com/abogatskiy/PELICAN (MIT): the images of a tensor
of pairs under all maps are stacked into (B, C, 15, N, N) and mixed by one einsum. Takes its weights from a
`Pelican` module, and has no dropout.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import batch_norm, leaky_relu

from symbench.classifiers.nets.pelican import Message, NodesToPairs, PairsToPairs, Pelican, PelicanBlock


def pairs_to_pairs(x: Tensor, maps: PairsToPairs, count: Tensor) -> Tensor:
    """x (B, N, N, C), zero in padding; count (B,)."""
    x = x.permute(0, 3, 1, 2)
    n = x.shape[-1]
    size = count.view(-1, 1, 1)
    diagonal = torch.diagonal(x, dim1=2, dim2=3)
    columns, rows = x.sum(dim=2) / size, x.sum(dim=3) / size
    of_diagonal = (diagonal.sum(dim=2, keepdim=True) / size).expand(-1, -1, n)
    of_all = (x.sum(dim=(2, 3)).unsqueeze(2) / size**2).expand(-1, -1, n)

    def along_first(t: Tensor) -> Tensor:
        return t.unsqueeze(3).expand(-1, -1, -1, n)

    def along_second(t: Tensor) -> Tensor:
        return t.unsqueeze(2).expand(-1, -1, n, -1)

    images = [x, x.transpose(2, 3), torch.diag_embed(diagonal), along_second(diagonal), along_first(diagonal)]
    images += [torch.diag_embed(columns), along_second(columns), along_first(columns)]
    images += [torch.diag_embed(rows), along_second(rows), along_first(rows)]
    images += [along_first(of_diagonal), torch.diag_embed(of_diagonal), along_first(of_all), torch.diag_embed(of_all)]
    alphas = torch.cat([torch.zeros_like(maps.alphas[:, :5]), maps.alphas], dim=1)[..., None, None]
    stacked = torch.stack(images, dim=2) * (count.view(-1, 1, 1, 1, 1) / 49) ** alphas
    coefficients = maps.map_in.unsqueeze(1) * maps.mix_in.unsqueeze(2)
    coefficients = coefficients + maps.map_out.unsqueeze(0) * maps.mix_out.unsqueeze(2)
    mixed = torch.einsum("dsb,ndbij->nijs", coefficients, stacked)
    return mixed + maps.bias + torch.eye(n, dtype=x.dtype)[..., None] * maps.diagonal_bias


def nodes_to_pairs(s: Tensor, maps: NodesToPairs, count: Tensor) -> Tensor:
    """s (B, N, C), zero in padding."""
    s = s.transpose(1, 2)
    n = s.shape[-1]
    mean = (s.sum(dim=2, keepdim=True) / count.view(-1, 1, 1)).expand(-1, -1, n)
    images = [torch.diag_embed(s), s.unsqueeze(2).expand(-1, -1, n, -1), s.unsqueeze(3).expand(-1, -1, -1, n)]
    images += [torch.diag_embed(mean), mean.unsqueeze(3).expand(-1, -1, -1, n)]
    powers = (count.view(-1, 1, 1, 1, 1) / 49) ** maps.alphas.T[..., None, None]
    return torch.einsum("bds,ndbij->nijs", maps.coefficients, torch.stack(images, dim=2) * powers) + maps.bias


def message(x: Tensor, layer: Message, real: Tensor) -> Tensor:
    hidden = leaky_relu(layer.linear(x))
    norm = layer.norm
    assert norm.momentum is not None
    listed = batch_norm(
        hidden[real], norm.running_mean, norm.running_var, norm.weight, norm.bias, norm.training, norm.momentum
    )
    return torch.zeros_like(hidden).masked_scatter(real.unsqueeze(-1), listed)


def forward(net: Pelican, p: Tensor, mask: Tensor) -> Tensor:
    """The logits of a network, in its own type but for the inner products."""
    dtype = net.head.weight.dtype
    jets = len(p)
    p = torch.cat([net.spurions.double().expand(jets, 2, 4), p.double() * mask.unsqueeze(-1)], dim=1)
    nodes = torch.cat([mask.new_ones(jets, 2), mask], dim=1)
    one_hot = torch.zeros(*nodes.shape, 3 if net.published else 2, dtype=dtype)
    one_hot[:, 2:, 0] = mask
    one_hot[:, 0, 1] = one_hot[:, 1, -1] = 1
    real = nodes.unsqueeze(1) & nodes.unsqueeze(2)
    count = nodes.sum(dim=1).to(dtype)
    products = torch.einsum("bim,m,bjm->bij", p, torch.tensor([1.0, -1, -1, -1], dtype=torch.float64), p)
    inputs = products.to(dtype).unsqueeze(-1)
    if net.published:
        inputs = net.products(inputs)
    power = net.encoder**2 + 1e-6
    encoded = inputs.sign() * ((1 + inputs.abs()) ** power - 1) / power
    labels = nodes_to_pairs(one_hot, net.labels, count)
    x = torch.cat([encoded, leaky_relu(labels) if net.published else labels], dim=-1) * real.unsqueeze(-1)
    for block in net.blocks:
        assert isinstance(block, PelicanBlock)
        x = leaky_relu(pairs_to_pairs(message(x, block.message, real), block.maps, count)) * real.unsqueeze(-1)
    x = message(x, net.last, real)
    means = [x.sum(dim=(1, 2)) / count[:, None] ** 2, torch.diagonal(x, dim1=1, dim2=2).sum(dim=2) / count[:, None]]
    powers = (count.view(-1, 1, 1) / 49) ** net.summary.alphas
    summary = net.summary.linear(leaky_relu((torch.stack(means, dim=1) * powers).flatten(1)))
    logits: Tensor = net.head(summary if net.published else leaky_relu(summary))
    return leaky_relu(logits) if net.published else logits
