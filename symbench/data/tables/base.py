"""The contract of a reader: named columns of one file, as arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from symbench.errors import DataError

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np
    import numpy.typing as npt

    Column: TypeAlias = "npt.NDArray[Any] | Lists"
    Columns: TypeAlias = dict[str, Column]


@dataclass(frozen=True)
class Lists:
    """A column with a list of numbers, or of rows of F numbers, in each row.

    counts  (N,) int64, the length of each list
    values  (sum of counts,) or (sum of counts, F), the lists one after another
    absent  (N,) whether a row has no list, which is not an empty one; None if every row has one
    """

    counts: npt.NDArray[Any]
    values: npt.NDArray[Any]
    absent: npt.NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def dtype(self) -> Any:
        """Type of the values."""
        return self.values.dtype


class TableReader(ABC):
    """Reads named columns out of files of one format.

    Register a subclass with `symbench.registry.reader("NAME", suffixes=(".sfx",))`, or as an entry point of the group
    `symbench.readers`; hold it to this contract with `symbench.testing.check_reader`. It is constructed without
    arguments, once for each file, and keeps nothing between calls.

    Untrusted files
        A file is somebody else's input. A reader opens no other file or address, unpickles nothing and runs nothing of
        what the file contains.
    Errors
        Whatever is wrong with the file is raised as DataError whose message begins with the path. No other exception
        leaves a reader, except MemoryError.
    Memory
        The stated size of every column is compared with `maximum_rows` and the bounds in `symbench.data.tables.limits`
        before the column is allocated: a file of a few bytes can state any shape. Only the named columns are read.
    """

    name: ClassVar[str]
    """The word that a suite writes in `format:`; set at registration."""
    suffixes: ClassVar[tuple[str, ...]] = ()
    """File name endings, in lower case with the dot, that select this reader if the suite states no format."""
    version: ClassVar[str] = "1"
    """Raise it whenever the same file would give other arrays: it enters the identity of the data."""

    @abstractmethod
    def read(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Columns:
        """The columns `names`, and no others, as a dict of arrays.

        path          a local, non-empty regular file
        names         distinct column names; `limits.require` raises the DataError for one that the file lacks
        key           the tree, group or table in the file; None selects the only one, and is an error if there are
                      several. Formats with one table refuse any other value (`limits.refuse_key`)
        maximum_rows  more rows than this are refused, not truncated

        Each array has the row as its first axis, (N,) or (N, d) or (N, P, d), in the file's own type (boolean,
        integer, floating point or text) and in native byte order; a column of lists of different lengths is a `Lists`.
        Missing values are NaN; integers, truth values and text that miss some are a `numpy.ma.MaskedArray`.
        """

    def blocks(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Iterator[Columns]:
        """The same columns, some rows at a time, in order; by default all rows at once.

        Override it for a format that can read a range of rows: memory is then bounded whatever the size of the file.
        """
        yield self.read(path, names, key, maximum_rows)

    def notes(self, path: str) -> tuple[str, ...]:
        """What the reader inferred from the file and not from the suite, such as a separator; for the provenance."""
        return ()

    def column_names(self, path: str, key: str | None) -> list[str]:
        """All column names of the file, for patterns such as `E_{i}`; raises DataError unless overridden."""
        raise DataError(
            f"{path}: patterns with {{i}} need named columns, as in CSV and Parquet; name arrays (n, P) of a "
            f"{self.name} file"
        )
