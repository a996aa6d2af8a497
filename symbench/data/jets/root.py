"""ROOT trees of jets, read block by block: only the named branches, each into one flat array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.data.blocks import BLOCK_BYTES
from symbench.data.tables.limits import first_line, require
from symbench.errors import DataError

Flat = npt.NDArray[Any]
Counts = npt.NDArray[np.int64]

MAXIMUM_ENTRIES = 1_000_000_000


class Tree:
    """One tree of an open file: its branch names, and blocks of selected branches."""

    def __init__(self, path: Path, tree: Any) -> None:
        self.path, self._tree = path, tree
        self.branches = frozenset(map(str, tree.keys()))
        self.entries = int(tree.num_entries)
        if not 0 <= self.entries <= MAXIMUM_ENTRIES:
            raise DataError(f"{path}: {self.entries:,} entries, at most {MAXIMUM_ENTRIES:,} are read")

    def require(self, names: Sequence[str]) -> None:
        """Raise DataError for the first branch that is missing, with the nearest existing name."""
        require(str(self.path), names, self.branches, "branch")

    def blocks(self, names: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Awkward arrays of these branches, about BLOCK_BYTES at a time, in the order of the entries."""
        from symbench.data.tables.root_file import trivial_executors

        self.require(names)
        size = sum(int(getattr(self._tree[name], "uncompressed_bytes", 0) or 0) for name in names)
        step = max(100, min(self.entries, BLOCK_BYTES * self.entries // max(size, 1)))
        for start in range(0, self.entries, step):
            stop = min(start + step, self.entries)
            # Branch by branch: `tree.arrays` evaluates names as expressions, and files can define aliases.
            yield {
                name: self._tree[name].array(entry_start=start, entry_stop=stop, library="ak", **trivial_executors())
                for name in names
            }


@contextmanager
def open_tree(path: Path, key: str | None) -> Iterator[Tree]:
    """The tree of this name in a local file; None selects the only tree.

    Any exception inside the `with` block is raised as DataError: a broken file raises almost any inside uproot.
    """
    from symbench.data.tables.root_file import open_root

    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    try:
        with open_root(str(path)) as file:
            trees = sorted(set(file.keys(filter_classname=["TTree", "ROOT::RNTuple"], cycle=False)))
            if key is None and len(trees) != 1:
                raise DataError(f"{path}: set `key` to one of the trees {', '.join(trees) or '(none)'}")
            require(str(path), [key] if key is not None else [], trees, "tree")
            yield Tree(path, file[key or trees[0]])
    except DataError:
        raise
    except Exception as error:
        raise DataError(f"{path}: not readable as ROOT: {type(error).__name__}: {first_line(error)}") from error


def flat(path: Path, name: str, array: Any) -> Flat:
    """A branch with one number an entry as an array (n,); raises DataError for any other branch."""
    import awkward as ak

    if array.ndim != 1:
        raise DataError(f"{path}: branch {name!r} holds {array.type}, expected one number an entry")
    return _numbers(path, name, ak.to_numpy(array, allow_missing=False))


def ragged(path: Path, arrays: dict[str, Any]) -> tuple[Counts, dict[str, Flat]]:
    """Branches with a list of numbers an entry: their common lengths (n,), and the values of each, concatenated.

    Raises DataError for a branch that does not hold lists, or whose lengths differ from those of the first branch.
    """
    import awkward as ak

    counts: Counts | None = None
    columns: dict[str, Flat] = {}
    for name, array in arrays.items():
        if array.ndim != 2:
            raise DataError(f"{path}: branch {name!r} holds {array.type}, expected a list of numbers an entry")
        own = ak.to_numpy(ak.num(array, axis=1), allow_missing=False).astype(np.int64)
        if counts is None:
            counts, first = own, name
        elif not np.array_equal(own, counts):
            row = int(np.flatnonzero(own != counts)[0])
            raise DataError(
                f"{path}: branches {first!r} and {name!r} have {counts[row]} and {own[row]} values in the same entry"
            )
        columns[name] = _numbers(path, name, ak.to_numpy(ak.flatten(array, axis=1), allow_missing=False))
    assert counts is not None, "no branch is selected"
    return counts, columns


def _numbers(path: Path, name: str, array: Flat) -> Flat:
    if array.dtype.kind not in "fiub":
        raise DataError(f"{path}: branch {name!r} does not hold numbers but {array.dtype}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise DataError(f"{path}: branch {name!r} is not finite in {np.count_nonzero(~np.isfinite(array))} values")
    return array.astype(array.dtype.newbyteorder("="), copy=False)
