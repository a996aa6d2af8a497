"""Numbers of training, validation and test events (not in `splits`, so that `symbench plan` needs no numpy)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Numbers of events to train, to validate and to test with."""

    train: int
    validation: int
    test: int


MIN_VALIDATION = 50


def validation_size(sizes: Sizes, train_size: int) -> int:
    """The number of validation events, which choose the epoch, for this number of training events."""
    return min(sizes.validation, max(MIN_VALIDATION, train_size // 4))
