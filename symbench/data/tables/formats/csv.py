"""Comma-separated text."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any

from symbench import registry
from symbench.data.tables.base import TableReader
from symbench.data.tables.limits import MAXIMUM_WIDTH, first_line, limit_rows, refuse_key, require
from symbench.errors import DataError

if TYPE_CHECKING:
    from symbench.data.tables.base import Columns

_HEADER_CHARACTERS = 2**18  # at most 1 MiB, the block in which Arrow looks for the end of a line


@registry.reader("csv", suffixes=(".csv",))
class CsvReader(TableReader):
    """Comma-separated text with one line of column names; every row must have as many values.

    Read with Arrow, whose parser is strict: pandas silently drops surplus values of a row once columns are chosen, and
    would accept a decimal comma without an error.
    """

    def read(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Columns:
        import pyarrow as pa

        refuse_key(path, key, "CSV")
        try:
            with open(path, encoding="utf-8-sig", newline="") as file:
                header = _header(path, file)
            require(path, names, header)
            repeated = [name for name in names if header.count(name) > 1]
            if repeated:
                raise DataError(f"{path}: column {repeated[0]!r} appears {header.count(repeated[0])} times")
            try:
                table = _stream(path, names, header, maximum_rows, {})
            except pa.ArrowInvalid as error:
                if "conversion error" not in str(error):
                    raise
                # types are inferred from the first block: a column may turn from 1 to 1.5 later
                table = _stream(path, names, header, maximum_rows, dict.fromkeys(names, pa.float64()))
        except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
            raise DataError(f"{path}: not readable as CSV: {first_line(error)}") from error
        return {name: table.column(name).to_numpy() for name in names}

    def column_names(self, path: str, key: str | None) -> list[str]:
        refuse_key(path, key, "CSV")
        try:
            with open(path, encoding="utf-8-sig", newline="") as file:
                return _header(path, file)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise DataError(f"{path}: not readable as CSV: {first_line(error)}") from error


def _header(path: str, file: IO[str]) -> list[str]:
    line = file.readline(_HEADER_CHARACTERS + 1)
    if len(line) > _HEADER_CHARACTERS:
        raise DataError(f"{path}: the first line has more than {_HEADER_CHARACTERS:,} characters: no line of names")
    header = [name.strip() for name in next(csv.reader([line]), [])]
    if len(header) > MAXIMUM_WIDTH:
        raise DataError(f"{path}: {len(header):,} columns, more than the {MAXIMUM_WIDTH:,} that are read")
    return header


def _stream(path: str, names: Sequence[str], header: list[str], maximum_rows: int, types: dict[str, Any]) -> Any:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    batches, rows = [], 0
    with arrow_csv.open_csv(
        pa.OSFile(path),  # a plain file: a name that ends in .gz is not unpacked
        read_options=arrow_csv.ReadOptions(column_names=header, skip_rows=1, use_threads=False),
        convert_options=arrow_csv.ConvertOptions(include_columns=list(names), column_types=types),
    ) as reader:
        for batch in reader:
            rows += len(batch)
            limit_rows(path, rows, maximum_rows)
            batches.append(batch)
        return pa.Table.from_batches(batches, schema=reader.schema)
