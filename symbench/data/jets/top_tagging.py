"""The public Top Tagging reference (Zenodo record 2603256), read from its HDF5 files.

Each file, written by PyTables, holds one table `table/table` with a row a jet: `values_block_0` are E, px, py and pz of
200 constituents, padded with zeros, and of the true top quark; `values_block_1` are the number of the split and the
label. PyTables is not needed to read it, and nothing is unpickled.

arXiv:1902.09914, section 2: 14 TeV, Pythia 8 and Delphes, anti-kT jets of R = 0.8 with 550 to 650 GeV and |η| < 2.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.data.blocks import BLOCK_BYTES, Append, EventBlock, Fill, by_falling_pt, check_finite
from symbench.data.container import Provenance
from symbench.data.public.files import TOP_TAGGING_REFERENCE, PublicRecord, verify
from symbench.data.tables.hdf5_columns import is_hard_link, refuse_other_files
from symbench.data.tables.limits import first_line
from symbench.errors import DataError
from symbench.extras import require

TABLE = "table/table"
CONSTITUENTS = 200
READER = "1"  # raise it whenever the same files would give other arrays

_ROWS_BITS = 40  # of an event's identity; the bits above are the number of the file


def fill_from(record: PublicRecord, folder: Path, constituents: int) -> Fill:
    """A reader of the files in this folder, which verifies their checksums first."""

    def fill(append: Append) -> Provenance:
        files = [(record.locate(file, folder), file) for file in record.files]
        for path, file in files:
            verify(file, path)
        return read_reference([(path, file.jets or 0) for path, file in files], constituents, append)

    return fill


def read_reference(files: Sequence[tuple[Path, int]], constituents: int, append: Append) -> Provenance:
    """Append all jets of the training, the validation and the test file.

    files         (path, expected number of rows), in that order
    constituents  number of constituents kept, at most 200; vectors stay float32, as in the files

    The split is that of the files: jets are identified by file and row. The provenance notes the number of jets whose
    four leading constituents equal those of another jet. Raises DataError.
    """
    leading: list[npt.NDArray[np.uint64]] = []
    for part, (path, rows) in enumerate(files):
        for start, vectors, label in jets_of(path, rows, constituents):
            mask = vectors[..., 0] > 0
            check_finite(str(path), {"values_block_0": vectors})
            ordered, mask, _ = by_falling_pt(vectors, mask)
            leading.append(_fingerprint(ordered))
            identity = np.uint64(part << _ROWS_BITS) + np.arange(start, start + len(label), dtype=np.uint64)
            append(EventBlock(ordered, mask, label, identity, part=np.full(len(label), part, dtype=np.uint8)))
    prints = np.concatenate(leading)
    repeated = len(prints) - len(np.unique(prints))
    return Provenance(
        source="Top Tagging reference: " + ", ".join(path.name for path, _ in files),
        selection=(
            "the reference's own split: "
            + ", ".join(f"{rows:,} jets of {path.name}" for path, rows in files)
            + f"; the {constituents} leading constituents"
        ),
        licence="CC-BY-4.0",
        record=TOP_TAGGING_REFERENCE.page,
        notes=(
            "four-momenta as recorded, in single precision: massless up to rounding",
            f"{repeated:,} jets have the four leading constituents of another jet of the files",
        ),
    )


def jets_of(path: Path, rows: int, constituents: int) -> Any:
    """Blocks of one file: (first row, vectors (n, constituents, 4) float32, label (n,)). Raises DataError."""
    require("h5py", "data")
    import h5py

    with contextlib.suppress(ImportError):
        importlib.import_module("hdf5plugin")  # some copies of the files are compressed with Blosc
    try:
        with h5py.File(path, "r") as file:
            table = _table(path, file)
            if len(table) != rows:
                raise DataError(f"{path}: {len(table):,} jets, expected {rows:,}")
            step = max(1, BLOCK_BYTES // table.dtype.itemsize)
            for start in range(0, rows, step):
                # whole rows: h5py would convert row by row to extract a field
                block = table[start : min(start + step, rows)]
                vectors = np.ascontiguousarray(block["values_block_0"][:, : 4 * constituents], dtype=np.float32)
                yield start, vectors.reshape(-1, constituents, 4), _label(path, block["values_block_1"][:, 1])
    except DataError:
        raise
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        lacking = "filter" in str(error) or "plugin" in str(error)
        hint = ": it is compressed with a filter that h5py lacks, run `pip install hdf5plugin`" if lacking else ""
        raise DataError(f"{path}: not readable as HDF5: {first_line(error)}{hint}") from error


def _table(path: Path, file: Any) -> Any:
    """The table, after its layout is checked; no row is read here."""
    import h5py

    if not is_hard_link(file, TABLE) or not isinstance(table := file[TABLE], h5py.Dataset):
        raise DataError(f"{path}: no table {TABLE!r}: not a file of the Top Tagging reference")
    refuse_other_files(str(path), table)
    fields: Any = table.dtype.fields or {}
    for name, kind, width in (("values_block_0", "f", 4 * CONSTITUENTS), ("values_block_1", "i", 2)):
        dtype: Any = fields[name][0] if name in fields else np.dtype(bool)
        if dtype.base.kind != kind or len(dtype.shape) != 1 or not width <= dtype.shape[0] <= 2 * width:
            raise DataError(f"{path}: {name!r} of {TABLE!r} is {dtype}, expected at least {width} numbers a jet")
    if table.ndim != 1 or table.dtype.itemsize > 100_000:
        raise DataError(f"{path}: {TABLE!r} has shape {table.shape} and {table.dtype.itemsize:,} bytes a row")
    return table


def _label(path: Path, column: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    label = column.astype(np.int64)
    if len(wrong := label[(label != 0) & (label != 1)]):
        raise DataError(f"{path}: a label is {wrong[0]}, expected 0 for QCD and 1 for top")
    return label


def _fingerprint(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.uint64]:
    """A 64-bit hash of the four leading constituents of each jet."""
    from symbench.data.hashing import hash_ids

    words = np.ascontiguousarray(vectors[:, :4]).reshape(len(vectors), -1).view(np.uint64)
    hashes = np.zeros(len(vectors), dtype=np.uint64)
    for index, word in enumerate(words.T):
        hashes = hash_ids(hashes ^ word, index)
    return hashes
