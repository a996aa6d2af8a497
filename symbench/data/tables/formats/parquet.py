"""Apache Parquet."""

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

BLOCK_ROWS = 50_000
_LIST_LEVELS = frozenset({"list", "element", "item", "bag", "array_element", "array"})


@registry.reader("parquet", suffixes=(".parquet", ".pq"))
class ParquetReader(TableReader):
    """Apache Parquet with numbers, text, lists of numbers, and objects of these.

    A value of an object, or of each object in a list, is named with a point, `mu.pt`; `mu_pt` names it too.
    """

    version = "2"

    def read(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Columns:
        from symbench.data.tables.arrow import columns_of

        with _open(path, names, key, maximum_rows) as (file, found):
            return columns_of(path, file.read(columns=_stored(file, found)), found)

    def blocks(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Iterator[Columns]:
        from symbench.data.tables.arrow import columns_of

        with _open(path, names, key, maximum_rows) as (file, found):
            for batch in file.iter_batches(batch_size=BLOCK_ROWS, columns=_stored(file, found)):
                yield columns_of(path, batch, found)

    def column_names(self, path: str, key: str | None) -> list[str]:
        from symbench.data.tables.nested import places

        with _open(path, [], key, 0) as (file, _):
            return list(places(path, file.schema_arrow))


@contextmanager
def _open(path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The open file, after its columns and sizes were checked, and the places of the names."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from symbench.data.tables.arrow import check_types
    from symbench.data.tables.nested import find

    refuse_key(path, key, "Parquet")
    try:
        with pq.ParquetFile(path) as file:
            found = {}
            if names:
                found = find(path, file.schema_arrow, names)
                limit_rows(path, file.metadata.num_rows, maximum_rows)
                check_types(path, file.schema_arrow, found, file.metadata.num_rows)
            yield file, found
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: not readable as Parquet: {first_line(error)}") from error


def _stored(file: Any, found: dict[str, tuple[str, ...]]) -> list[str]:
    """The columns to read: of objects only the values that are named, as far as the file's own names show them."""
    if all(len(place) == 1 for place in found.values()):
        return [place[0] for place in found.values()]
    leaves = [str(file.schema.column(number).path) for number in range(len(file.schema))]
    wanted: list[str] = []
    for place in found.values():
        own = [leaf for leaf in leaves if tuple(w for w in leaf.split(".") if w not in _LIST_LEVELS) == place]
        wanted += own or [place[0]]
    return list(dict.fromkeys(wanted))
