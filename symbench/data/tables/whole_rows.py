"""What is checked of whole rows of a table: near copies of each other, and files in different units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from symbench.data.hashing import coarse_ids
from symbench.data.tables.tally import Tally

FloatArray = npt.NDArray[np.float64]

UNITS_APART = 30.0
"""Ratio of typical momenta above which two files are in different units."""

_TWINS = 0.1  # fraction of rows that nearly equal another one
_DIGITS = 17  # binary digits of the fraction that are compared, about five decimal ones
_LEADING = 4  # numbers of a row that are compared: of more, one is rounded differently too often
_SAMPLE = 100_000  # rows of a file whose size is compared
_MANY = 1_000_000  # rows, from which the number is estimated
_FEW = 10  # rows; the median of fewer says little


def check_twins(where: str, vectors: FloatArray, tally: Tally) -> None:
    """Count rows whose vectors (N, P, d) nearly equal those of another one; stop if they are many.

    Such rows are in the training events and in the test events, so that held-out events are known ones. Of more than
    a million rows the number is estimated, from the rows with every sixteenth hash.
    """
    if vectors.shape[1] * vectors.shape[2] < 2:  # single numbers coincide by chance
        return
    ids = coarse_ids(vectors.reshape(len(vectors), -1)[:, :_LEADING], _DIGITS)
    every = 1 if len(ids) < _MANY else 16
    ids = np.sort(ids if every == 1 else ids[ids % np.uint64(every) == 0])
    twins = every * int(np.count_nonzero(ids[1:] == ids[:-1]))
    tally.add(twins, "rows nearly equal another one (to five digits), kept" + (" (estimated)" if every > 1 else ""))
    if twins > _TWINS * len(vectors):
        tally.stop(
            "twins",
            f"{where}: the vectors of {twins:,} of {len(vectors):,} rows nearly equal those of another row (to five "
            "digits), so that training and test share events: set `event_id` to the columns that number the events",
        )


def check_files(where: str, names: Sequence[str], vectors: Sequence[FloatArray], tally: Tally) -> None:
    """Stop if the vectors of one file are much larger than those of another: they are in different units."""
    typical = {
        name: float(np.median(np.abs(own[:_SAMPLE]).max(axis=(1, 2))))
        for name, own in zip(names, vectors, strict=True)
        if len(own) >= _FEW
    }
    positive = {name: size for name, size in typical.items() if size > 0}
    if apart := in_units_apart(positive):
        low, high = apart
        tally.stop(
            "files",
            f"{where}: the largest component of a row is {positive[low]:.4g} in {low} and {positive[high]:.4g} in "
            f"{high} in the median: are they in one unit?",
        )


def in_units_apart(typical: Mapping[str, float]) -> tuple[str, str] | None:
    """The names of the smallest and the largest of the typical sizes of files, if these differ as units do."""
    if not typical:
        return None
    low, high = min(typical, key=typical.__getitem__), max(typical, key=typical.__getitem__)
    return (low, high) if typical[high] > UNITS_APART * typical[low] else None
