"""Arrow's own file format, also called Feather (version 2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from symbench import registry
from symbench.data.tables.base import TableReader
from symbench.data.tables.limits import first_line, limit_rows, refuse_key
from symbench.errors import DataError

if TYPE_CHECKING:
    from symbench.data.tables.base import Columns


@registry.reader("feather", suffixes=(".feather", ".arrow", ".ipc"))
class FeatherReader(TableReader):
    """Arrow IPC files with numbers, text, lists of numbers, and objects of these, named as in Parquet."""

    version = "2"

    def read(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Columns:
        import pyarrow as pa

        from symbench.data.tables.arrow import columns_of

        with _open(path, names, key) as (file, found):
            stored = _stored(found)
            schema = pa.schema([file.schema.field(name) for name in stored])
            batches = list(_batches(path, file, found, maximum_rows))
            return columns_of(path, pa.Table.from_batches(batches, schema=schema), found)

    def blocks(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Iterator[Columns]:
        from symbench.data.tables.arrow import columns_of

        with _open(path, names, key) as (file, found):
            for batch in _batches(path, file, found, maximum_rows):
                yield columns_of(path, batch, found)

    def column_names(self, path: str, key: str | None) -> list[str]:
        from symbench.data.tables.nested import places

        with _open(path, [], key) as (file, _):
            return list(places(path, file.schema))


@contextmanager
def _open(path: str, names: Sequence[str], key: str | None) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The open file, and the places of the names in it."""
    import pyarrow as pa

    from symbench.data.tables.nested import find

    refuse_key(path, key, "Feather")
    try:
        with pa.OSFile(path) as source:
            file = pa.ipc.open_file(source, options=pa.ipc.IpcReadOptions(use_threads=False))
            yield file, find(path, file.schema, names)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: not readable as Feather: {first_line(error)}") from error


def _batches(path: str, file: Any, found: dict[str, Any], maximum_rows: int) -> Iterator[Any]:
    from symbench.data.tables.arrow import check_types

    rows = 0
    for index in range(file.num_record_batches):
        batch = file.get_batch(index)
        batch.validate()
        rows += len(batch)
        limit_rows(path, rows, maximum_rows)
        check_types(path, batch.schema, found, rows)
        yield batch.select(_stored(found))


def _stored(found: dict[str, tuple[str, ...]]) -> list[str]:
    return list(dict.fromkeys(place[0] for place in found.values()))
