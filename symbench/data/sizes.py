"""How many events a task holds for each purpose (apart from `splits`, so that planning needs no numpy)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Events to train, to validate and to test with."""

    train: int
    validation: int
    test: int
