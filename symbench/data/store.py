"""Made data sets on disk: plain arrays and a description, written atomically and verified when read.

What fits into memory is kept as one archive. Converted files, of any size, are written block by block as one `.npy`
file an array, which readers map: nothing is copied until a trial draws its events.
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
    """The data set kept in `folder`, or the one that `make` gives, which is then kept there.

    What is kept has to carry the same identity and its arrays the digest noted when they were written; anything
    else is made anew. Raises InfrastructureError when the folder cannot be written.
    """
    if (folder / DESCRIPTION).exists():
        try:
            return read(folder, identity)
        except DataError as error:
            _log.warning("making the data again: %s", error)
    data = make()
    try:
        write(folder, identity, data)
    except OSError as error:
        raise InfrastructureError(f"cannot keep the data in {folder}: {error}") from error
    return data


def load_or_convert(folder: Path, identity: Mapping[str, Any], fill: Fill) -> Dataset:
    """The data set kept in `folder`, mapped, or what `fill` reads block by block, which is then kept there.

    Memory is needed for a block and for the identities of the events, whatever the size of the data. Raises DataError
    for what `fill` finds wrong, InfrastructureError when the folder cannot be written.
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
        raise InfrastructureError(f"cannot keep the data in {folder}: {error}") from error
    try:
        provenance = _fill(beside, fill)
        data = _map(beside, provenance)
        _describe(beside, identity, data)
        shutil.rmtree(folder, ignore_errors=True)
        beside.chmod(0o755)
        beside.rename(folder)
        return read(folder, identity, digest=data.digest)
    except OSError as error:
        raise InfrastructureError(f"cannot keep the data in {folder}: {error}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def write(folder: Path, identity: Mapping[str, Any], data: Dataset) -> None:
    """Keep a data set; a reader sees the whole of it or, at any moment before, nothing that verifies."""
    arrays = {f.name: v for f in fields(data) if isinstance(v := getattr(data, f.name), np.ndarray)}
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / ARRAYS, lambda file: np.savez(file, allow_pickle=False, **arrays))
    _describe(folder, identity, data)


def _describe(folder: Path, identity: Mapping[str, Any], data: Dataset) -> None:
    description = {"digest": data.digest, "identity": dict(identity), "provenance": asdict(data.provenance)}
    text = json.dumps(description, indent=1, sort_keys=True) + "\n"
    replace_file(folder / DESCRIPTION, lambda file: file.write(text.encode()))


def read(folder: Path, identity: Mapping[str, Any], digest: str | None = None) -> Dataset:
    """The data set kept in `folder`; raises DataError when it is damaged or another than `identity` says.

    digest  of the content where it was computed a moment ago and need not be again
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
        raise DataError(f"the data in {folder} are not what was written there")
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
