"""The autoencoder of `laligan`."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.parametrizations import orthogonal

_MOMENTUM = 0.1  # of the running mean


class Autoencoder(nn.Module):
    """Rows (N, w) to latent vectors (N, m) with running mean 0, and back."""

    mean: torch.Tensor

    def __init__(self, width: int, hidden: int, latent: int) -> None:
        super().__init__()
        last = orthogonal(nn.Linear(hidden, latent, bias=False))
        self.encoder = nn.Sequential(nn.Linear(width, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), last)
        self.decoder = nn.Sequential(
            nn.Linear(latent, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, width)
        )
        self.register_buffer("mean", torch.zeros(latent))

    def encode(self, rows: torch.Tensor) -> torch.Tensor:
        """Latent vectors, centred with the mean of the batch in training and with the running mean otherwise."""
        raw: torch.Tensor = self.encoder(rows)
        if self.training:
            centre = raw.mean(dim=0)
            self.mean.lerp_(centre.detach(), _MOMENTUM)
            return raw - centre
        return raw - self.mean

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Rows (N, w) of latent vectors (N, m)."""
        rows: torch.Tensor = self.decoder(z)
        return rows
