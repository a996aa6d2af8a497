"""Arrays as plain `.npy` files: written in pieces, memory-mapped for reading, hashed without loading them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from symbench.errors import DataError

_PIECE_BYTES = 2**24


class ArrayWriter:
    """One `.npy` file that grows along its first axis; the first piece determines the type and shape of a row.

    Raises OSError if the file cannot be written, ValueError for a piece of another type or shape.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._file: IO[bytes] = path.open("wb")
        self._kind: tuple[np.dtype[Any], tuple[int, ...]] | None = None

    def append(self, piece: npt.NDArray[Any]) -> None:
        """Append these rows."""
        kind = (piece.dtype, piece.shape[1:])
        if self._kind is None:
            self._kind = kind
            self._header_length = self._write_header()
        elif kind != self._kind:
            raise ValueError(f"{self.path.name} holds {self._kind}, not {kind}")
        self._file.write(np.ascontiguousarray(piece).reshape(-1).view(np.uint8).data)
        self.rows += len(piece)

    def close(self) -> None:
        """Write the number of rows into the header, in which NumPy reserves space for the first axis to grow."""
        if self._kind is not None and not self._file.closed:
            self._file.seek(0)
            if self._write_header() != self._header_length:
                raise ValueError(f"{self.path.name}: the header does not fit its place")
        self._file.close()

    def _write_header(self) -> int:
        assert self._kind is not None
        dtype, inner = self._kind
        header = {"descr": dtype.str, "fortran_order": False, "shape": (self.rows, *inner)}
        np.lib.format.write_array_header_2_0(self._file, header)
        return self._file.tell()

    def __enter__(self) -> ArrayWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def map_array(path: Path) -> npt.NDArray[Any]:
    """The array of a `.npy` file, read when it is used and never written; raises DataError."""
    try:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path} is damaged: {type(error).__name__}: {error}") from error
    # a plain array on the same memory: a `memmap` is slower to index and to pickle
    return np.asarray(mapped)


def mapped_file(array: npt.NDArray[Any]) -> Path | None:
    """The `.npy` file whose complete content this array maps; None for an array in memory or a part of a file."""
    base: Any = array
    while base is not None and not isinstance(base, np.memmap):
        base = getattr(base, "base", None)
    if base is None or base.filename is None or not array.flags.c_contiguous:
        return None
    whole = array.nbytes == base.nbytes and array.ctypes.data == base.ctypes.data
    has_header = base.offset > 0
    return Path(base.filename) if whole and has_header else None


def hash_array(sha: hashlib._Hash, array: npt.NDArray[Any]) -> None:
    """Update a hash with the array's bytes; a mapped file is read without the map, so that it is not kept in memory."""
    path = mapped_file(array)
    if path is None or not array.nbytes:
        flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        for at in range(0, len(flat), _PIECE_BYTES):
            sha.update(flat[at : at + _PIECE_BYTES].data)
        return
    with path.open("rb") as file:
        file.seek(path.stat().st_size - array.nbytes)
        while piece := file.read(_PIECE_BYTES):
            sha.update(piece)
