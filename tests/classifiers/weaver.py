"""The authors' ParticleNet and ParT, from their package weaver-core, beside ours: same weights, same jets.

The package installs for training from ROOT files (numba, tables, tensorboard, an old awkward) and logs to standard
output, so symbench does not depend on it. Its networks need none of that: `pip install --no-deps weaver-core==0.5.3`
for the slow comparison. `python -m tests.classifiers.weaver` prints the logits that the quick one has on record.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from symbench.classifiers.nets.features import seven_features
from symbench.classifiers.nets.part import ParticleTransformer
from symbench.classifiers.nets.particlenet import ParticleNet
from tests.classifiers.jets import tensors, toy_jets

JETS = tensors(toy_jets(6, constituents=9, seed=7))
FULL = tuple(t[:, :5] for t in JETS)  # every jet has five constituents

K, WIDTHS, FC = 3, ((8, 8, 8), (12, 12, 12)), 10
EMBEDDING, PAIRS, HEADS, LAYERS = (8, 16, 8), (6, 6), 2, (2, 1)


def ours_particlenet() -> nn.Module:
    net = ParticleNet([(K, widths) for widths in WIDTHS], FC, dropout=0.0)
    return _set(net.double())


def ours_part(*, pair_activation: bool = True) -> nn.Module:
    net = ParticleTransformer(EMBEDDING, PAIRS, HEADS, LAYERS, dropout=0.0, pair_activation=pair_activation)
    return _set(net.double())


def ours_part_by_default() -> nn.Module:
    return ours_part(pair_activation=False)


def authors_particlenet(ours: nn.Module) -> nn.Module:
    from weaver.nn.model.ParticleNet import ParticleNet as Authors

    with _quiet():
        net = Authors(7, 2, [(K, widths) for widths in WIDTHS], [(FC, 0.0)], use_fusion=False, trim=False)
    return _like(net, ours)


def authors_part(ours: nn.Module, *, use_pre_activation_pair: bool = False) -> nn.Module:
    """As published; `use_pre_activation_pair` is True by default in the package, but in no published configuration."""
    from weaver.nn.model.ParticleTransformer import ParticleTransformer as Authors

    none = {"dropout": 0.0, "attn_dropout": 0.0, "activation_dropout": 0.0}
    with _quiet():
        net = Authors(
            7,
            2,
            pair_input_dim=4,
            embed_dims=EMBEDDING,
            pair_embed_dims=PAIRS,
            use_pre_activation_pair=use_pre_activation_pair,
            num_heads=HEADS,
            num_layers=LAYERS[0],
            num_cls_layers=LAYERS[1],
            block_params=none,
            fc_params=[],
            trim=False,
        )
    return _like(net, ours)


def run_authors(net: nn.Module, p: Tensor, mask: Tensor) -> Tensor:
    """Logits, from features first and constituents last, as that package has it, and (px, py, pz, E)."""
    features = seven_features(p, mask).transpose(1, 2).requires_grad_()
    real = mask.unsqueeze(1)
    if hasattr(net, "edge_convs"):
        logits: Tensor = net(features[:, -2:], features, real)
    else:
        logits = net(features, p[..., [1, 2, 3, 0]].transpose(1, 2), real)
    return logits


def _set(net: nn.Module) -> nn.Module:
    """Weights and running moments that do not depend on the version of torch."""
    rng = np.random.default_rng(5)
    with torch.no_grad():
        for name, value in sorted(net.state_dict().items()):
            if not value.is_floating_point():
                continue
            drawn = rng.normal(0, 0.4, value.shape)
            scale = value.dim() == 1 and "bias" not in name and "mean" not in name
            value.copy_(torch.tensor(np.abs(1 + drawn) if scale else drawn))
    return net.eval()


def authors_part_by_default(ours: nn.Module) -> nn.Module:
    return authors_part(ours, use_pre_activation_pair=True)


def _like(authors: nn.Module, ours: nn.Module) -> nn.Module:
    """Convolutions of width one there are linear maps here."""
    shapes = authors.state_dict()
    given = ours.state_dict()
    assert given.keys() == shapes.keys()
    authors.double().load_state_dict({name: value.view(shapes[name].shape) for name, value in given.items()})
    return authors.eval()


class _quiet:
    def __enter__(self) -> None:
        logging.disable(logging.CRITICAL)

    def __exit__(self, *_: Any) -> None:
        logging.disable(logging.NOTSET)


if __name__ == "__main__":
    for ours, authors in (
        (ours_particlenet, authors_particlenet),
        (ours_part, authors_part),
        (ours_part_by_default, authors_part_by_default),
    ):
        net = ours()
        with torch.no_grad():
            found = run_authors(authors(net), *JETS)
            print(authors.__name__, found.numpy().round(9).tolist(), float((net(*JETS) - found).abs().max()))
