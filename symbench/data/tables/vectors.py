"""The vectors and the label of each row of a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from symbench.data.tables.base import Lists
from symbench.data.tables.classes import one_label
from symbench.data.tables.columns import list_numbers, missing, numbers
from symbench.data.tables.coordinates import azimuth_at, cartesian, looks_like_angles, swapped, unit_in_gev
from symbench.data.tables.grammar import COMPONENTS
from symbench.data.tables.placeholders import stand_in
from symbench.data.tables.tally import Tally
from symbench.errors import DataError

if TYPE_CHECKING:
    from symbench.data.tables.base import Columns
    from symbench.data.tables.grammar import Derived
    from symbench.data.tables.request import TableRequest

FloatArray = npt.NDArray[np.float64]

_CHUNK = 2**14  # rows that are put together at a time, in the processor's cache


def vectors_of(
    path: str, columns: Columns, request: TableRequest, tally: Tally
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """The vectors (n, P, d) of the rows that have them, and which rows (N,) do. Raises DataError."""
    rows = len(next(iter(columns.values())))
    used: npt.NDArray[np.bool_] = np.ones(rows, dtype=np.bool_)
    entries: list[list[list[FloatArray]]] = []  # of each entry, its vectors, of which each has d components (N,)
    for entry in request.vectors:
        names = (entry,) if isinstance(entry, str) else entry
        if any(isinstance(columns[name], Lists) for name in names):
            objects, enough = _leading(path, columns, names, request, tally)
            used &= enough
            entries.append([list(objects[:, number].T) for number in range(objects.shape[1])])
        else:
            entries.append([_row_vector(path, columns, entry, request, tally)])
    of_row = [vector for entry in entries for vector in entry]
    if len({len(vector) for vector in of_row}) > 1:
        raise DataError(f"{path}: vectors of different dimensions, {[len(vector) for vector in of_row]}")
    what = (
        "rows without an object of each charge" if request.charge else f"rows with fewer than {request.objects} objects"
    )
    tally.add(int((~used).sum()), f"{what} left out")
    if not used.any():
        raise DataError(f"{path}: no row is left: {'; '.join(tally.sentences())}")
    vectors = np.empty((rows, len(of_row), len(of_row[0])))
    for start in range(0, rows, _CHUNK):
        chunk = slice(start, start + _CHUNK)
        for number, vector in enumerate(of_row):
            for component, values in enumerate(vector):
                vectors[chunk, number, component] = values[chunk]
    return vectors if used.all() else vectors[used], used


def label_column(path: str, columns: Columns, request: TableRequest, tally: Tally) -> npt.NDArray[Any] | None:
    """The values of the label column, one a row, numbers unless it is a class; None without such a column."""
    if not request.labels():
        return None
    names = ", ".join(request.labels())
    column = one_label(path, request.labels(), [columns[name] for name in request.labels()])
    _require_present(path, names, column)
    if request.label_type == "class":
        return column
    label = numbers(path, names, column).astype(np.float64, copy=False)
    _refuse_stand_in(path, (names,), (label,), tally)
    return label


def weight_column(path: str, columns: Columns, request: TableRequest, tally: Tally) -> npt.NDArray[np.float64] | None:
    """The weight of each row, finite; None without one."""
    if request.weight is None:
        return None
    weight = numbers(path, request.weight, columns[request.weight])
    if weight.ndim == 2 and weight.shape[1] == 1:
        weight = weight[:, 0]
    if weight.ndim != 1:
        raise DataError(f"{path}: weight {request.weight!r} has shape {weight.shape}, expected one number a row")
    _require_present(path, request.weight, weight)
    _refuse_stand_in(path, (request.weight,), (weight,), tally)
    return weight.astype(np.float64)


def label_of(
    where: str, column: npt.NDArray[Any] | None, vectors: FloatArray, request: TableRequest
) -> tuple[npt.NDArray[Any], str]:
    """The label of each row, and the words of its classes if it had words; zeros if there is no label."""
    if request.derived is not None:
        return derived_label(where, vectors, request.derived), ""
    if column is None:
        return np.zeros(len(vectors), dtype=np.int64), ""
    if request.label_type == "number":
        return column, ""
    names = ", ".join(request.labels())
    plain = np.ma.getdata(column)
    if plain.dtype.kind == "U":
        words, label = np.unique(plain, return_inverse=True)
        if len(words) > 1000:
            raise DataError(f"{where}: column {names!r} holds {len(words):,} different words")
        return label.astype(np.int64), ", ".join(f"{number} {word}" for number, word in enumerate(words[:20]))
    classes = plain.astype(np.int64)
    if (classes != plain).any():
        row = int(np.flatnonzero(classes != plain)[0])
        raise DataError(
            f"{where}: column {names!r} should hold classes, but row {row + 1} holds {plain[row]}: "
            "write classes as integers or words, or set `label_type: number`"
        )
    return classes, ""


def _row_vector(
    path: str, columns: Columns, entry: str | tuple[str, ...], request: TableRequest, tally: Tally
) -> list[FloatArray]:
    """The d components (N,) of one vector, from columns (N,) or from one array (N, d)."""
    if isinstance(entry, str):
        array = numbers(path, entry, columns[entry])
        if array.ndim != 2:
            raise DataError(
                f"{path}: {entry!r} has shape {array.shape}; a vector given by one name must be an array (N, d): "
                "otherwise list its columns, as in [[E, px, py, pz]]"
            )
        _require_present(path, entry, columns[entry])
        names: tuple[str, ...] = tuple(f"{entry}[{k}]" for k in range(array.shape[1]))
        parts = [array[:, k].astype(np.float64, copy=False) for k in range(array.shape[1])]
    else:
        names = entry
        for name in names:
            _require_present(path, name, columns[name])
        arrays = [numbers(path, name, columns[name]) for name in names]
        for name, array in zip(names, arrays, strict=True):
            if array.ndim != 1:
                raise DataError(f"{path}: column {name!r} has shape {array.shape}, expected one number a row")
        parts = [array.astype(np.float64, copy=False) for array in arrays]
    _refuse_stand_in(path, names, parts, tally)
    return _converted(path, names, parts, request, tally)


def rows_with_values(path: str, columns: Columns, request: TableRequest, tally: Tally) -> npt.NDArray[np.bool_]:
    """Rows (N,) in which no vector, label or weight is a number such as −999 that stands for a missing one; counted."""
    groups = [entry if isinstance(entry, tuple) else (entry,) for entry in request.vectors]
    groups += [(name,) for name in request.labels() if request.label_type == "number"]
    groups += [(name,) for name in request.weights()]
    kept: npt.NDArray[np.bool_] = np.ones(len(next(iter(columns.values()))), dtype=np.bool_)
    for names in groups:
        arrays = _components(columns, names)
        found = None if arrays is None else stand_in(arrays)
        if found is not None:
            tally.add(int((kept & found[1]).sum()), f"rows with {found[0]:g} for {', '.join(names)} left out")
            kept &= ~found[1]
    return kept


def _components(columns: Columns, names: Sequence[str]) -> list[npt.NDArray[Any]] | None:
    """Columns of one number a row, or those of an array (N, d); None for lists and text."""
    arrays = [columns[name] for name in names]
    if any(isinstance(array, Lists) or array.dtype.kind not in "fiu" for array in arrays):
        return None
    plain = [np.ma.getdata(array) for array in arrays if not isinstance(array, Lists)]
    if len(plain) == 1 and plain[0].ndim == 2:
        return list(plain[0].T)
    return plain if all(array.ndim == 1 for array in plain) else None


def _refuse_stand_in(path: str, names: Sequence[str], parts: Sequence[npt.NDArray[Any]], tally: Tally) -> None:
    found = stand_in(parts)
    if found is not None:
        rows = np.flatnonzero(found[1])
        tally.stop(
            "stand-in",
            f"{path}: {', '.join(names)} hold {found[0]:g} in {len(rows):,} rows, first in row {rows[0] + 1}, which "
            "usually stands for a missing value: `drop_missing: true` leaves them out",
        )


def _leading(
    path: str, columns: Columns, names: Sequence[str], request: TableRequest, tally: Tally
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """The leading objects (N, objects, d) of lists, by falling transverse momentum, and the rows that have enough."""
    if request.objects is None and request.charge is None:
        raise DataError(
            f"{path}: column {names[0]!r} has a varying number of values a row: set `objects` to the number of leading "
            "ones to take, or `charge` to the column of their charges"
        )
    lists = [columns[name] for name in [*names, *([request.charge] if request.charge else [])]]
    first = lists[0]
    for name, column in zip([*names, request.charge], lists, strict=False):
        same = isinstance(first, Lists) and isinstance(column, Lists) and np.array_equal(column.counts, first.counts)
        if not same:
            single = next(
                (n for n, c in zip([*names, request.charge], lists, strict=False) if not isinstance(c, Lists)), None
            )
            if single is not None:
                raise DataError(f"{path}: {single!r} has one value a row, the other components of the vector are lists")
            raise DataError(f"{path}: {names[0]!r} and {name!r} are no lists of the same lengths")
    flat = [
        list_numbers(path, name, column)
        for name, column in zip(names, lists, strict=False)
        if isinstance(column, Lists)
    ]
    for name, values in zip(names, flat, strict=True):
        if not np.isfinite(values).all():
            raise DataError(f"{path}: column {name!r} is not finite in {int((~np.isfinite(values)).sum()):,} values")
    assert isinstance(first, Lists)
    momenta = _converted(path, names, [values.astype(np.float64) for values in flat], request, tally)
    row = np.repeat(np.arange(len(first)), first.counts)
    at = 0 if len(momenta) == 2 else 1
    order = np.lexsort((-np.hypot(momenta[at], momenta[at + 1]), row))
    if request.charge is not None:
        charged = lists[-1]
        assert isinstance(charged, Lists)
        sign = np.sign(charged.values)[order]
        taken = [order[sign == wanted] for wanted in (1, -1)]
        taken = [rows[np.unique(row[rows], return_index=True)[1]] for rows in taken]
    else:
        rank = np.arange(len(row)) - np.repeat(np.cumsum(first.counts) - first.counts, first.counts)
        taken = [order[rank == number] for number in range(request.objects or 0)]
    vectors = np.zeros((len(first), len(taken), len(momenta)))
    enough = np.ones(len(first), dtype=np.bool_)
    for number, rows in enumerate(taken):
        vectors[row[rows], number] = np.stack([momentum[rows] for momentum in momenta], axis=1)
        enough &= np.isin(np.arange(len(first)), row[rows])
    return vectors, enough


def _converted(
    path: str, names: Sequence[str], parts: Sequence[FloatArray], request: TableRequest, tally: Tally
) -> list[FloatArray]:
    coordinates = request.coordinates
    if coordinates is None:
        reason = looks_like_angles(names, parts)
        if reason is not None:
            raise DataError(
                f"{path}: {', '.join(names)} look like a momentum in polar coordinates ({reason}), which is no linear "
                "vector: set `coordinates`, for example to pt_phi or pt_eta_phi_mass, or to cartesian if they are one"
            )
        coordinates = "cartesian"
    elif coordinates != "cartesian" and COMPONENTS[coordinates] != len(parts):
        raise DataError(f"{path}: {coordinates} has {COMPONENTS[coordinates]} components, not {', '.join(names)}")
    at = azimuth_at(coordinates)
    if at is not None and len(parts[at]) and np.mean(np.abs(parts[at]) > 2 * np.pi + 1e-2) > 0.1:
        tally.stop("angle", f"{path}: the azimuth {names[at]!r} is beyond 2π: it must be in radian")
    if swapped(coordinates, parts):
        tally.stop("angle", f"{path}: {names[1]!r} fills the interval of an azimuth and {names[2]!r} does not: the "
                            f"order is that of {coordinates}")  # fmt: skip
    converted = cartesian(coordinates, parts, unit_in_gev(request.unit), request.mass)
    if not all(np.isfinite(part).all() for part in converted):
        bad = np.flatnonzero(~np.all([np.isfinite(part) for part in converted], axis=0))
        stated = ", ".join(f"{name} = {part[bad[0]]:g}" for name, part in zip(names, parts, strict=True))
        raise DataError(f"{path}: row {bad[0] + 1} has no finite vector: {stated}")
    _check_energy(path, names, coordinates, converted, tally)
    return converted


def _check_energy(path: str, names: Sequence[str], coordinates: str, parts: Sequence[FloatArray], tally: Tally) -> None:
    """Stop if most vectors that are four-momenta, by their coordinates or names, are spacelike."""
    if len(parts) != 4 or not len(parts[0]):
        return
    energy = 0
    if coordinates == "cartesian":
        is_momentum = [re.search(r"p_?[xyz]", name.lower()) is not None for name in names]
        if sum(is_momentum) != 3:
            return
        energy = is_momentum.index(False)
    squared = sum(part**2 for i, part in enumerate(parts) if i != energy)
    below = parts[energy] < np.sqrt(squared) * (1 - 2e-3)
    count = int(np.count_nonzero(below))
    if count > 0.5 * len(below):
        share = count / len(below)
        tally.stop(
            "energy", f"{path}: E < |p| for {share:.0%} of the vectors {', '.join(names)}: are they in this order?"
        )
    tally.add(count, f"vectors {', '.join(names)} with E < |p|, kept")


def derived_label(where: str, vectors: npt.NDArray[Any], derived: Derived) -> FloatArray:
    """A label (N,) of the sum of all vectors (N, P, d); raises DataError for vectors that have none."""
    dimension = vectors.shape[2]
    total = vectors.sum(axis=1)
    at = 0 if dimension == 2 else 1
    if dimension not in (2, 4) or (dimension == 2 and derived in ("mass", "mass_squared")):
        raise DataError(f"{where}: {derived} cannot be computed from vectors of {dimension} components")
    if derived == "pt":
        return np.asarray(np.hypot(total[:, at], total[:, at + 1]))
    if derived == "transverse_mass":
        transverse = np.hypot(vectors[..., at], vectors[..., at + 1])
        if dimension == 4:
            squared = vectors[..., 0] ** 2 - vectors[..., 3] ** 2
            transverse = np.sqrt(np.maximum(squared, transverse**2))
        return np.asarray(
            np.sqrt(np.maximum(transverse.sum(axis=1) ** 2 - total[:, at] ** 2 - total[:, at + 1] ** 2, 0.0))
        )
    squared = total[:, 0] ** 2 - (total[:, 1:] ** 2).sum(axis=1)
    return np.asarray(squared if derived == "mass_squared" else np.sqrt(np.maximum(squared, 0.0)))


def _require_present(path: str, name: str, column: Any) -> None:
    bad = np.flatnonzero(missing(column))
    if len(bad):
        count = "1 row" if len(bad) == 1 else f"{len(bad):,} rows"
        raise DataError(
            f"{path}: column {name!r} is missing or not finite in {count}, first in row {bad[0] + 1}; "
            "`drop_missing: true` leaves them out"
        )
