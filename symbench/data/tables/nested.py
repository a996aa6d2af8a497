"""Values within Arrow columns of objects: `mu.pt` of an object, or of each object in a list (awkward's records)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from symbench.data.tables.limits import require, written_name
from symbench.errors import DataError

if TYPE_CHECKING:
    Path = tuple[str, ...]

_DEPTH = 8  # of objects within objects
_MOST = 100_000  # names in one file


def places(path: str, schema: Any) -> dict[str, Path]:
    """The name of every column and of every value within objects, `mu.pt`, with the fields that lead to it."""
    found: dict[str, Path] = {}

    def enter(field: Any, above: Path) -> None:
        here = (*above, field.name)
        if len(found) >= _MOST:
            raise DataError(f"{path}: more than {_MOST:,} columns")
        found.setdefault(".".join(here), here)
        inner = _struct_in(field.type)
        if inner is not None and len(here) < _DEPTH:
            for number in range(inner.num_fields):
                enter(inner.field(number), here)

    for field in schema:
        enter(field, ())
    return found


def find(path: str, schema: Any, names: Sequence[str]) -> dict[str, Path]:
    """The places of these names; `mu_pt` also names `mu.pt`. Raises DataError for a name that is absent or repeated."""
    known = places(path, schema)
    written = {name: written_name(name, known) for name in names}
    require(path, [name for name in names if written[name] not in known], known)
    for name in names:
        times = schema.names.count(known[written[name]][0])
        if times > 1:
            raise DataError(f"{path}: column {known[written[name]][0]!r} appears {times} times")
    return {name: known[written[name]] for name in names}


def type_at(schema: Any, place: Path) -> Any:
    """The Arrow type of a column, in a list if a field above it is one."""
    import pyarrow as pa

    kind, lists = plain_type(schema.field(place[0]).type), 0
    for name in place[1:]:
        while is_list(kind):
            kind, lists = plain_type(kind.value_type), lists + 1
        kind = plain_type(kind.field(name).type)
    for _ in range(lists):
        kind = pa.list_(kind)
    return kind


def array_at(path: str, table: Any, place: Path) -> Any:
    """The column of a table or record batch, as one Arrow array; a list of objects becomes a list of their values."""
    import numpy as np
    import pyarrow as pa

    array = plain_array(_one(table.column(place[0])))
    for number, name in enumerate(place[1:], start=1):
        if is_list(array.type):
            values = plain_array(array.flatten())
            if is_list(values.type):
                raise DataError(f"{path}: column {'.'.join(place[:number])!r} holds lists of lists of objects")
            lengths = array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
            offsets = pa.array(np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64))
            absent = array.is_null() if array.null_count else None
            array = pa.LargeListArray.from_arrays(offsets, _value(values, name), mask=absent)
        else:
            array = _value(array, name)
    return array


def is_list(kind: Any) -> bool:
    """Whether the type is that of lists, of a varying or a fixed number of values."""
    import pyarrow as pa

    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def plain_type(kind: Any) -> Any:
    """The type in which an extension type is stored: awkward writes its arrays so."""
    import pyarrow as pa

    while isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    return kind


def plain_array(array: Any) -> Any:
    """The array in which one of an extension type is stored."""
    import pyarrow as pa

    while isinstance(array.type, pa.BaseExtensionType):
        array = array.storage
    return array


def _one(column: Any) -> Any:
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # without any chunk
        column = pa.array([], type=column.type)
    return column


def _value(array: Any, name: str) -> Any:
    """The values of a field of structs, missing where the struct is."""
    return plain_array(array.flatten()[array.type.get_field_index(name)])


def _struct_in(kind: Any) -> Any:
    import pyarrow as pa

    kind = plain_type(kind)
    if is_list(kind):
        kind = plain_type(kind.value_type)
    return kind if pa.types.is_struct(kind) else None
