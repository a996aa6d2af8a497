"""Apache Parquet."""

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

BLOCK_ROWS = 50_000


@registry.reader("parquet", suffixes=(".parquet", ".pq"))
class ParquetReader(TableReader):
    """Apache Parquet with columns of numbers, text, or lists of numbers."""

    def read(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Columns:
        from symbench.data.tables.arrow import columns_of

        with _open(path, names, key, maximum_rows) as file:
            return columns_of(path, file.read(columns=list(names)), names)

    def blocks(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Iterator[Columns]:
        from symbench.data.tables.arrow import columns_of

        with _open(path, names, key, maximum_rows) as file:
            for batch in file.iter_batches(batch_size=BLOCK_ROWS, columns=list(names)):
                yield columns_of(path, batch, names)

    def column_names(self, path: str, key: str | None) -> list[str]:
        with _open(path, [], key, 0) as file:
            return list(file.schema_arrow.names)


@contextmanager
def _open(path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Iterator[Any]:
    """The open file, after its columns and sizes were checked."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from symbench.data.tables.arrow import check_types

    refuse_key(path, key, "Parquet")
    try:
        with pq.ParquetFile(path) as file:
            if names:
                require(path, names, file.schema_arrow.names)
                limit_rows(path, file.metadata.num_rows, maximum_rows)
                check_types(path, file.schema_arrow, names, file.metadata.num_rows)
            yield file
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: not readable as Parquet: {first_line(error)}") from error
