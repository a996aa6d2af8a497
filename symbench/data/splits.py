"""The split into training, validation and test events, by a fixed hash of the event identity.

The test split is the same for every trial of a task, an event is in one split only, and for a given seed a larger
training set contains every smaller one. Seeds draw disjoint training and validation events as far as the pools suffice
(`draws`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.data.container import Dataset
from symbench.data.draws import drawn
from symbench.data.hashing import hash_ids
from symbench.data.sizes import Sizes
from symbench.errors import DataError

_SPLIT_SALT = 0x53594D42  # "SYMB": the split never depends on a trial's seed


@dataclass(frozen=True)
class Pool:
    """All events of a task, and the sizes of the parts of its split."""

    data: Dataset
    sizes: Sizes


@dataclass(frozen=True)
class Split:
    """The events of one trial."""

    train: Dataset
    validation: Dataset
    test: Dataset


def split(
    data: Dataset,
    sizes: Sizes,
    *,
    train_size: int,
    seed: int,
    validation_size: int | None = None,
) -> Split:
    """Draw the events of one trial.

    sizes must add up to the number of events. If the data have a split of their own (`part`), every event stays in its
    part, and sizes are at most those of the parts. `train_size` of the training events and `validation_size` of the
    validation events (all by default) are those of `draws.drawn`; all test events are taken.
    Raises DataError if there are too few events.
    """
    test, validation, train = _parts(data, sizes)
    events = _draw(data, sizes, (validation, train), train_size, seed, validation_size)
    return Split(*events, data.take(test))


def draw_without_test(
    data: Dataset, sizes: Sizes, *, train_size: int, seed: int, validation_size: int | None = None
) -> tuple[Dataset, Dataset]:
    """The training and validation events of `split`, without reading the vectors of test events."""
    _, validation, train = _parts(data, sizes)
    return _draw(data, sizes, (validation, train), train_size, seed, validation_size)


def _draw(
    data: Dataset,
    sizes: Sizes,
    parts: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]],
    train_size: int,
    seed: int,
    validation_size: int | None,
) -> tuple[Dataset, Dataset]:
    """Events to train and to validate with."""
    wanted = sizes.validation if validation_size is None else validation_size
    if train_size > sizes.train or wanted > sizes.validation:
        raise DataError(f"cannot draw {train_size} training and {wanted} validation events from {sizes}")
    validation, train = parts
    return (
        data.take(train[drawn(len(train), train_size, seed)]),
        data.take(validation[drawn(len(validation), wanted, seed)]),
    )


def _parts(data: Dataset, sizes: Sizes) -> tuple[npt.NDArray[np.intp], ...]:
    """Rows of the test, validation and training events."""
    order = np.argsort(hash_ids(data.event_id, _SPLIT_SALT), kind="stable")
    counts = (sizes.test, sizes.validation, sizes.train)
    if data.part is None:
        if sum(counts) != len(data):
            raise DataError(f"{sizes} does not add up to {len(data)} events")
        return tuple(np.split(order, [sizes.test, sizes.test + sizes.validation]))
    parts = [order[data.part[order] == number] for number in (2, 1, 0)]
    if any(len(rows) < count for rows, count in zip(parts, counts, strict=True)):
        available = Sizes(*(len(rows) for rows in parts[::-1]))
        raise DataError(f"{sizes} needs more than the source's own split has, {available}")
    return tuple(rows[:count] for rows, count in zip(parts, counts, strict=True))
