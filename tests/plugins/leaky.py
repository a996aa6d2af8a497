"""A plug-in for the tests of secrecy: a method whose error carries the address of a store with its password.

The password stands here reversed, so that this file can travel without holding it.
"""

from __future__ import annotations

import os
from typing import ClassVar

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod, FunctionSample, Symmetry
from symbench.registry import discovery_method

PASSWORD = "drowssaPrevreSdetnalP"[::-1]


@discovery_method("leaky")
class Leaky(DiscoveryMethod):
    """Fails, and says in its error all that it knows."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "tells secrets"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})

    def fit(self, sample: FunctionSample, *, seed: int, budget: float, device: str = "cpu") -> Symmetry:
        known = "; ".join(f"{name}={value}" for name, value in os.environ.items() if name.startswith(("MLFLOW", "AWS")))
        raise ConnectionError(f"cannot reach postgresql://me:{PASSWORD}@db.example/runs ({known})")
