"""Apache Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from symbench import registry
from symbench.data.tables.base import TableReader
from symbench.data.tables.limits import first_line, limit_rows, refuse_key, require
from symbench.errors import DataError

if TYPE_CHECKING:
    from symbench.data.tables.base import Columns


@registry.reader("parquet", suffixes=(".parquet", ".pq"))
class ParquetReader(TableReader):
    """Apache Parquet with flat numeric columns."""

    def read(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Columns:
        import pyarrow as pa
        import pyarrow.parquet as pq

        refuse_key(path, key, "Parquet")
        try:
            with pq.ParquetFile(path) as file:
                require(path, names, file.schema_arrow.names)
                limit_rows(path, file.metadata.num_rows, maximum_rows)
                for name in names:
                    kind = file.schema_arrow.field(name).type
                    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
                        raise DataError(f"{path}: column {name!r} does not hold numbers but {kind}")
                table = file.read(columns=list(names))
            return {name: table.column(name).to_numpy() for name in names}
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{path}: not readable as Parquet: {first_line(error)}") from error

    def column_names(self, path: str, key: str | None) -> list[str]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        refuse_key(path, key, "Parquet")
        try:
            return list(pq.read_schema(path).names)
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{path}: not readable as Parquet: {first_line(error)}") from error
