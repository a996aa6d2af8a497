"""The seven standard constituent features (ParT, arXiv:2202.03772, table 2, and its weaver configuration)."""

from __future__ import annotations

import torch
from torch import Tensor

FEATURES = 7
_CLIP = 5.0


def seven_features(four_momenta: Tensor, mask: Tensor) -> Tensor:
    """Features (B, P, 7) of constituents, from four-momenta (B, P, 4) in GeV; zero where the mask is False.

    With the jet as the sum of its constituents:
        0.7 (log pT − 1.7), 0.7 (log E − 2), 0.7 (log pT/pT_jet + 4.7), 0.7 (log E/E_jet + 4.7),
        4 (ΔR − 0.2), Δη · sign(η_jet), Δφ; all clipped to ±5.
    Differentiable wherever no constituent lies exactly along the beam.
    """
    neutral = torch.tensor([1.0, 1.0, 0.0, 0.0], dtype=four_momenta.dtype, device=four_momenta.device)
    # padding, and the sum of a jet without constituents, have no logarithm and no angle
    p = torch.where(mask.unsqueeze(-1), four_momenta, neutral)
    total = (four_momenta * mask.unsqueeze(-1)).sum(dim=1, keepdim=True)
    jet = torch.where(mask.any(dim=1).view(-1, 1, 1), total, neutral)
    log_pt, eta, phi = _log_pt_eta_phi(p)
    jet_log_pt, jet_eta, jet_phi = _log_pt_eta_phi(jet)
    log_e, jet_log_e = _log(p[..., 0]), _log(jet[..., 0])
    d_eta = (eta - jet_eta) * torch.where(jet_eta < 0, -1.0, 1.0)
    d_phi = torch.remainder(phi - jet_phi + torch.pi, 2 * torch.pi) - torch.pi
    squared = d_eta**2 + d_phi**2
    # the only constituent of a jet lies on its axis, where the square root has no derivative
    d_r = torch.where(squared > 0, squared, 1.0).sqrt() * (squared > 0)
    features = torch.stack(
        (
            (log_pt - 1.7) * 0.7,
            (log_e - 2.0) * 0.7,
            (log_pt - jet_log_pt + 4.7) * 0.7,
            (log_e - jet_log_e + 4.7) * 0.7,
            (d_r - 0.2) * 4.0,
            d_eta,
            d_phi,
        ),
        dim=-1,
    )
    return features.clamp(-_CLIP, _CLIP) * mask.unsqueeze(-1)


def _log_pt_eta_phi(p: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    pt = torch.hypot(p[..., 1], p[..., 2]).clamp_min(1e-12)
    return _log(pt), torch.asinh(p[..., 3] / pt), torch.atan2(p[..., 2], p[..., 1])


def _log(x: Tensor) -> Tensor:
    return x.clamp_min(1e-12).log()
