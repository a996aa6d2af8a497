"""Charge and kind of a particle as six numbers, the features that networks receive beside four-momenta."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

NAMES = ("charge", "charged_hadron", "neutral_hadron", "photon", "electron", "muon")
"""The columns, as in JetClass (arXiv:2202.03772, table 2)."""


def identify(pdg_id: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """The columns of `NAMES` for PDG ids of any shape, appended as the last axis; all 0 for the id 0.

    The ids are those of detector-stable particles and of the five kinds of a particle-flow algorithm. An id that is
    neither e±, μ± nor γ counts as a hadron, charged if it is π±, K±, p, or a charged Σ, Ξ or Ω.
    """
    ids = np.asarray(pdg_id).astype(np.int64)
    kind, sign = np.abs(ids), np.sign(ids)
    charged = np.isin(kind, (211, 321, 2212, 3222))
    negative = np.isin(kind, (3112, 3312, 3334))  # Σ−, Ξ−, Ω−: the particle has the negative charge
    electron, muon, photon = kind == 11, kind == 13, kind == 22
    neutral = (kind != 0) & ~(charged | negative | electron | muon | photon)
    charge = sign * (charged.astype(np.int64) - (negative | electron | muon))
    columns = (charge, charged | negative, neutral, photon, electron, muon)
    return np.stack([np.asarray(column, dtype=np.float32) for column in columns], axis=-1)
