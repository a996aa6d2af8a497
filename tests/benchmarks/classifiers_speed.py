"""Training throughput of the classifiers without Lorentz invariance, beside the particle flow network's.

Forward and backward of full-size networks, jets of 40 constituents, batches of 64, float32; one thread, whose CPU time
is taken, so that other programs count for less. Networks take turns, and the fastest turn of each counts; names as
arguments select some, beside the particle flow network. Where weaver-core is installed (`pip install --no-deps
weaver-core`), its ParticleNet and ParT run in the same turns on features that are made beforehand: ours make theirs in
that time.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from symbench.classifiers.base import Classifier
from symbench.classifiers.efn import EnergyFlow
from symbench.classifiers.mlp import HighLevelPerceptron
from symbench.classifiers.nets.features import seven_features
from symbench.classifiers.part import ParticleTransformer
from symbench.classifiers.particlenet import ParticleNet
from symbench.classifiers.pfn import ParticleFlow
from symbench.classifiers.transformer import Transformer

BATCH, CONSTITUENTS, TURNS = 64, 40, 2
OURS: tuple[type[Classifier], ...] = (
    ParticleFlow,
    HighLevelPerceptron,
    EnergyFlow,
    ParticleNet,
    ParticleTransformer,
    Transformer,
)


def jets() -> tuple[Tensor, Tensor]:
    """Massless constituents within 0.8 of their jet's axis, none of them padding."""
    rng = np.random.default_rng(0)
    eta, phi = rng.uniform(-1, 1, (2, BATCH, 1)) + rng.normal(0, 0.25, (2, BATCH, CONSTITUENTS))
    pt = 600 * rng.dirichlet(np.full(CONSTITUENTS, 0.5), BATCH) + 0.3
    p = np.stack([pt * np.cosh(eta), pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=-1)
    return torch.tensor(p), torch.ones(BATCH, CONSTITUENTS, dtype=torch.bool)


def authors(p: Tensor, mask: Tensor) -> dict[str, tuple[nn.Module, Callable[[nn.Module], Tensor]]]:
    """The package's networks at full size, and how they are called."""
    if importlib.util.find_spec("weaver") is None:
        return {}
    import logging

    from weaver.nn.model import ParticleNet as Net
    from weaver.nn.model import ParticleTransformer as Part

    logging.disable(logging.CRITICAL)
    convolutions = [(16, (width,) * 3) for width in (64, 128, 256)]
    net = Net.ParticleNet(7, 2, convolutions, [(256, 0.1)], use_fusion=False, trim=False)
    part = Part.ParticleTransformer(7, 2, pair_input_dim=4, fc_params=[], trim=False)
    logging.disable(logging.NOTSET)
    features = seven_features(p, mask).float().transpose(1, 2).contiguous()
    vectors = p[..., [1, 2, 3, 0]].float().transpose(1, 2).contiguous()
    real = mask.unsqueeze(1)
    return {
        "particlenet, weaver": (net, lambda m: m(features[:, -2:], features, real)),
        "part, weaver": (part, lambda m: m(features, vectors, real)),
    }


def step_seconds(module: nn.Module, call: Callable[[nn.Module], Tensor]) -> float:
    started = time.process_time()
    module.zero_grad(set_to_none=True)
    nn.functional.cross_entropy(call(module), torch.arange(BATCH) % 2).backward()
    return time.process_time() - started


def main(*names: str) -> dict[str, float]:
    """Print jets per second of CPU time and their ratios, and give the former."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    p, mask = jets()
    entries: dict[str, tuple[nn.Module, Callable[[nn.Module], Tensor]]] = {
        cls.name: (cls.model_validate({"size": "paper"}).build().train(), lambda m: m(p, mask)) for cls in OURS
    }
    entries |= authors(p, mask)
    entries = {name: entry for name, entry in entries.items() if not names or name in ("pfn", *names)}
    best = dict.fromkeys(entries, float("inf"))
    for _ in range(TURNS + 1):  # the first turn warms up: a slower one never counts
        for name, entry in entries.items():
            best[name] = min(best[name], step_seconds(*entry))
    rates = {name: BATCH / seconds for name, seconds in best.items()}
    for name, rate in rates.items():
        print(f"{name:22s} {rate:8.1f} jets/s   1/{rates['pfn'] / rate:.1f} of pfn")
    return {f"{name} jets/s": rate for name, rate in rates.items()}


if __name__ == "__main__":
    main(*sys.argv[1:])
