"""Made-up jets for tests: two or three prongs of massless constituents, ragged, in milliseconds."""

from __future__ import annotations

import numpy as np
import torch

from symbench.data.container import Dataset, Provenance, content_ids
from symbench.data.splits import Split


def toy_jets(count: int, constituents: int = 12, seed: int = 0) -> Dataset:
    """Jets of about 500 GeV: background has two prongs, signal three that are wider apart."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, count)
    members = rng.integers(5, constituents + 1, count)
    vectors = np.zeros((count, constituents, 4))
    mask = np.arange(constituents) < members[:, None]
    for n in range(count):
        prongs = 2 + label[n]
        axis = np.array([rng.uniform(-1.5, 1.5), rng.uniform(-np.pi, np.pi)])
        centres = axis + rng.normal(0, 0.1 + 0.15 * label[n], (prongs, 2))
        eta, phi = (centres[rng.integers(0, prongs, members[n])] + rng.normal(0, 0.03, (members[n], 2))).T
        pt = np.sort(rng.dirichlet(np.ones(members[n])))[::-1] * 500 + 0.5
        p = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=1)
        vectors[n, : members[n], 1:] = p
        vectors[n, : members[n], 0] = np.linalg.norm(p, axis=1)
    provenance = Provenance("made for a test", "none", "none")
    return Dataset(vectors, mask, label, content_ids(vectors), provenance)


def toy_split(train: int = 96, validation: int = 48, test: int = 80) -> Split:
    return Split(toy_jets(train, seed=1), toy_jets(validation, seed=2), toy_jets(test, seed=3))


def tensors(data: Dataset) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.tensor(data.vectors), torch.tensor(data.mask)


def padded(p: torch.Tensor, mask: torch.Tensor, by: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The same jets with `by` more padded constituents."""
    return torch.nn.functional.pad(p, (0, 0, 0, by)), torch.nn.functional.pad(mask, (0, by))
