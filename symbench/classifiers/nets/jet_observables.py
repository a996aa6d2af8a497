"""High-level features of all jets of a batch: mass, N-subjettiness, energy correlators and shapes.

They are functions of transverse momenta, rapidities, azimuths and the jet's mass, and so invariant under rotations
about the beam and boosts along it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from symbench.classifiers.nets.features import filled, relative_to_jet, safe_sqrt, transverse, transverse_fractions
from symbench.classifiers.nets.rows import occupied
from symbench.classifiers.training.precision import in_full_precision

RADIUS = 0.8
PRONGS = 4
REFINEMENTS = 3
_SMALLEST = 1e-6


@in_full_precision
def jet_observables(four_momenta: Tensor, mask: Tensor) -> Tensor:
    """Features (B, 17) of jets, of order one, from four-momenta (B, P, 4) in GeV and mask (B, P).

    With zᵢ = pTᵢ/Σ pT, distances R in (y, φ), and logarithms of numbers not below 1e-6:
        log pT − 6, log m/GeV − 4, log m/pT + 2, log multiplicity − 3,
        log τ₁, …, log τ₄, each + 3, and τ₂/τ₁, τ₃/τ₂, τ₄/τ₃ (`subjettiness`),
        log e₂ + 3, log e₃ + 7, log C₂ + 3, D₂/10, at most 10 (`correlators`),
        girth Σ zᵢ ΔRᵢ · 5 and dispersion √Σ zᵢ² · 2.
    A jet without constituents has the transverse momentum 1 GeV.
    """
    four_momenta, mask = occupied(four_momenta, mask)
    _, jet = filled(four_momenta, mask)
    pt, squared, _, _ = (t.squeeze(1) for t in transverse(jet))
    mass = safe_sqrt(squared)
    _, d_y, d_phi, _ = relative_to_jet(four_momenta, mask)
    place, z = torch.stack([d_y, d_phi], dim=-1), transverse_fractions(four_momenta, mask)
    tau = subjettiness(place, z)
    e2, e3 = correlators(place, z)
    log_tau = _log(tau)
    ratio = tau[:, 1:] / tau[:, :-1].clamp_min(_SMALLEST)
    girth = (z * safe_sqrt(place.square().sum(dim=-1))).sum(dim=1)
    columns = [
        _log(pt) - 6,
        _log(mass) - 4,
        _log(mass / pt.clamp_min(_SMALLEST)) + 2,
        _log(mask.sum(dim=1).to(pt.dtype)) - 3,
        *(log_tau + 3).unbind(dim=1),
        *ratio.clamp_max(2).unbind(dim=1),
        _log(e2) + 3,
        _log(e3) + 7,
        _log(e3 / e2.clamp_min(_SMALLEST) ** 2) + 3,
        (e3 / e2.clamp_min(1e-3) ** 3 / 10).clamp_max(10),
        5 * girth,
        2 * safe_sqrt(z.square().sum(dim=1)),
    ]
    return torch.stack(columns, dim=-1)


OBSERVABLES = 17


def subjettiness(place: Tensor, z: Tensor) -> Tensor:
    """τ_N/R₀² for N = 1 to 4, (B, 4), of constituents at place (B, P, 2) with fractions z (B, P), zero in padding.

    τ_N = Σᵢ zᵢ min_a ΔR²(i, a) (arXiv:1011.2268 with β = 2, for which the best axes are means). The axes are
    approximate: the first is that of the jet, each further one starts at the constituent with the largest
    zᵢ min_a ΔR², and then all move three times to the mean of the constituents nearest to them.
    """
    batch = torch.arange(len(place), device=place.device)
    axes = torch.zeros_like(place[:, :1])
    tau = []
    for count in range(1, PRONGS + 1):
        if count > 1:
            furthest = (z * _squared(axes, place).amin(dim=1)).argmax(dim=1)
            axes = torch.cat([axes, place[batch, furthest].unsqueeze(1)], dim=1)
        for _ in range(REFINEMENTS if count > 1 else 1):
            squared = _squared(axes, place)
            weight = z.unsqueeze(1) * (squared == squared.amin(dim=1, keepdim=True))  # ties belong to both axes
            members = weight.sum(dim=2, keepdim=True)
            means = weight @ place / members.clamp_min(1e-12)
            axes = torch.where(members > 0, means, axes)
        tau.append((z * _squared(axes, place).amin(dim=1)).sum(dim=1))
    return torch.stack(tau, dim=1) / RADIUS**2


def correlators(place: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
    """e₂ = Σ_{i<j} zᵢ zⱼ Rᵢⱼ and e₃ = Σ_{i<j<k} zᵢ zⱼ zₖ Rᵢⱼ Rⱼₖ Rₖᵢ, each (B,); arXiv:1305.0007 with β = 1.

    C₂ = e₃/e₂² and D₂ = e₃/e₂³ (arXiv:1409.6298) follow from them. The sum over triples is a trace: e₃ = tr(A³)/6
    with Aᵢⱼ = zᵢ Rᵢⱼ.
    """
    weighted = z.unsqueeze(2) * safe_sqrt(_squared(place, place))
    e2 = (weighted @ z.unsqueeze(2)).sum(dim=(1, 2)) / 2
    e3 = ((weighted @ weighted) * weighted.transpose(1, 2)).sum(dim=(1, 2)) / 6
    return e2, e3


def _squared(a: Tensor, b: Tensor) -> Tensor:
    """Squared distances (B, P, Q), by differences: the expanded square would not vanish for equal places."""
    d_y, d_phi = (a[:, :, None, n] - b[:, None, :, n] for n in range(2))
    return d_y * d_y + d_phi * d_phi


def _log(x: Tensor) -> Tensor:
    return x.clamp_min(_SMALLEST).log()
