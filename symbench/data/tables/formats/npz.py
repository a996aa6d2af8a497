"""NumPy's archive of arrays."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from symbench import registry
from symbench.data.tables.base import TableReader
from symbench.data.tables.limits import first_line, limit_shape, refuse_key, require, require_values
from symbench.errors import DataError

if TYPE_CHECKING:
    import numpy.typing as npt

    from symbench.data.tables.base import Columns


@registry.reader("npz", suffixes=(".npz",))
class NpzReader(TableReader):
    """NumPy's archive; the size that each member unpacks to is compared with its shape before it is unpacked."""

    def read(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Columns:
        refuse_key(path, key, "NPZ")
        try:
            with zipfile.ZipFile(path) as archive:
                members = _members(archive)
                require(path, names, members, "array")
                return {name: _read_member(path, archive, members[name], maximum_rows) for name in names}
        except DataError:
            raise
        except Exception as error:  # a broken archive raises errors of zlib, lzma, struct and ast
            raise DataError(f"{path}: not readable as NPZ: {first_line(error)}") from error

    def column_names(self, path: str, key: str | None) -> list[str]:
        refuse_key(path, key, "NPZ")
        try:
            with zipfile.ZipFile(path) as archive:
                return list(_members(archive))
        except Exception as error:
            raise DataError(f"{path}: not readable as NPZ: {first_line(error)}") from error


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    arrays = [member for member in archive.infolist() if member.filename.endswith(".npy")]
    return {member.filename.removesuffix(".npy"): member for member in arrays}


def _read_member(path: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo, maximum_rows: int) -> npt.NDArray[Any]:
    import numpy as np

    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        headers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        if version not in headers:
            raise ValueError(f"array format {version} of {member.filename}")
        shape, _, dtype = headers[version](file)
        name = member.filename.removesuffix(".npy")
        if dtype.hasobject:
            raise DataError(f"{path}: array {name!r} holds Python objects, which are never loaded")
        require_values(path, "array", name, dtype, shape[0] if shape else 0)
        limit_shape(path, name, shape, maximum_rows)
        expected = file.tell() + dtype.itemsize * math.prod(shape)
        if member.file_size != expected:
            raise ValueError(f"array {name!r} states {member.file_size:,} bytes, its shape needs {expected:,}")
    with archive.open(member) as file:
        array = np.lib.format.read_array(file, allow_pickle=False)
    return np.char.decode(array, "utf-8", "replace") if array.dtype.kind == "S" else array
