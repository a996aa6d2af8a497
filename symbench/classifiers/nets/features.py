"""Features of constituents: the seven standard ones (ParT, arXiv:2202.03772, table 2), and five without the beam.

Angles are relative to the jet, the sum of its constituents. The seven features are invariant under rotations about the
beam only: energies, and the pseudorapidity of a massive jet and its sign, change under a boost along the beam. The five
features use only transverse momenta, rapidities and azimuths, and are invariant under both.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from symbench.classifiers.training.precision import in_full_precision

FeatureSet = Literal["kinematic", "beam-invariant"]
FEATURES = 7
COUNT: dict[FeatureSet, int] = {"kinematic": FEATURES, "beam-invariant": 5}
_CLIP = 5.0
_ON_SHELL = 1e-13  # |p²| below this fraction of E² is rounding of float64


@in_full_precision
def features_of(kind: FeatureSet, four_momenta: Tensor, mask: Tensor, jet: Tensor | None = None) -> Tensor:
    """Features (B, P, COUNT[kind]) of constituents; the last two are the angles Δη (or Δy) and Δφ to the jet.

    jet   (B, P, 4): of the seven, the jet's momentum in the frame of each constituent, by default the sum of all
    """
    if kind == "beam-invariant":
        assert jet is None
        return beam_invariants(four_momenta, mask)
    return seven_features(four_momenta, mask, jet)


def seven_features(four_momenta: Tensor, mask: Tensor, jet: Tensor | None = None) -> Tensor:
    """Features (B, P, 7) of constituents, from four-momenta (B, P, 4) in GeV; zero for padding.

    With the jet as the sum of its constituents:
        0.7 (log pT − 1.7), 0.7 (log E − 2), 0.7 (log pT/pT_jet + 4.7), 0.7 (log E/E_jet + 4.7),
        4 (ΔR − 0.2), Δη · sign(η_jet), Δφ; all clipped to ±5.
    Differentiable unless a constituent is exactly along the beam.
    """
    # padding and jets without constituents would have neither logarithms nor angles
    p, jet = filled(four_momenta, mask, jet)
    log_pt, eta, phi = _log_pt_eta_phi(p)
    jet_log_pt, jet_eta, jet_phi = _log_pt_eta_phi(jet)
    log_e, jet_log_e = _log(p[..., 0]), _log(jet[..., 0])
    d_eta = (eta - jet_eta) * torch.where(jet_eta < 0, -1.0, 1.0)
    d_phi = torch.remainder(phi - jet_phi + torch.pi, 2 * torch.pi) - torch.pi
    d_r = safe_sqrt(d_eta**2 + d_phi**2)  # it vanishes for the only constituent of a jet
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


def beam_invariants(four_momenta: Tensor, mask: Tensor) -> Tensor:
    """Features (B, P, 5), invariant under rotations about the beam and boosts along it; zero for padding.

        0.7 (log pT − 1.7), 0.7 (log pT/pT_jet + 4.7), 4 (ΔR − 0.2), Δy, Δφ; all clipped to ±5

    with rapidities y, also of the jet, and ΔR² = Δy² + Δφ². The sign of the jet's rapidity is not used:
    a boost changes it.
    """
    pt, d_y, d_phi, jet_pt = relative_to_jet(four_momenta, mask)
    log_pt = _log(pt)
    d_r = safe_sqrt(d_y**2 + d_phi**2)
    columns = ((log_pt - 1.7) * 0.7, (log_pt - _log(jet_pt) + 4.7) * 0.7, (d_r - 0.2) * 4.0, d_y, d_phi)
    return torch.stack(columns, dim=-1).clamp(-_CLIP, _CLIP) * mask.unsqueeze(-1)


def transverse_fractions(four_momenta: Tensor, mask: Tensor) -> Tensor:
    """pT/Σ pT (B, P) of constituents, with the sum of magnitudes; zero for padding."""
    pt = safe_sqrt(four_momenta[..., 1] ** 2 + four_momenta[..., 2] ** 2)
    pt = torch.where(mask, pt, 0.0)
    return pt / pt.sum(dim=1, keepdim=True).clamp_min(1e-12)


def relative_to_jet(four_momenta: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """pT (B, P) in GeV, Δy and Δφ (B, P) to the jet, and the jet's pT (B, 1).

    Padding has Δy = Δφ = 0. The transverse momentum of padding, and of a jet without constituents, is 1 GeV.
    """
    p, jet = filled(four_momenta, mask)
    pt, _, rapidity, phi = transverse(p)
    jet_pt, _, jet_rapidity, jet_phi = transverse(jet)
    d_phi = torch.remainder(phi - jet_phi + torch.pi, 2 * torch.pi) - torch.pi
    return pt, (rapidity - jet_rapidity) * mask, d_phi * mask, jet_pt


def transverse(p: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """pT, squared mass, rapidity and azimuth, each (...), of four-momenta (..., 4).

    y = asinh(pz/mT) is exactly the pseudorapidity for mass zero. A p² that is negative, or zero to rounding, is set to
    zero.
    """
    energy, px, py, pz = p.unbind(dim=-1)
    pt = torch.hypot(px, py).clamp_min(1e-12)
    squared = energy**2 - pz**2 - pt**2
    squared = torch.where(squared > _ON_SHELL * energy**2, squared, 0.0)
    return pt, squared, torch.asinh(pz / (pt**2 + squared).sqrt()), torch.atan2(py, px)


def safe_sqrt(squared: Tensor) -> Tensor:
    """√x with the derivative 0 at x = 0, where it does not exist."""
    return torch.where(squared > 0, squared, 1.0).sqrt() * (squared > 0)


def filled(four_momenta: Tensor, mask: Tensor, jet: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Constituents (B, P, 4) and their sum (B, 1, 4), with a vector that has defined angles in place of padding.

    jet   (B, P, 4), in place of the sum
    """
    neutral = torch.tensor([1.0, 1.0, 0.0, 0.0], dtype=four_momenta.dtype, device=four_momenta.device)
    p = torch.where(mask.unsqueeze(-1), four_momenta, neutral)
    if jet is not None:
        return p, torch.where(mask.unsqueeze(-1), jet, neutral)
    total = (four_momenta * mask.unsqueeze(-1)).sum(dim=1, keepdim=True)
    return p, torch.where(mask.any(dim=1).view(-1, 1, 1), total, neutral)


def _log_pt_eta_phi(p: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    pt = torch.hypot(p[..., 1], p[..., 2]).clamp_min(1e-12)
    return _log(pt), torch.asinh(p[..., 3] / pt), torch.atan2(p[..., 2], p[..., 1])


def _log(x: Tensor) -> Tensor:
    return x.clamp_min(1e-12).log()
