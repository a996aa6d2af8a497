"""The components of constituents: numbered columns, lists, or arrays of a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.data.jets.request import JetRequest
from symbench.data.tables.base import Lists
from symbench.data.tables.columns import ColumnSource, list_numbers, numbers
from symbench.data.tables.grammar import COMPONENTS
from symbench.data.tables.limits import require
from symbench.data.tables.tally import Tally
from symbench.errors import DataError

Values = npt.NDArray[Any]


def numbered_columns(path: str, request: JetRequest, source: ColumnSource) -> list[str]:
    """The columns that match the patterns, constituent by constituent, up to the last one in the file."""
    header = set(source.reader().column_names(path, request.key))
    header -= {*request.labels(), *request.event_id, request.split or ""}
    numbered = [[_name(pattern, i) for pattern in request.components] for i in range(len(header) + request.first + 1)]
    present = [i for i, constituent in enumerate(numbered) if header.intersection(constituent)]
    if not present:
        require(path, numbered[request.first], header)
    last = present[-1]
    if present[0] != request.first and (present[0] < request.first or request.first not in present):
        raise DataError(
            f"{path}: constituents are numbered from {present[0]}, as in {numbered[present[0]][0]!r}: "
            f"set `first: {present[0]}`"
        )
    names: list[str] = []
    for constituent in numbered[request.first : last + 1]:
        lacking = [name for name in constituent if name not in header]
        if lacking:
            there = [name for name in constituent if name in header]
            raise DataError(
                f"{path}: {', '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} missing while "
                f"{', '.join([*there, '…', numbered[last][-1]])} are there"
            )
        names += constituent
    return names


PATTERN = re.compile(r"\{(\d*)i(\+\d+)?\}")


def _name(pattern: str, i: int) -> str:
    """The column of the i-th constituent: `{i}`, or `{3i+1}` for columns in groups of three."""
    return PATTERN.sub(lambda m: str(int(m[1] or 1) * i + int(m[2] or 0)), pattern)


def components_of(
    path: str, names: Sequence[str], columns: dict[str, Any], request: JetRequest
) -> tuple[npt.NDArray[np.int64], list[Values]]:
    """Lengths (n,) of the jets with padding, and the components of all constituents one after another."""
    needed = COMPONENTS[request.coordinates]
    parts = [columns[name] for name in names]
    if all(isinstance(part, Lists) for part in parts):
        return _lists(path, names, parts, request)
    arrays = [numbers(path, name, part) for name, part in zip(names, parts, strict=True)]
    if len(arrays) == 1:
        (array,) = arrays
        if array.ndim == 2 and array.shape[1] % needed == 0 and array.shape[1] > needed:
            array = array.reshape(len(array), -1, needed)
        if array.ndim != 3 or array.shape[2] != needed:
            hint = ""
            axis = next((a for a in (2, 1) if array.ndim == 3 and array.shape[a] >= needed), None)
            if array.ndim == 3 and array.shape[1] == needed:
                axis = 1
            if axis is not None:
                chosen = ", ".join(f"{names[0]}[{k}{',:' if axis == 1 else ''}]" for k in range(needed))
                hint = f": choose the components by number, as in `components: [{chosen}]`"
            raise DataError(f"{path}: an array of shape {array.shape}, expected (n, P, {needed}){hint}")
        arrays = [array[..., k] for k in range(needed)]
    elif arrays[0].ndim == 1:
        arrays = [np.stack(arrays[k::needed], axis=1) for k in range(needed)]
    if any(array.ndim != 2 or array.shape != arrays[0].shape for array in arrays):
        raise DataError(f"{path}: arrays of shapes {[array.shape for array in arrays]}, expected (n, P) each")
    counts = np.full(len(arrays[0]), arrays[0].shape[1], dtype=np.int64)
    return counts, [array.reshape(-1) for array in arrays]


def weighted(
    path: str,
    name: str,
    column: Any,
    counts: npt.NDArray[np.int64],
    parts: Sequence[Values],
    coordinates: str,
    tally: Tally,
) -> list[Values]:
    """The components of all constituents with momenta, energies and masses times the weight, angles as they are.

    Raises DataError for weights that are negative, not finite, or not one for each constituent. Those of weight 0
    become padding, and are counted.
    """
    weight = list_numbers(path, name, column) if isinstance(column, Lists) else numbers(path, name, column)
    weight = weight.astype(np.float64)
    own = column.counts if isinstance(column, Lists) else np.full(len(weight), weight[0].size if len(weight) else 0)
    if not np.array_equal(own, counts):
        raise DataError(f"{path}: {name!r} has not one weight for each constituent")
    flat = weight.reshape(-1)
    if not (np.isfinite(flat) & (flat >= 0)).all():
        raise DataError(f"{path}: weights {name!r} are negative or not finite in {int((~(flat >= 0)).sum()):,} places")
    real = np.any([part != 0 for part in parts], axis=0)
    tally.add(int((real & (flat == 0)).sum()), f"constituents of weight 0 ({name}) left out")
    scaled = [word not in ("eta", "y", "phi") for word in coordinates.split("_")]
    return [
        part.astype(np.float64) * flat if scales else np.where(flat == 0, 0.0, part)
        for part, scales in zip(parts, scaled, strict=True)
    ]


def _lists(path: str, names: Sequence[str], parts: Sequence[Lists], request: JetRequest) -> tuple[Values, list[Values]]:
    """A list for each component, or one of rows of all components."""
    needed = COMPONENTS[request.coordinates]
    counts = parts[0].counts
    values = [list_numbers(path, name, part) for name, part in zip(names, parts, strict=True)]
    if len(values) == 1 and values[0].ndim == 2 and values[0].shape[1] == needed:
        return counts, list(values[0].T)
    if len(parts) != needed or any(part.ndim != 1 for part in values):
        shapes = ", ".join(f"{name!r} ({'varying' if v.ndim == 1 else f'varying, {v.shape[1]}'})"
                           for name, v in zip(names, values, strict=True))  # fmt: skip
        raise DataError(f"{path}: lists {shapes}, expected {needed} components")
    for name, part in zip(names[1:], parts[1:], strict=True):
        if not np.array_equal(part.counts, counts):
            row = int(np.flatnonzero(part.counts != counts)[0])
            raise DataError(
                f"{path}: {names[0]!r} and {name!r} have {counts[row]} and {part.counts[row]} values in the same entry"
            )
    return counts, values
