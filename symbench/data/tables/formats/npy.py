"""One NumPy array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from symbench import registry
from symbench.data.tables.base import TableReader
from symbench.data.tables.limits import first_line, limit_shape, refuse_key, require, require_values
from symbench.errors import DataError

if TYPE_CHECKING:
    from symbench.data.tables.base import Columns

ARRAY = "array"
BLOCK_ROWS = 50_000


@registry.reader("npy", suffixes=(".npy",))
class NpyReader(TableReader):
    """The array of a `.npy` file, under the name `array`; the fields of a structured array under their own names."""

    def read(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Columns:
        import numpy as np

        array = self._map(path, key, maximum_rows)
        require(path, names, array.dtype.names or (ARRAY,), "field")
        return {name: np.ascontiguousarray(_of(path, array, name)) for name in names}

    def blocks(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Iterator[Columns]:
        import numpy as np

        array = self._map(path, key, maximum_rows)
        require(path, names, array.dtype.names or (ARRAY,), "field")
        for start in range(0, max(1, len(array)), BLOCK_ROWS):
            yield {name: np.ascontiguousarray(_of(path, array[start : start + BLOCK_ROWS], name)) for name in names}

    def column_names(self, path: str, key: str | None) -> list[str]:
        return list(self._map(path, key, 2**62).dtype.names or (ARRAY,))

    def _map(self, path: str, key: str | None, maximum_rows: int) -> Any:
        """The array, of which only the parts that are used are read."""
        import numpy as np

        refuse_key(path, key, "NPY")
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except Exception as error:  # a broken header raises errors of ast, tokenize and struct
            raise DataError(f"{path}: not readable as NPY: {first_line(error)}") from error
        if not isinstance(array, np.ndarray):
            raise DataError(f"{path}: not one array: an archive has the ending .npz")
        limit_shape(path, ARRAY, array.shape, maximum_rows)
        return np.asarray(array)


def _of(path: str, array: Any, name: str) -> Any:
    column = array[name] if array.dtype.names else array
    require_values(path, "array", name, column.dtype, len(column))
    if column.dtype.kind == "S":
        import numpy as np

        return np.char.decode(column, "utf-8", "replace")
    return column.astype(column.dtype.newbyteorder("="), copy=False)
