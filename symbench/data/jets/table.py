"""Jets from the user's files: flat tables, ROOT trees with lists of constituents, and NanoAOD.

A file holds one class, or the class of each jet in a column. Only the named columns are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from symbench import registry
from symbench.data.blocks import (
    BLOCK_BYTES,
    Append,
    Distinct,
    EventBlock,
    by_falling_pt,
    check_finite,
    collect,
    four_momenta,
    from_ragged,
)
from symbench.data.container import Dataset, Provenance, content_ids
from symbench.data.hashing import hash_ids
from symbench.data.jets.nanoaod import NanoRequest, read_nano
from symbench.data.jets.root import flat, open_tree, ragged
from symbench.data.tables.limits import require
from symbench.data.tables.table import MAXIMUM_ROWS, file_digest
from symbench.errors import DataError

READER = "1"  # raise it whenever the same files would give other arrays

Values = npt.NDArray[Any]


@dataclass(frozen=True)
class JetRequest:
    """Which columns of the files form the jets.

    format       of all files: the name of a registered reader, or `nanoaod`
    key          tree, group or table in them; None if each has only one
    components   four names: columns with `{i}` for the number of the constituent (from `first`), or lists or arrays
                 (n, P); or one array (n, P, 4)
    coordinates  the meaning of the four components
    label        column of the class; None if each file is of one class
    classes      values of the label for class 0, 1, …
    jets         number of jets, the first ones of each class in equal parts; None for all
    """

    format: str
    key: str | None
    components: tuple[str, ...]
    coordinates: Literal["e_px_py_pz", "px_py_pz_e", "pt_eta_phi_mass"]
    first: int
    constituents: int
    label: str | None
    classes: tuple[int, ...]
    jets: int | None
    nano: NanoRequest | None = None

    def recipe(self) -> dict[str, Any]:
        """The fields as JSON, for the identity of the data."""
        fields = asdict(self)
        if self.nano is not None:
            fields["nano"] = {name: (None if x == float("inf") else x) for name, x in fields["nano"].items()}
        return fields


def digests(files: Sequence[tuple[int | None, str]]) -> list[list[Any]]:
    """Class and SHA-256 of each file; raises DataError."""
    return [[number, file_digest(path)] for number, path in files]


@lru_cache(maxsize=2)
def read_all(files: tuple[tuple[int | None, str], ...], request: JetRequest, stamps: tuple[str, ...]) -> Dataset:
    """All jets of the files, in memory; cached for the same `stamps`. Raises DataError."""
    return collect(lambda append: read_jets(files, request, append))


def read_jets(files: Sequence[tuple[int | None, str]], request: JetRequest, append: Append) -> Provenance:
    """Append the jets of these files, (class, path) each; class None if a column states it. Raises DataError."""
    distinct = Distinct()
    classes = range(len(request.classes))
    have = dict.fromkeys(classes, 0)
    most = None if request.jets is None else request.jets // len(request.classes)
    for number, path in files:
        for block, values in _blocks(Path(path), request):
            label = np.full(len(block), number) if number is not None else _label(path, values, request)
            if request.nano is not None and number is not None:  # every simulated sample numbers its events from 1
                block = replace(block, event_id=hash_ids(block.event_id, number + 1))
            known = np.flatnonzero(label >= 0)
            rows = known[distinct.new(block.event_id[known])]
            if most is not None:
                rows = np.sort(np.concatenate([rows[label[rows] == c][: most - have[c]] for c in classes]))
            for c in classes:
                have[c] += int(np.count_nonzero(label[rows] == c))
            if len(rows):
                taken = block.take(rows)
                append(
                    EventBlock(taken.vectors, taken.mask, label[rows].astype(np.int64), taken.event_id, taken.features)
                )
            if most is not None and all(have[c] >= most for c in (classes if number is None else [number])):
                break
    if most is not None and any(have[c] < most for c in classes):
        raise DataError(f"{_named(files)}: {have} jets by class, `jets` needs {most:,} of each")
    if any(count == 0 for count in have.values()):
        raise DataError(f"{_named(files)}: {have} jets by class: a class has none")
    return Provenance(
        source=f"{_named(files)} ({request.format})",
        selection=(
            f"{sum(have.values()):,} jets, {' and '.join(f'{n:,}' for n in have.values())} by class, "
            f"{distinct.repeated:,} repeated ones dropped; the {request.constituents} leading constituents"
        ),
        licence="not stated",
        record="; ".join(f"sha256:{digest}" for _, digest in digests(files)),
        notes=(f"components: {', '.join(request.components) or 'NanoAOD'} ({request.coordinates})",),
    )


def _named(files: Sequence[tuple[int | None, str]]) -> str:
    names = [Path(path).name for _, path in files]
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _label(path: str, values: Values | None, request: JetRequest) -> npt.NDArray[np.int64]:
    """The class of each jet; −1 for a value that belongs to no class."""
    if values is None:
        raise DataError(f"{path}: set `label` to the column of the class, or name one file for each class")
    label = np.full(len(values), -1, dtype=np.int64)
    for number, value in enumerate(request.classes):
        label[values == value] = number
    return label


def _blocks(path: Path, request: JetRequest) -> Iterator[tuple[EventBlock, Values | None]]:
    if request.nano is not None:
        with open_tree(path, request.key or "Events") as tree:
            yield from read_nano(tree, request.nano)
    elif request.format == "root":
        yield from _root(path, request)
    else:
        yield from _flat(path, request)


def _root(path: Path, request: JetRequest) -> Iterator[tuple[EventBlock, Values | None]]:
    """Jets of a tree with an entry a jet and lists of constituents."""
    names = request.components
    with open_tree(path, request.key) as tree:
        for arrays in tree.blocks([*names, *([request.label] if request.label else [])]):
            counts, columns = ragged(path, {name: arrays[name] for name in names})
            vectors, mask = from_ragged(counts, _momenta([columns[n] for n in names], request), request.constituents)
            values = flat(path, request.label, arrays[request.label]) if request.label else None
            yield _block(path, vectors, mask, values)


def _flat(path: Path, request: JetRequest) -> Iterator[tuple[EventBlock, Values | None]]:
    """Jets of a table with a row a jet; every column is read once, as a whole."""
    names = _columns(path, request) if "{i}" in "".join(request.components) else request.components
    label = [request.label] if request.label else []
    reader = registry.find_reader(request.format)()
    columns = reader.read(str(path), [*dict.fromkeys([*names, *label])], request.key, MAXIMUM_ROWS)
    for name, column in columns.items():
        if column.dtype.kind not in "fiub":
            raise DataError(f"{path}: column {name!r} does not hold numbers but {column.dtype}")
    values = columns[request.label] if request.label else None
    parts = _parts(path, [columns[name] for name in names], len(request.components))
    rows = len(parts[0])
    step = max(1, BLOCK_BYTES // (32 * max(1, parts[0].shape[1])))
    for start in range(0, rows, step):
        stop = start + step
        some = [np.asarray(part[start:stop], dtype=np.float64) for part in parts]
        check_finite(str(path), dict(zip(request.components, some, strict=False)))
        momenta = np.stack(_momenta(some, request), axis=-1)
        vectors, mask, _ = by_falling_pt(momenta, momenta[..., 0] > 0)
        vectors = vectors * mask[..., None]
        vectors, mask = vectors[:, : request.constituents], mask[:, : request.constituents]
        missing = request.constituents - vectors.shape[1]
        vectors, mask = np.pad(vectors, ((0, 0), (0, missing), (0, 0))), np.pad(mask, ((0, 0), (0, missing)))
        yield _block(path, vectors, mask, None if values is None else values[start:stop])


def _columns(path: Path, request: JetRequest) -> list[str]:
    """The columns that match the patterns, constituent by constituent, up to the last one in the file."""
    header = set(registry.find_reader(request.format)().column_names(str(path), request.key))
    names: list[str] = []
    for number in range(request.first, request.first + 10_000):
        constituent = [re.sub(r"\{i\}", str(number), pattern) for pattern in request.components]
        if number > request.first and constituent[0] not in header:
            break
        require(str(path), constituent, header)
        names += constituent
    return names


def _parts(path: Path, columns: Sequence[Values], components: int) -> list[Values]:
    """The four components, (n, P) each, of columns, of arrays (n, P), or of one array (n, P, 4)."""
    if len({len(column) for column in columns}) > 1:
        raise DataError(f"{path}: columns of unequal length")
    if components == 1:
        (array,) = columns
        if array.ndim != 3 or array.shape[2] != 4:
            raise DataError(f"{path}: an array of shape {array.shape}, expected (n, P, 4)")
        return [array[..., k] for k in range(4)]
    if len(columns) > components or columns[0].ndim == 1:
        return [np.stack(columns[k::components], axis=1) for k in range(components)]
    if any(column.ndim != 2 or column.shape != columns[0].shape for column in columns):
        raise DataError(f"{path}: arrays of shapes {[column.shape for column in columns]}, expected (n, P) each")
    return list(columns)


def _momenta(parts: Sequence[Values], request: JetRequest) -> list[npt.NDArray[np.float64]]:
    """E, px, py, pz."""
    if request.coordinates == "pt_eta_phi_mass":
        pt = np.asarray(parts[0], dtype=np.float64)
        return [np.where(pt > 0, component, 0.0) for component in four_momenta(*parts)]
    numbers = [np.asarray(part, dtype=np.float64) for part in parts]
    return numbers if request.coordinates == "e_px_py_pz" else [numbers[3], *numbers[:3]]


def _block(path: Path, vectors: Any, mask: Any, values: Values | None) -> tuple[EventBlock, Values | None]:
    empty = ~mask.any(axis=1)
    if empty.any():
        raise DataError(f"{path}: {np.count_nonzero(empty):,} jets without a constituent of positive energy")
    zeros = np.zeros(len(vectors), dtype=np.int64)
    return EventBlock(vectors, mask, zeros, content_ids(vectors)), values
