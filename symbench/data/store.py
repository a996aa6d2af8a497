"""Data sets on disk: plain arrays and a description, written atomically and verified when read.

Generated data, which fit into memory, are stored as one archive. Converted files, of any size, are written block by
block as one `.npy` file for each array, which is memory-mapped for reading: nothing is copied until a trial draws its
events.

Every writer works in files of its own and renames them into place; there is no lock.
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from symbench.data.blocks import Fill, arrays_of
from symbench.data.container import Dataset, Provenance
from symbench.data.mapped import ArrayWriter, map_array
from symbench.errors import DataError, InfrastructureError
from symbench.files import replace_file

ARRAYS = "arrays.npz"
DESCRIPTION = "dataset.json"

_log = logging.getLogger(__name__)


def load_or_make(folder: Path, identity: Mapping[str, Any], make: Callable[[], Dataset]) -> Dataset:
    """The data set stored in `folder`, or else the result of `make`, which is then stored there.

    Stored data are used if their identity is the same and the digest of the arrays is the one noted at writing;
    otherwise they are replaced. Raises InfrastructureError if the folder cannot be written.
    """
    if (folder / DESCRIPTION).exists():
        try:
            return read(folder, identity)
        except DataError as error:
            _log.warning("generating the data again: %s", error)
    data = make()
    try:
        write(folder, identity, data)
    except OSError as error:
        raise InfrastructureError(f"cannot store the data in {folder}: {error}") from error
    return data


def load_or_convert(folder: Path, identity: Mapping[str, Any], fill: Fill) -> Dataset:
    """The data set stored in `folder`, memory-mapped, or else the blocks that `fill` reads, then stored there.

    Memory is needed for one block and for the identities of the events, whatever the size of the data. Raises what
    `fill` raises (DataError), and InfrastructureError if the folder cannot be written.
    """
    if (folder / DESCRIPTION).exists():
        try:
            return read(folder, identity)
        except DataError as error:
            _log.warning("converting the data again: %s", error)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name[:16]}-", dir=folder.parent))
    except OSError as error:
        raise InfrastructureError(f"cannot store the data in {folder}: {error}") from error
    try:
        provenance = _fill(beside, fill)
        data = _map(beside, provenance)
        _describe(beside, identity, data)
        shutil.rmtree(folder, ignore_errors=True)
        beside.chmod(0o755)
        beside.rename(folder)
        return read(folder, identity, digest=data.digest)
    except OSError as error:
        raise InfrastructureError(f"cannot store the data in {folder}: {error}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def write(folder: Path, identity: Mapping[str, Any], data: Dataset) -> None:
    """Store a data set; at any moment a reader gets the complete data set or none that verifies. Raises OSError."""
    arrays = {f.name: v for f in fields(data) if isinstance(v := getattr(data, f.name), np.ndarray)}
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / ARRAYS, lambda file: np.savez(file, allow_pickle=False, **arrays))
    _describe(folder, identity, data)


def _describe(folder: Path, identity: Mapping[str, Any], data: Dataset) -> None:
    description = {"digest": data.digest, "identity": dict(identity), "provenance": asdict(data.provenance)}
    text = json.dumps(description, indent=1, sort_keys=True) + "\n"
    replace_file(folder / DESCRIPTION, lambda file: file.write(text.encode()))


def read(folder: Path, identity: Mapping[str, Any], digest: str | None = None) -> Dataset:
    """The data set stored in `folder`; raises DataError if it is damaged or has another identity.

    digest  the digest of the content, if it was computed just before; else it is computed here
    """
    try:
        description = json.loads((folder / DESCRIPTION).read_bytes())
        if description["identity"] != json.loads(json.dumps(dict(identity))):
            raise DataError(f"{folder} holds data of another recipe")
        stated = description["provenance"]
        provenance = Provenance(**{**stated, "notes": tuple(stated["notes"])})
        if (folder / ARRAYS).exists():
            with (folder / ARRAYS).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                data = Dataset(provenance=provenance, **arrays)
        else:
            data = _map(folder, provenance)
        stated_digest = description["digest"]
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise DataError(f"{folder} is damaged: {type(error).__name__}: {error}") from error
    if (digest or data.digest) != stated_digest:
        raise DataError(f"the data in {folder} differ from what was written there")
    return data


def _fill(folder: Path, fill: Fill) -> Provenance:
    with ExitStack() as files:
        writers: dict[str, ArrayWriter] = {}

        def append(block: Any) -> None:
            arrays = arrays_of(block)
            if not writers:
                writers.update({name: files.enter_context(ArrayWriter(folder / f"{name}.npy")) for name in arrays})
            for name, array in arrays.items():
                writers[name].append(array)

        return fill(append)


def _map(folder: Path, provenance: Provenance) -> Dataset:
    names = [f.name for f in fields(Dataset) if f.name != "provenance"]
    arrays = {name: map_array(folder / f"{name}.npy") for name in names if (folder / f"{name}.npy").exists()}
    return Dataset(provenance=provenance, **arrays)
