"""Arrow's own file format, also called Feather (version 2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from symbench import registry
from symbench.data.tables.base import TableReader
from symbench.data.tables.limits import first_line, limit_rows, refuse_key, require
from symbench.errors import DataError

if TYPE_CHECKING:
    from symbench.data.tables.base import Columns


@registry.reader("feather", suffixes=(".feather", ".arrow", ".ipc"))
class FeatherReader(TableReader):
    """Arrow IPC files with columns of numbers, text, or lists of numbers."""

    def read(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Columns:
        import pyarrow as pa

        from symbench.data.tables.arrow import columns_of

        with _open(path, names, key) as file:
            batches = []
            for batch in _batches(path, file, names, maximum_rows):
                batches.append(batch)
            return columns_of(path, pa.Table.from_batches(batches, schema=_schema(file, names)), names)

    def blocks(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Iterator[Columns]:
        from symbench.data.tables.arrow import columns_of

        with _open(path, names, key) as file:
            for batch in _batches(path, file, names, maximum_rows):
                yield columns_of(path, batch, names)

    def column_names(self, path: str, key: str | None) -> list[str]:
        with _open(path, [], key) as file:
            return list(file.schema.names)


@contextmanager
def _open(path: str, names: Sequence[str], key: str | None) -> Iterator[Any]:
    import pyarrow as pa

    refuse_key(path, key, "Feather")
    try:
        with pa.OSFile(path) as source:
            file = pa.ipc.open_file(source, options=pa.ipc.IpcReadOptions(use_threads=False))
            require(path, names, file.schema.names)
            yield file
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: not readable as Feather: {first_line(error)}") from error


def _batches(path: str, file: Any, names: Sequence[str], maximum_rows: int) -> Iterator[Any]:
    from symbench.data.tables.arrow import check_types

    rows = 0
    for index in range(file.num_record_batches):
        batch = file.get_batch(index)
        batch.validate()
        rows += len(batch)
        limit_rows(path, rows, maximum_rows)
        check_types(path, batch.schema, names, rows)
        yield batch.select(list(names))


def _schema(file: Any, names: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.schema([file.schema.field(name) for name in names])
