"""The rules of readers of tables, on small files that the format's own writer makes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.data.tables.base import TableReader
from symbench.errors import DataError
from symbench.testing.rules import require

Columns = Mapping[str, npt.NDArray[Any]]


def check_reader(
    reader: type[TableReader], write: Callable[[Path, Columns], object], *, key: str | None = None
) -> None:
    """Write small tables with `write(path, columns)`, read them, and check the result; raises ConformanceError.

    Exactly the named columns come back, with the values and kinds of numbers that were written, integers beyond 2⁵³
    included; repeated calls agree. A column that is absent, and more rows than the maximum, are DataErrors that begin
    with the path; so is every error about a file that was cut short or filled with noise.

    key  passed to the reader; None for formats with one table
    """
    require(reader.suffixes, f"{reader.__name__} has no suffixes")
    for suffix in reader.suffixes:
        require(suffix.startswith(".") and suffix == suffix.lower(), f"a suffix looks like '.csv', not {suffix!r}")
    columns = _columns()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"table{reader.suffixes[0]}")
        write(path, columns)
        content = path.read_bytes()
        for names in (list(columns), ["weight"], ["run", "x"]):
            for _ in range(2):
                table = reader().read(str(path), names, key, len(columns["x"]))
                require(set(table) == set(names), f"{names} were selected, {list(table)} returned")
                for name in names:
                    _check_column(name, table[name], columns[name])
        require(path.read_bytes() == content, "the file was changed")
        _expect_data_error(reader, path, ["x", "wieght"], key, 40, mentions="weight")
        _expect_data_error(reader, path, ["x"], key, len(columns["x"]) - 1)
        rng = np.random.default_rng(6)
        damaged = [content[: len(content) * part // 8] for part in range(1, 8)]
        damaged += [rng.bytes(2000), bytes(2000), content[: len(content) // 2] + rng.bytes(len(content) // 2)]
        for text in damaged:
            path.write_bytes(text)
            _data_error(reader, path, ["x"], key, 40)


def _columns() -> dict[str, npt.NDArray[Any]]:
    rng = np.random.default_rng(5)
    return {
        "x": rng.normal(size=40),
        "weight": rng.normal(size=40).astype(np.float32).astype(np.float64),
        "run": 2**53 + np.arange(40, dtype=np.int64),
    }


def _check_column(name: str, values: object, expected: npt.NDArray[Any]) -> None:
    require(isinstance(values, np.ndarray), f"{name!r} is a {type(values).__name__}, not an array")
    assert isinstance(values, np.ndarray)
    kind = values.dtype.kind == expected.dtype.kind
    require(kind, f"{name!r} has type {values.dtype}, {expected.dtype} was written")
    require(values.dtype.isnative, f"{name!r} is not in native byte order")
    require(np.array_equal(values, expected), f"{name!r} has other values than were written")


def _expect_data_error(
    reader: type[TableReader], path: Path, names: list[str], key: str | None, maximum_rows: int, mentions: str = ""
) -> None:
    message = _data_error(reader, path, names, key, maximum_rows)
    require(message is not None, f"reading {names} with at most {maximum_rows} rows raised no DataError")
    require(mentions in (message or ""), f"an error about {names} does not name the nearest column: {message}")


def _data_error(
    reader: type[TableReader], path: Path, names: list[str], key: str | None, maximum_rows: int
) -> str | None:
    """The message of the DataError that reading raises, after its form is checked; None without an error."""
    message: str | None = None
    try:
        reader().read(str(path), names, key, maximum_rows)
    except DataError as error:
        message = str(error)
    require(message is None or message.startswith(str(path)), f"an error does not begin with the path: {message}")
    return message
