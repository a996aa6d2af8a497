"""The transformations of events that can be tested: reflections, exchanges, and draws of the symmetry operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from symbench import registry
from symbench.errors import nearest
from symbench.metrics.operations.base import MatrixOperation

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Transformation = Callable[[Floats, np.random.Generator], Floats]

# signs and places of (E, px, py, pz)
_SIGNS: Mapping[str, tuple[int, ...]] = {
    "parity": (1, -1, -1, -1),
    "reflection_x": (1, -1, 1, 1),
    "reflection_y": (1, 1, -1, 1),
    "reflection_z": (1, 1, 1, -1),
    "beam_flip": (1, 1, -1, -1),  # a half turn about x exchanges the beams
}
_PLACES: Mapping[str, tuple[int, ...]] = {"swap_xy": (0, 2, 1, 3), "swap_xz": (0, 3, 2, 1), "swap_yz": (0, 1, 3, 2)}

EXCHANGE = "exchange"
"""The first two vectors change places: charge conjugation if they are ordered by charge, and not by momentum."""

DEFAULTS = ("parity", "beam_flip", "beam_rotation", "swap_xz", "beam_boost:0.5")


def names() -> list[str]:
    """Every name that `transformation` knows; operations with a strength are followed by it."""
    return [
        EXCHANGE,
        *_SIGNS,
        *_PLACES,
        *(name + (":STRENGTH" if op.grid else "") for name, op in _operations().items()),
    ]


def transformation(text: str) -> Transformation:
    """Vectors (N, P, 4) → (N, P, 4) of a text: `parity`, `beam_boost:0.5`, or a product such as `exchange*parity`.

    Operations with a strength have it after a colon, in the unit of their grid. Each event is moved by a product in
    one of its two orders, at random, so that a transformation and its inverse are equally likely. Raises ValueError
    with the nearest name.
    """
    import numpy as np

    factors = [_factor(part.strip()) for part in text.split("*")]

    def move(vectors: Floats, rng: np.random.Generator) -> Floats:
        forward, backward = vectors, vectors
        for factor in factors:
            forward = factor(forward, rng)
        if len(factors) == 1:
            return forward
        for factor in reversed(factors):
            backward = factor(backward, rng)
        return np.asarray(np.where(rng.random(len(vectors))[:, None, None] < 0.5, forward, backward))

    return move


def _factor(text: str) -> Transformation:
    import numpy as np

    name, _, strength = text.partition(":")
    found = _operations().get(name)
    if found is not None:
        return _drawn(found, strength)
    if strength:
        raise ValueError(f"{name!r} has no strength; only operations such as beam_boost:0.5 have one")
    if name == EXCHANGE:
        return _exchanged
    if name in _SIGNS:
        signs = np.array(_SIGNS[name], dtype=np.float64)
        return lambda vectors, rng: np.asarray(vectors * signs)
    if name in _PLACES:
        places = list(_PLACES[name])
        return lambda vectors, rng: np.asarray(vectors[..., places])
    known = [each.partition(":")[0] for each in names()]
    raise ValueError(f"unknown transformation {name!r}; {nearest(name, known)}")


def _operations() -> dict[str, MatrixOperation]:
    """The symmetry operations that act on every four-vector by a matrix, without further settings."""
    return {
        operation.name: operation
        for operation in registry.operations()
        if isinstance(operation, MatrixOperation) and not operation.needs_generators
    }


def _drawn(operation: MatrixOperation, strength: str) -> Transformation:
    from symbench.metrics.operations.moved import transform

    stated: dict[str, float] = {}
    if strength:
        if operation.grid is None:
            raise ValueError(f"{operation.name!r} has no strength")
        try:
            stated[operation.grid.singular] = float(strength)
        except ValueError:
            raise ValueError(f"the strength of {operation.name} is a number, not {strength!r}") from None
    settings = operation.settings(stated)
    return lambda vectors, rng: transform(operation.matrices(settings, len(vectors), rng), vectors)


def _exchanged(vectors: Floats, rng: np.random.Generator) -> Floats:
    if vectors.shape[1] < 2:
        raise ValueError("an exchange needs events of two vectors or more")
    return vectors[:, [1, 0, *range(2, vectors.shape[1])]]
