"""The residuals that `hidden-symmetry` minimises: how far a transported field is from a property.

Every residual is dimensionless, 0 if the property holds, and not lowered by stretching z. Translation and modularity
compare the change of f′ across the points with f′ itself, in units of each coordinate's spread: with slopes as the
scale, a fast direction would hide a slow one. Equivariance compares its two terms, Hamiltonicity the slopes with those
of the original field.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from symbench.discovery.hidden_symmetry.flow import Transported

Residual = Callable[[Transported], torch.Tensor]
"""Squared residual of transported points, a scalar."""


def translation(axis: int) -> Residual:
    """∂f′/∂zₖ = 0: E‖A eₖ‖² / E‖f′‖², in units of each coordinate's spread over the points."""

    def residual(moved: Transported) -> torch.Tensor:
        slopes, size = _standardised(moved)
        return slopes[:, :, axis].square().sum(dim=1).mean() / size

    return residual


def equivariance(generator: torch.Tensor) -> Residual:
    """A K z = K f′ for K (D, D): E‖A K z − K f′‖² / (E‖A K z‖² + E‖K f′‖²), at most 2."""

    def residual(moved: Transported) -> torch.Tensor:
        turned, field = moved.z @ generator.T, moved.f @ generator.T
        carried = torch.einsum("njk,nk->nj", moved.a, turned)
        size = carried.square().sum(dim=1).mean() + field.square().sum(dim=1).mean()
        return (carried - field).square().sum(dim=1).mean() / size

    return residual


def hamiltonicity(rate: float) -> Residual:
    """AᵀΩ + ΩA = 0, z = (q, p): E‖AᵀΩ + ΩA‖² / 4 rate².

    Coordinates are not standardised: only a common factor for all of them preserves the property.
    """

    def residual(moved: Transported) -> torch.Tensor:
        lowered = symplectic(moved.z) @ moved.a
        return (lowered - lowered.transpose(1, 2)).square().sum(dim=(1, 2)).mean() / (4 * rate**2)

    return residual


def modularity(module: torch.Tensor) -> Residual:
    """The coordinates of `module` (D,), a mask, and the others do not influence each other: these blocks of A vanish.

    E‖those blocks‖² / E‖f′‖², in units of each coordinate's spread over the points.
    """
    across = module[:, None] != module[None, :]

    def residual(moved: Transported) -> torch.Tensor:
        slopes, size = _standardised(moved)
        return (slopes * across).square().sum(dim=(1, 2)).mean() / size

    return residual


def invariance(
    z: torch.Tensor, jacobian: torch.Tensor, gradient: torch.Tensor, generator: torch.Tensor
) -> torch.Tensor:
    """∇h · K z = 0 for a label h = f∘T⁻¹: E[(∇h·Kz)²] / E[‖∇h‖²‖Kz‖²] in [0, 1].

    z (N, P, D), its transposed Jacobian (N, P, D, D), and the label's gradient in x (N, P, D).
    """
    h, turned = torch.linalg.solve(jacobian, gradient[..., None])[..., 0], z @ generator.T
    change = (h * turned).sum(dim=(1, 2)).square().mean()
    size: torch.Tensor = (h.square().sum(dim=(1, 2)) * turned.square().sum(dim=(1, 2))).mean()
    return torch.as_tensor(change / size)


def plain_rate(moved: Transported) -> float:
    """√E‖A‖² of a field in its own coordinates, the scale of Hamiltonicity."""
    return float(moved.a.square().sum(dim=(1, 2)).mean().sqrt())


def symplectic(like: torch.Tensor) -> torch.Tensor:
    """Ω (D, D) of ż = Ω ∇H, z = (q, p), with the dtype, device and D of a tensor (…, D)."""
    d = like.shape[-1]
    half = torch.eye(d // 2, dtype=like.dtype, device=like.device)
    zero = torch.zeros_like(half)
    return torch.cat([torch.cat([zero, half], dim=1), torch.cat([-half, zero], dim=1)])


def excess_condition(jacobian: torch.Tensor, limit: float) -> torch.Tensor:
    """E[max(0, ln κ / limit)²] with κ = ‖J‖‖J⁻¹‖/D of Jacobians (M, D, D): 0 within the limit, unbounded at a fold."""
    d = jacobian.shape[-1]
    kappa = torch.linalg.matrix_norm(jacobian) * torch.linalg.matrix_norm(torch.linalg.inv(jacobian)) / d
    return torch.relu(torch.log(kappa / limit)).square().mean()


def _standardised(moved: Transported) -> tuple[torch.Tensor, torch.Tensor]:
    """A, and E‖f′‖², with every coordinate in units of its spread over the points."""
    spread = moved.z.std(dim=0)
    slopes = moved.a * spread[None, None, :] / spread[None, :, None]
    return slopes, (moved.f / spread).square().sum(dim=1).mean()
