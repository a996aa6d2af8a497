"""Messages between local Lorentz frames (LLoCa, arXiv:2505.20280): what a backbone needs to become equivariant.

A frame is a Lorentz transformation L of each constituent; a vector v has the components L v in it. Half of the channels
of a message are scalars, half are vectors (8 scalars and 2 vectors of 16 channels): vectors are transformed from the
sender's frame to the receiver's, scalars are not. The formulation is that of the package `lloca`, for which
`tests/classifiers/test_lloca.py` compares it; it is written here so that the project's own backbones can use it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from symbench.classifiers.nets.features import transverse
from symbench.classifiers.training.precision import in_full_precision

_LEAST_MASS = 1e-2  # of jets in their Lorentz factors, in the unit of the momenta


def vectors_of(channels: int) -> int:
    """The number of vectors among the channels of a message; the first channels are scalars."""
    return channels // 8


@dataclass(frozen=True)
class LocalFrames:
    """Constituents in their own frames.

    p         (B, P, 4) float64: each constituent in its own frame
    jet       (B, P, 4) float64: the jet in the frame of each constituent
    matrices  (B, P, 4, 4): the frames
    gamma     (B, P): Lorentz factors of the jet in the frames; products of vectors are divided by them, as the package
              does, so that strongly boosted frames do not dominate
    """

    p: Tensor
    jet: Tensor
    matrices: Tensor
    gamma: Tensor

    @classmethod
    def of(cls, p: Tensor, mask: Tensor, matrices: Tensor, unit: float) -> LocalFrames:
        """Frames (B, P, 4, 4) around constituents (B, P, 4); `unit`: 20 GeV, in which a jet's mass is at least 0.01."""
        jet = (p * mask.unsqueeze(-1)).sum(dim=1, keepdim=True)
        space = torch.einsum("bpij,bpj->bpi", matrices, p)[..., 1:]
        # on the mass shell of the laboratory: a strong boost would leave a mass that is rounding of a large energy
        energy = (space.square().sum(dim=-1, keepdim=True) + transverse(p)[1].unsqueeze(-1)).sqrt()
        own = torch.cat([energy, space], dim=-1)
        seen = torch.einsum("bpij,bpj->bpi", matrices, jet.expand_as(p))
        square = (jet[..., 0].square() - jet[..., 1:].square().sum(dim=-1)).clamp_min(0)
        gamma = seen[..., 0] / ((_LEAST_MASS * unit) ** 2 + square).sqrt()
        return cls(own, seen, matrices, torch.where(mask, gamma.detach(), 1.0))

    @property
    def inverse(self) -> Tensor:
        """(B, P, 4, 4): η Lᵀ η, from the components in a frame to those of the laboratory."""
        signs = torch.tensor([1.0, -1.0, -1.0, -1.0], dtype=self.matrices.dtype, device=self.matrices.device)
        return signs.unsqueeze(-1) * self.matrices.mT * signs

    def globally(self, values: Tensor, *, lowered: bool = False) -> Tensor:
        """Messages (B, H, P, C) in the laboratory frame; `lowered`: with lower indices, as one side of a product."""
        matrices = self.inverse
        if lowered:
            matrices = torch.cat([matrices[..., :1, :], -matrices[..., 1:, :]], dim=-2)
        return _transformed(values, (matrices / self.gamma[..., None, None]).unsqueeze(1))

    def locally(self, values: Tensor) -> Tensor:
        """Messages (B, H, P, C) of the laboratory frame in the frames of their receivers."""
        return _transformed(values, (self.matrices / self.gamma[..., None, None]).unsqueeze(1))

    def carried(self, rows: Tensor, mask: Tensor, sender: Tensor, receiver: Tensor) -> Tensor:
        """Rows (E, C) of the senders in the frames of the receivers; both (E,) are numbers of real constituents."""
        if not vectors_of(rows.shape[1]):
            return rows
        own, inverse = self.matrices[mask], self.inverse[mask]
        return _transformed(rows, own.index_select(0, receiver) @ inverse.index_select(0, sender))


@in_full_precision
def _transformed(values: Tensor, matrices: Tensor) -> Tensor:
    """Values (..., C) with their vectors multiplied by matrices (..., 4, 4)."""
    count = vectors_of(values.shape[-1])
    if not count:
        return values
    split = values.shape[-1] - 4 * count
    vectors = values[..., split:].unflatten(-1, (count, 4))
    moved = (vectors @ matrices.to(values.dtype).mT).flatten(-2)
    return torch.cat([values[..., :split], moved], dim=-1)
