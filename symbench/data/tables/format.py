"""Which format a file is in, by its suffix (light: suites are checked with it)."""

from __future__ import annotations

from pathlib import PurePath
from typing import Literal, get_args

Format = Literal["csv", "parquet", "npz", "hdf5", "root"]

SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".npz": "npz",
    ".h5": "hdf5",
    ".hdf5": "hdf5",
    ".hdf": "hdf5",
    ".root": "root",
}


def format_of(path: str, stated: Format | None) -> Format:
    """The stated format, else the suffix's; raises ValueError when neither says."""
    if stated is not None:
        return stated
    suffix = PurePath(path).suffix.lower()
    if suffix not in SUFFIXES:
        known = ", ".join(get_args(Format))
        raise ValueError(f"the suffix {suffix!r} does not tell the format: set `format` to one of {known}")
    return SUFFIXES[suffix]
