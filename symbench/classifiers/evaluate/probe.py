"""Outputs of a trained network on test jets: original and transformed, in float32 and in float64."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from symbench.classifiers.training.jets import Jets
from symbench.classifiers.training.loop import EVALUATION_BATCH
from symbench.metrics.cost.forward_mflop import forward_mflop
from symbench.metrics.operations.moved import Moved

Floats = npt.NDArray[np.float64]

FLOAT64_JETS = 256  # test jets for computations in float64, enough for means over jets
FLOP_JETS = 8


class Probe:
    """A trained network and its test jets; `read` makes the outputs of what the network returns.

    By default the output for two classes is z, the difference of their logits, (N, 1); for more classes, the logits
    minus their mean, (N, C).
    """

    def __init__(self, module: nn.Module, jets: Jets, read: Callable[[Tensor], Tensor] | None = None) -> None:
        self.module = module.eval()
        self.read = read or outputs_of
        self.jets = jets
        spurions = getattr(module, "spurions", None)
        self.spurions: Tensor | None = spurions if isinstance(spurions, Tensor) else None
        # created outside of inference mode, whose tensors cannot be differentiated
        self.double = copy.deepcopy(module).double().eval().requires_grad_(False)

    @cached_property
    def exact_outputs(self) -> Floats:
        """Outputs of the first `FLOAT64_JETS` test jets in float64."""
        return self.outputs(count=FLOAT64_JETS, double=True)

    @torch.inference_mode()
    def logits(self) -> Floats:
        """Logits (N, C) of all test jets."""
        logits = [self.module(b.p, b.mask, b.features).double() for b in self.batches(len(self.jets))]
        return np.asarray(torch.cat(logits).cpu().numpy())

    @torch.inference_mode()
    def outputs(
        self, moved: Moved | None = None, *, count: int | None = None, double: bool = False, fixed_beams: bool = False
    ) -> Floats:
        """Outputs (n, K) of the first `count` test jets (all by default), or of their transformed copies `moved`.

        The network's spurions are transformed with the jet unless `fixed_beams`.
        """
        total = min(len(self.jets) if count is None else count, len(self.jets))
        module = self.double if double else self.module
        outputs = []
        for start, batch in zip(range(0, total, EVALUATION_BATCH), self.batches(total), strict=True):
            options: dict[str, Any] = {}
            if moved is not None:
                rows = slice(start, start + len(batch))
                if moved.matrices is not None and self.spurions is not None and not fixed_beams:
                    matrices = torch.tensor(moved.matrices[rows], device=batch.p.device)
                    options["spurions"] = self.spurions.double() @ matrices.transpose(1, 2)
                batch = _moved(batch, moved, rows)
            outputs.append(self.read(module(batch.p, batch.mask, batch.features, **options)).double())
        return np.asarray(torch.cat(outputs).cpu().numpy())

    @torch.inference_mode()
    def values(self, jets: Jets, *, double: bool = False) -> Floats:
        """Outputs (n, K) of any jets."""
        module = self.double if double else self.module
        starts = range(0, len(jets), EVALUATION_BATCH)
        parts = (jets.take(slice(start, start + EVALUATION_BATCH)) for start in starts)
        outputs = [self.read(module(part.p, part.mask, part.features)).double() for part in parts]
        return np.asarray(torch.cat(outputs).cpu().numpy())

    def batches(self, count: int) -> list[Jets]:
        """The first `count` test jets."""
        jets = self.jets.take(slice(count))
        return [jets.take(slice(start, start + EVALUATION_BATCH)) for start in range(0, len(jets), EVALUATION_BATCH)]

    def points(self, batch: Jets) -> Tensor:
        """The vectors that a symmetry acts on, (n, S + P, 4) float64: spurions, then constituents."""
        p = batch.p * batch.mask.unsqueeze(-1)
        if self.spurions is None:
            return p
        return torch.cat([self.spurions.double().expand(len(batch), *self.spurions.shape), p], dim=1)

    def at(self, points: Tensor, batch: Jets, *, double: bool) -> Tensor:
        """Outputs (n, K), as a differentiable function of `points`."""
        module = self.double if double else self.module
        if self.spurions is None:
            return self.read(module(points, batch.mask, batch.features))
        count = len(self.spurions)
        spurions, p = points[:, :count], points[:, count:]
        return self.read(module(p, batch.mask, batch.features, spurions=spurions))

    def forward_mflop(self) -> float:
        """10⁶ floating-point operations of the forward pass of a jet."""
        batch = self.jets.take(slice(FLOP_JETS))
        # the copy without trainable parameters: the counter would request gradients of parameters
        with torch.inference_mode():
            return forward_mflop(lambda: self.double(batch.p, batch.mask, batch.features), len(batch))


def outputs_of(logits: Tensor) -> Tensor:
    """Outputs (N, K): the difference of two logits, or more logits minus their mean."""
    if logits.shape[1] == 2:
        return logits[:, 1:] - logits[:, :1]
    return logits - logits.mean(dim=1, keepdim=True)


def _moved(batch: Jets, moved: Moved, rows: slice) -> Jets:
    device = batch.p.device
    features = batch.features
    if features is not None:
        source = torch.tensor(moved.source[rows], device=device)
        taken = torch.take_along_dim(features, source.clamp_min(0).unsqueeze(-1), dim=1)
        features = taken * (source >= 0).unsqueeze(-1)
    mask = torch.tensor(moved.mask[rows], device=device)
    return Jets(torch.tensor(moved.vectors[rows], device=device), mask, features, batch.label)
