"""The format of a file: as the suite states it, else by the suffix (light: suites are checked with it)."""

from __future__ import annotations

from pathlib import PurePath

from symbench import registry
from symbench.errors import UnknownNameError

COMPRESSED = (".gz", ".bz2", ".zst")
"""Endings that compressed text has after its own; other formats compress inside."""


def known_format(name: str) -> str:
    """The name itself if a reader is registered under it; raises ValueError with the nearest name otherwise."""
    try:
        registry.find_reader(name)
    except UnknownNameError as error:
        raise ValueError(str(error)) from None
    return name


def format_of(path: str, stated: str | None) -> str:
    """The stated format, else the one with the file's suffix; raises ValueError if neither decides it."""
    if stated is not None:
        return stated
    registry.load_builtin()
    name_of_file = PurePath(path)
    if name_of_file.suffix.lower() in COMPRESSED:
        name_of_file = name_of_file.with_suffix("")
    suffix = name_of_file.suffix.lower()
    for name, reader in registry.READERS.items():
        if suffix in reader.suffixes:
            return name
    known = ", ".join(sorted(registry.READERS))
    raise ValueError(f"no reader is registered for the suffix {suffix!r}: set `format` to one of {known}")
