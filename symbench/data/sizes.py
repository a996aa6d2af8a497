"""How many events a task holds for each purpose (apart from `splits`, so that planning needs no numpy)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Events to train, to validate and to test with."""

    train: int
    validation: int
    test: int


MIN_VALIDATION = 50


def validation_size(sizes: Sizes, train_size: int) -> int:
    """How many events choose the epoch of a training on so many."""
    return min(sizes.validation, max(MIN_VALIDATION, train_size // 4))
