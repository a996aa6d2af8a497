"""ROOT: trees and ntuples of numbers, text, and lists of numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from symbench import registry
from symbench.data.tables.base import Lists, TableReader
from symbench.data.tables.limits import first_line, limit_rows, limit_shape, require, written_name
from symbench.errors import DataError

if TYPE_CHECKING:
    import numpy.typing as npt

    from symbench.data.tables.base import Column, Columns

BLOCK_BYTES = 2**26
_NUMBER = re.compile(r"(std::)?(u?int\d+_t|float|double|bool|unsigned \w+|char|short|int|long|Float16_t|Double32_t)")


@registry.reader("root", suffixes=(".root",))
class RootReader(TableReader):
    """A ROOT tree or ntuple with a number, a text, a fixed array or a list of numbers in each entry.

    `Muon_pt` also names the branch `Muon.pt`, as collections are written in ntuples; `friend/M` is the branch M of
    another tree in the file, of the same length.
    """

    version = "2"

    def read(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Columns:
        with _tree(path, key) as trees:
            branches = trees.branches(names, maximum_rows)
            return {name: _column(path, name, branch, 0, None) for name, branch in branches.items()}

    def blocks(self, path: str, names: Sequence[str], key: str | None, maximum_rows: int) -> Iterator[Columns]:
        with _tree(path, key) as trees:
            branches = trees.branches(names, maximum_rows)
            entries = int(trees.tree.num_entries)
            size = sum(int(getattr(branch, "uncompressed_bytes", 0) or 0) for branch in branches.values())
            step = max(100, min(entries, BLOCK_BYTES * entries // max(size, 1)))
            for start in range(0, max(entries, 1), step):
                stop = min(start + step, entries)
                yield {name: _column(path, name, branch, start, stop) for name, branch in branches.items()}

    def column_names(self, path: str, key: str | None) -> list[str]:
        with _tree(path, key) as trees:
            return [str(name) for name in trees.tree.keys()]  # noqa: SIM118


@contextmanager
def _tree(path: str, key: str | None) -> Iterator[_Trees]:
    """The tree `key`, or the only one."""
    from symbench.data.tables.root_file import open_root

    try:
        with open_root(path) as file:
            trees = sorted(set(file.keys(filter_classname=["TTree", "ROOT::RNTuple"], cycle=False)))
            if key is None and len(trees) != 1:
                raise DataError(f"{path}: set `key` to one of the trees {', '.join(trees) or '(none)'}")
            name, _, cycle = (key or trees[0]).partition(";")
            require(path, [name], trees, "tree")
            if cycle:
                cycles = [str(k) for k in file.keys() if str(k).split(";")[0] == name]  # noqa: SIM118
                require(path, [f"{name};{cycle}"], cycles, "cycle")
            yield _Trees(path, file, trees, file[key or trees[0]])
    except DataError:
        raise
    except Exception as error:  # a broken file raises almost any exception inside uproot
        raise DataError(f"{path}: not readable as ROOT: {type(error).__name__}: {first_line(error)}") from error


@dataclass(frozen=True)
class _Trees:
    """A tree, and those beside it in the file: `friend/M` is the branch M of the tree `friend`."""

    path: str
    file: Any
    names: Sequence[str]
    tree: Any

    def branches(self, names: Sequence[str], maximum_rows: int) -> dict[str, Any]:
        """The branches of these names, after their kinds and sizes were checked; raises DataError."""
        known = {str(name) for name in self.tree.keys()}  # noqa: SIM118 (a tree is no mapping)
        found: dict[str, Any] = {}
        for name in names:
            other, _, branch = name.rpartition("/")
            written = written_name(name, known)
            if written not in known and other in self.names:
                friend = self.file[other]
                theirs = {str(key) for key in friend.keys()}  # noqa: SIM118
                require(self.path, [written_name(branch, theirs)], theirs, f"branch of {other!r}")
                found[name] = (friend, friend[written_name(branch, theirs)])
            else:
                require(self.path, [written], known, "branch")
                found[name] = (self.tree, self.tree[written])
        lengths = {name: int(tree.num_entries) for name, (tree, _) in found.items()}
        if len(set(lengths.values())) > 1:
            stated = ", ".join(f"{name!r} {length:,}" for name, length in list(lengths.items())[:12])
            raise DataError(f"{self.path}: columns of unequal length: {stated}")
        for name, (tree, branch) in found.items():
            limit_rows(self.path, int(tree.num_entries), maximum_rows)
            _check_kind(self.path, name, branch, int(tree.num_entries), maximum_rows)
        return {name: branch for name, (_, branch) in found.items()}


def _check_kind(path: str, name: str, branch: Any, entries: int, maximum_rows: int) -> None:
    """Raise DataError for a branch of another kind, or too wide, before any of it is read."""
    from uproot.interpretation.jagged import AsJagged
    from uproot.interpretation.numerical import Numerical
    from uproot.interpretation.strings import AsStrings

    interpretation = getattr(branch, "interpretation", None)
    inner: tuple[int, ...] = ()
    if interpretation is None:  # a field of an RNTuple
        base, inner = _array_type(str(branch.typename))
        base = re.sub(r"^(?:std::vector|ROOT::VecOps::RVec)<(.+)>$", r"\1", base)
        known = _NUMBER.fullmatch(base.strip()) is not None or base == "std::string"
    elif isinstance(interpretation, Numerical):
        known, inner = True, tuple(getattr(interpretation, "inner_shape", ()))
    elif isinstance(interpretation, AsJagged):
        known = isinstance(interpretation.content, Numerical)
    else:
        known = isinstance(interpretation, AsStrings)
    if not known:
        raise DataError(f"{path}: branch {name!r} holds {branch.typename}, expected numbers or lists of numbers")
    limit_shape(path, name, (entries, *inner), maximum_rows)


def _column(path: str, name: str, branch: Any, start: int, stop: int | None) -> Column:
    import awkward as ak
    import numpy as np
    from uproot.interpretation.numerical import Numerical

    from symbench.data.tables.root_file import trivial_executors

    flat = isinstance(getattr(branch, "interpretation", None), Numerical)
    # Branch by branch: `tree.arrays` evaluates names as expressions, and files can define aliases.
    library = "np" if flat else "ak"
    array = branch.array(entry_start=start, entry_stop=stop, library=library, **trivial_executors())
    if flat:
        return _native(path, name, array)
    if "string" in str(array.type):
        return np.array(ak.to_list(array), dtype=np.str_)
    if array.ndim == 2 and "var" in str(array.type):
        counts = ak.to_numpy(ak.num(array, axis=1), allow_missing=False).astype(np.int64)
        return Lists(counts, _native(path, name, ak.to_numpy(ak.flatten(array, axis=1), allow_missing=False)))
    return _native(path, name, ak.to_numpy(array, allow_missing=False))


def _native(path: str, name: str, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if array.dtype.kind not in "fiub":
        raise DataError(f"{path}: branch {name!r} does not hold numbers but {array.dtype}")
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _array_type(typename: str) -> tuple[str, tuple[int, ...]]:
    """`std::array<std::array<float,3>,2>` → float, (2, 3)."""
    shape: list[int] = []
    while (match := re.fullmatch(r"std::array<(.+),\s*(\d+)>", typename)) is not None:
        typename = match[1]
        shape.append(int(match[2]))
    return typename, tuple(shape)
