"""ROOT: flat trees and ntuples."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from symbench import registry
from symbench.data.tables.base import TableReader
from symbench.data.tables.limits import first_line, limit_rows, limit_shape, require
from symbench.errors import DataError

if TYPE_CHECKING:
    from symbench.data.tables.base import Columns


@registry.reader("root", suffixes=(".root",))
class RootReader(TableReader):
    """A flat ROOT tree; branches with a varying number of values a row are refused."""

    def read(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Columns:
        from symbench.data.tables.root_file import open_root, trivial_executors

        try:
            with open_root(path) as file:
                trees = file.keys(filter_classname=["TTree", "ROOT::RNTuple"], cycle=False)
                if key is None and len(set(trees)) != 1:
                    known = ", ".join(sorted(set(trees))) or "(none)"
                    raise DataError(f"{path}: set `key` to one of the trees {known}")
                require(path, [key] if key is not None else [], trees, "tree")
                tree = file[key or trees[0]]
                require(path, names, tree.keys(), "branch")
                limit_rows(path, int(tree.num_entries), maximum_rows)
                for name in names:
                    _require_flat(path, tree, name, maximum_rows)
                # Branch by branch: `tree.arrays` evaluates names as expressions, and files can define aliases.
                arrays = {name: tree[name].array(library="np", **trivial_executors()) for name in names}
        except DataError:
            raise
        except Exception as error:  # a broken file raises almost any exception inside uproot
            raise DataError(f"{path}: not readable as ROOT: {type(error).__name__}: {first_line(error)}") from error
        for name in names:
            if arrays[name].dtype.hasobject:
                raise DataError(f"{path}: branch {name!r} has a varying number of values a row: flatten it first")
        return {name: arrays[name].astype(arrays[name].dtype.newbyteorder("=")) for name in names}


def _require_flat(path: str, tree: Any, name: str, maximum_rows: int) -> None:
    """Raise DataError for a branch whose rows vary in length or are too wide, before any of it is read."""
    from uproot.interpretation.numerical import Numerical

    branch = tree[name]
    interpretation = getattr(branch, "interpretation", None)
    if interpretation is None:  # a field of an RNTuple
        base, inner = _array_type(str(branch.typename))
        flat = "<" not in base and "string" not in base
    else:
        flat, inner = isinstance(interpretation, Numerical), getattr(interpretation, "inner_shape", ())
    if not flat:
        raise DataError(f"{path}: branch {name!r} has a varying number of values a row: flatten it first")
    limit_shape(path, name, (int(tree.num_entries), *inner), maximum_rows)


def _array_type(typename: str) -> tuple[str, tuple[int, ...]]:
    """`std::array<std::array<float,3>,2>` → float, (2, 3)."""
    shape: list[int] = []
    while (match := re.fullmatch(r"std::array<(.+),\s*(\d+)>", typename)) is not None:
        typename = match[1]
        shape.append(int(match[2]))
    return typename, tuple(shape)
