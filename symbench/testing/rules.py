"""A rule of the conformance checks: it holds, or a ConformanceError says what is wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from symbench.errors import ConformanceError


def require(holds: object, broken: str) -> None:
    """Raise ConformanceError with the text `broken` unless the rule holds."""
    if not holds:
        raise ConformanceError(broken)


@contextmanager
def global_generators_untouched(what: str) -> Iterator[None]:
    """Require that the block draws nothing from the global generators of Python, numpy and torch."""
    import numpy as np
    import torch

    def states() -> dict[str, object]:
        legacy = np.random.get_state()  # noqa: NPY002
        return {
            "Python's module random": random.getstate(),
            "numpy.random": repr(legacy) + str(hash(legacy[1].tobytes())),  # type: ignore[index]
            "torch": torch.random.get_rng_state().numpy().tobytes(),
        }

    before = states()
    yield
    for name, state in states().items():
        require(state == before[name], f"{what} drew from the global generator of {name}; use a generator of its own")
