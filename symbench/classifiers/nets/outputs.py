"""The number of outputs of a network, one logit per class."""

from __future__ import annotations

from typing import TypeVar

from torch import nn

N = TypeVar("N", bound=nn.Module)


def with_outputs(network: N, layer: str, classes: int) -> N:
    """The network with `classes` outputs; `layer` is the path of its last linear layer, as in `state_dict`.

    A layer with another number of outputs is replaced by a new one. That is drawn after all other weights, so that
    networks for two and for more classes have the same hidden layers at the same seed.
    """
    last = network.get_submodule(layer)
    assert isinstance(last, nn.Linear)
    if last.out_features != classes:
        parent, _, name = layer.rpartition(".")
        setattr(network.get_submodule(parent), name, nn.Linear(last.in_features, classes, bias=last.bias is not None))
    return network
