"""The transformations of events that can be tested: reflections, exchanges, and draws of the symmetry operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from symbench import registry
from symbench.errors import nearest
from symbench.metrics.operations.base import MatrixOperation
from symbench.which_is_real.events import EventVectors, chosen

if TYPE_CHECKING:
    import numpy as np

Transformation = Callable[[EventVectors, "np.random.Generator"], EventVectors]

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
"""Two vectors change places, the first two unless `exchange:I,J` states others.

With vectors ordered by charge, and not by momentum, it is charge conjugation; with those of e⁺, e⁻, μ⁺, μ⁻,
`exchange:1,3*exchange:2,4` exchanges the flavours.
"""

CONJUGATION = "charge_conjugation"
"""All measured charges change sign: jets need charges of their constituents."""

DEFAULTS = ("parity", "beam_flip", "beam_rotation", "swap_xz", "beam_boost:0.5")

_MOST_VECTORS = 1_000


def names() -> list[str]:
    """Every name that `transformation` knows; operations with a strength are followed by it."""
    return [
        EXCHANGE,
        f"{EXCHANGE}:I,J",
        CONJUGATION,
        *_SIGNS,
        *_PLACES,
        *(name + (":STRENGTH" if op.grid else "") for name, op in _operations().items()),
    ]


def transformation(text: str) -> Transformation:
    """The transformation of a text: `parity`, `beam_boost:0.5`, or a product such as `charge_conjugation*parity`.

    Operations with a strength have it after a colon, in the unit of their grid. Each event is moved by a product in
    one of its two orders, at random, so that a transformation and its inverse are equally likely. Raises ValueError
    with the nearest name; the transformation raises it for events that it cannot act on.
    """
    factors = [_factor(part.strip()) for part in text.split("*")]

    def move(events: EventVectors, rng: np.random.Generator) -> EventVectors:
        forward, backward = events, events
        for factor in factors:
            forward = factor(forward, rng)
        if len(factors) == 1:
            return forward
        for factor in reversed(factors):
            backward = factor(backward, rng)
        return chosen(rng.random(len(events)) < 0.5, forward, backward)

    return move


def by_matrix(matrix: Sequence[Sequence[float]]) -> Transformation:
    """Every vector by a matrix (d, d) or its inverse, with equal probability: an element of any finite group.

    Raises ValueError for a matrix without an inverse.
    """
    import numpy as np

    try:
        g = np.array(matrix, dtype=np.float64)
        inverse = np.linalg.inv(g)
    except (ValueError, np.linalg.LinAlgError):
        raise ValueError("the matrix of a transformation is square, and has an inverse") from None
    if not (np.isfinite(inverse).all() and np.linalg.cond(g) < 1e6):
        raise ValueError("the matrix of a transformation has an inverse that can be computed")

    def move(events: EventVectors, rng: np.random.Generator) -> EventVectors:
        if events.vectors.shape[2] != len(g):
            raise ValueError(f"a matrix of {len(g)} rows cannot act on vectors of {events.vectors.shape[2]} components")
        forward, backward = (events.moved(np.asarray(events.vectors @ one.T)) for one in (g, inverse))
        return chosen(rng.random(len(events)) < 0.5, forward, backward)

    return move


def _factor(text: str) -> Transformation:
    name, _, strength = text.partition(":")
    found = _operations().get(name)
    if found is not None:
        return _drawn(found, strength)
    if name == EXCHANGE:
        return _exchange(strength)
    if strength:
        raise ValueError(f"{name!r} has no strength; only operations such as beam_boost:0.5 have one")
    if name == CONJUGATION:
        return _conjugated
    if name in _SIGNS:
        signs = _SIGNS[name]
        return lambda events, rng: events.moved(_four_vectors(events) * signs)
    if name in _PLACES:
        places = list(_PLACES[name])
        return lambda events, rng: events.moved(_four_vectors(events)[..., places])
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
    return lambda events, rng: events.moved(
        transform(operation.matrices(settings, len(events), rng), _four_vectors(events))
    )


def _exchange(places: str) -> Transformation:
    """The exchange of two vectors, `I,J` counted from 1."""
    try:
        first, second = sorted(int(place) for place in places.split(",")) if places else (1, 2)
    except ValueError:
        raise ValueError(f"an exchange names two vectors, as in exchange:1,3, not {places!r}") from None
    if not 1 <= first < second <= _MOST_VECTORS:
        raise ValueError(f"an exchange names two different vectors, counted from 1, not {places!r}")

    def move(events: EventVectors, rng: np.random.Generator) -> EventVectors:
        count = events.vectors.shape[1]
        if count < second:
            raise ValueError(f"an exchange of vectors {first} and {second} needs events with more than {count}")
        order = list(range(count))
        order[first - 1], order[second - 1] = second - 1, first - 1
        charges = None if events.charges is None else events.charges[:, order]
        return EventVectors(events.vectors[:, order], charges)

    return move


def _conjugated(events: EventVectors, rng: np.random.Generator) -> EventVectors:
    if events.charges is None:
        raise ValueError(f"{CONJUGATION} needs the charges of the constituents, as jets with `identification` have")
    return replace(events, charges=-events.charges)


def _four_vectors(events: EventVectors) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    if events.vectors.shape[2] != 4:
        raise ValueError(f"vectors have {events.vectors.shape[2]} components; E, px, py, pz are needed")
    return events.vectors
