"""A fixed hash of event identities, on which splits and draws rest."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def hash_ids(event_id: npt.NDArray[np.uint64], salt: int) -> npt.NDArray[np.uint64]:
    """A well-mixed 64-bit hash of each identity (splitmix64's finaliser); the same on every platform."""
    with np.errstate(over="ignore"):
        x = event_id.astype(np.uint64) + np.uint64(salt) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
