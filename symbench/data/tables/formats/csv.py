"""Comma-separated text."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from symbench import registry
from symbench.data.tables.base import TableReader
from symbench.data.tables.limits import first_line, limit_rows, refuse_key, require
from symbench.errors import DataError

if TYPE_CHECKING:
    from symbench.data.tables.base import Columns
    from symbench.data.tables.text import Dialect


@registry.reader("csv", suffixes=(".csv", ".tsv"))
class CsvReader(TableReader):
    """Text with one line of column names, plain or packed with gzip, bzip2 or Zstandard.

    Every row must have as many values as there are names. The separator is a comma, semicolon, tab, bar or blanks,
    whichever divides the first two lines into as many values; decimal commas are read if it is no comma. Lines that
    begin with # are left out.

    Read with Arrow, whose parser is strict: pandas silently drops surplus values of a row once columns are chosen, and
    would accept a decimal comma without an error.
    """

    version = "2"

    def read(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Columns:
        import pyarrow as pa

        from symbench.data.tables.arrow import columns_of

        found = self._dialect(path, key)
        repeated = [name for name in names if found.names.count(name) > 1]
        if repeated:
            raise DataError(f"{path}: column {repeated[0]!r} appears {found.names.count(repeated[0])} times")
        if found.nameless:
            missing = [name for name in names if name not in found.names]
            if missing:
                raise DataError(
                    f"{path}: no column {missing[0]!r}; the first line holds numbers, so that columns are named by "
                    f"their position, 0 to {len(found.names) - 1}: name them so, or write a line of names"
                )
        require(path, names, found.names)
        try:
            table = _read(path, names, found, maximum_rows)
        except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowException, EOFError) as error:
            raise DataError(f"{path}: not readable as CSV: {first_line(error)}") from error
        return columns_of(path, table, {name: (name,) for name in names})

    def column_names(self, path: str, key: str | None) -> list[str]:
        return list(self._dialect(path, key).names)

    def notes(self, path: str) -> tuple[str, ...]:
        return self._dialect(path, None).description()

    def _dialect(self, path: str, key: str | None) -> Dialect:
        import pyarrow as pa

        from symbench.data.tables.text import dialect

        refuse_key(path, key, "CSV")
        try:
            return dialect(path)
        except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
            raise DataError(f"{path}: not readable as CSV: {first_line(error)}") from error


def _read(path: str, names: Sequence[str], found: Dialect, maximum_rows: int) -> Any:
    """The table, with types that every row has: types are inferred from the first block only."""
    import pyarrow as pa

    from symbench.data.tables.arrow import may_be_unsigned

    types: dict[str, Any] = {}
    decimal = "."
    for _ in range(2 * len(names) + 3):
        try:
            table = _stream(path, names, found, maximum_rows, types, decimal)
        except pa.ArrowInvalid as error:
            changed = _another_type(str(error), names, found, types)
            if changed is None:
                raise
            types = {**types, **changed}
            continue
        if decimal == "." and found.separator != "," and _has_decimal_comma(table):
            decimal, types = ",", {}
            continue
        unsigned = [name for name in names if name not in types and may_be_unsigned(table.column(name))]
        if not unsigned:
            return table
        try:
            wide = _stream(path, unsigned, found, maximum_rows, dict.fromkeys(unsigned, pa.uint64()), decimal)
        except pa.ArrowInvalid:  # broken numbers, or as many digits as a floating-point number has
            return table
        for name in unsigned:
            table = table.set_column(table.schema.get_field_index(name), name, wide.column(name))
        return table
    raise DataError(f"{path}: the types of the columns change too often")


def _another_type(message: str, names: Sequence[str], found: Dialect, types: dict[str, Any]) -> dict[str, Any] | None:
    """The next wider type of the column that an error of conversion names; None if there is none.

    Only this column changes: an event number must not lose digits because another column turns from 1 to 1.5.
    """
    import pyarrow as pa

    match = re.search(r"CSV column #(\d+).*conversion error to (\w+)", message)
    if match is None:
        return None
    name = found.names[int(match[1])] if int(match[1]) < len(found.names) else None
    if name not in names or name is None:
        return None
    wider = {"int64": pa.uint64(), "uint64": pa.float64(), "null": pa.float64(), "bool": pa.string()}
    after = wider.get(match[2])
    if match[2] == "int64" and name in types:
        after = pa.float64()
    return None if after is None or types.get(name) == after else {name: after}


def _has_decimal_comma(table: Any) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    pattern = r"^\s*[+-]?\d*,?\d*([eE][+-]?\d+)?\s*$"
    texts = [column for column in table.columns if pa.types.is_string(column.type) and len(column)]
    return any(pc.all(pc.match_substring_regex(column, pattern)).as_py() for column in texts)


def _stream(
    path: str, names: Sequence[str], found: Dialect, maximum_rows: int, types: dict[str, Any], decimal: str
) -> Any:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    from symbench.data.tables.text import open_stream, rows_of

    batches, rows = [], 0
    with open_stream(path) as (stream, _):
        source, skip = rows_of(stream, found)
        with arrow_csv.open_csv(
            source,
            read_options=arrow_csv.ReadOptions(column_names=list(found.names), skip_rows=skip, use_threads=False),
            parse_options=arrow_csv.ParseOptions(delimiter=found.separator),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=list(names), column_types=types, decimal_point=decimal
            ),
        ) as reader:
            for batch in reader:
                rows += len(batch)
                limit_rows(path, rows, maximum_rows)
                batches.append(batch)
            return pa.Table.from_batches(batches, schema=reader.schema)
