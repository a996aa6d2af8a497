"""How a data set reaches the nodes of a cluster: once each, whatever the number of trials.

Ordinary data sets are in Ray's object store, which brings one copy to each node and maps it into every worker. A data
set of at least `Limits.file_from_bytes` would push everything else out of the object store: it becomes plain `.npy`
files in a folder of each node, which every worker maps. `$SYMBENCH_NODE_CACHE` names the folder; on a file system that
nodes share, the files are made once for all of them. If the driver itself has mapped the data from files (converted
jets) and the workers are on the same machine, nothing is copied: the workers map the same files.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import ray
from filelock import FileLock, Timeout

from symbench.data.container import Dataset, Provenance
from symbench.data.mapped import map_array, mapped_file
from symbench.data.sizes import Sizes
from symbench.data.splits import Pool
from symbench.errors import DataError
from symbench.executors.limits import Limits

_PIECE_BYTES = 256 * 1024**2
_AT_ONCE_S = 1.0


@dataclass(frozen=True)
class ArrayInPieces:
    """An array as bytes in the object store, in order."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    pieces: tuple[Any, ...]


@dataclass(frozen=True)
class SharedPool:
    """What is sent with a trial in place of its events: a reference to them, or the content of a node's files.

    files  (name, path) of each array, if the driver has mapped it on the machine of the workers
    """

    digest: str
    sizes: Sizes
    provenance: Provenance
    whole: Any = None
    arrays: tuple[ArrayInPieces, ...] = ()
    files: tuple[tuple[str, str], ...] = ()


def share(pool: Pool, file_from_bytes: int = Limits.file_from_bytes) -> SharedPool:
    """Put a data set into the object store: whole, or from `file_from_bytes` on in pieces that nodes write to files."""
    arrays = {f.name: v for f in fields(pool.data) if isinstance(v := getattr(pool.data, f.name), np.ndarray)}
    description = (pool.data.digest, pool.sizes, pool.data.provenance)
    if (files := _mapped(arrays)) is not None and _on_this_machine():
        return SharedPool(*description, files=files)
    if sum(array.nbytes for array in arrays.values()) < file_from_bytes:
        return SharedPool(*description, whole=ray.put(pool))
    return SharedPool(*description, arrays=tuple(_in_pieces(name, array) for name, array in arrays.items()))


def open_pool(shared: SharedPool, wait_s: float) -> Pool:
    """The events of a shared data set, mapped and not copied.

    Raises DataError if files cannot be made within `wait_s` seconds or do not have the data set's digest, and Ray's
    exception if the data do not arrive in that time.
    """
    key = (shared.digest, shared.sizes)
    if _opened and _opened[0][0] == key:
        return _opened[0][1]
    _opened.clear()  # so that the store can drop the last data set before the next arrives
    if shared.files:
        pool = Pool(
            Dataset(provenance=shared.provenance, **{n: map_array(Path(f)) for n, f in shared.files}), shared.sizes
        )
    else:
        pool = ray.get(shared.whole, timeout=wait_s) if shared.whole is not None else _from_files(shared, wait_s)
    _opened.append((key, pool))
    return pool


def open_at_once(shared: SharedPool) -> Pool | None:
    """The events if they are on this node or reach it within a second; else None, as for files that must be made.

    Raises DataError, and Ray's exceptions.
    """
    is_open = bool(_opened) and _opened[0][0] == (shared.digest, shared.sizes)
    if shared.arrays and not is_open:
        return None
    try:
        return open_pool(shared, _AT_ONCE_S)
    except ray.exceptions.GetTimeoutError:
        return None


_opened: list[tuple[tuple[str, Sizes], Pool]] = []  # the data set that this worker used last


def cache_folder() -> Path:
    """The folder of this node's files: `$SYMBENCH_NODE_CACHE`, or one of this user's in the temporary folder.

    Raises DataError if another user could have put files there.
    """
    setting = os.environ.get("SYMBENCH_NODE_CACHE")
    folder = Path(setting) if setting else Path(tempfile.gettempdir()) / f"symbench-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.stat()
    if not setting and (status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        raise DataError(f"{folder} can be written by others: name another folder by SYMBENCH_NODE_CACHE")
    return folder


def _mapped(arrays: dict[str, np.ndarray[Any, Any]]) -> tuple[tuple[str, str], ...] | None:
    """The files of the arrays, if each of them is a whole `.npy` file; None otherwise."""
    files = {name: mapped_file(array) for name, array in arrays.items()}
    if any(path is None for path in files.values()):
        return None
    return tuple((name, str(path.resolve())) for name, path in files.items() if path is not None)


def _on_this_machine() -> bool:
    """Whether all nodes have the loopback address, as in a cluster that a run starts."""
    return {node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]} == {"127.0.0.1"}


def _in_pieces(name: str, array: np.ndarray[Any, Any]) -> ArrayInPieces:
    raw = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    pieces = tuple(ray.put(raw[at : at + _PIECE_BYTES]) for at in range(0, len(raw), _PIECE_BYTES))
    return ArrayInPieces(name, array.dtype.str, array.shape, pieces)


def _from_files(shared: SharedPool, wait_s: float) -> Pool:
    root = cache_folder()
    folder = root / shared.digest
    give_up = time.monotonic() + wait_s
    if not folder.exists():
        # a lock of the kernel only, which ends with the process that holds it
        lock = FileLock(root / f"{shared.digest}.lock", timeout=wait_s, fallback_to_soft=False)
        try:
            with lock:
                if not folder.exists():
                    _make(folder, shared, give_up)
        except Timeout:
            raise DataError(f"another worker holds {lock.lock_file} for too long") from None
    return Pool(_map(folder, shared), shared.sizes)


def _make(folder: Path, shared: SharedPool, give_up: float) -> None:
    """Write the files to a temporary folder, compare them with the digest, and rename the folder."""
    beside = Path(tempfile.mkdtemp(prefix=f".{shared.digest[:16]}-", dir=folder.parent))
    try:
        for array in shared.arrays:
            with (beside / f"{array.name}.npy").open("wb") as file:
                header = {"descr": array.dtype, "fortran_order": False, "shape": array.shape}
                np.lib.format.write_array_header_2_0(file, header)
                for piece in array.pieces:
                    file.write(ray.get(piece, timeout=max(0.1, give_up - time.monotonic())).data)
                file.flush()
                os.fsync(file.fileno())  # the files are used for weeks, and their content is not verified again
        if _map(beside, shared).digest != shared.digest:
            raise DataError(f"the files written to {folder} differ from the data that were sent")
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _map(folder: Path, shared: SharedPool) -> Dataset:
    """The files as arrays that are read on access."""
    arrays = {}
    for array in shared.arrays:
        try:
            mapped = np.load(folder / f"{array.name}.npy", mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise DataError(f"{folder} is damaged, delete it: {error}") from error
        if (mapped.dtype.str, mapped.shape) != (array.dtype, array.shape):
            raise DataError(f"{folder} is damaged, delete it: {array.name} is {mapped.dtype.str} {mapped.shape}")
        arrays[array.name] = mapped
    return Dataset(provenance=shared.provenance, **arrays)
