"""Made data sets on disk: plain arrays and a description, written atomically and verified when read."""

from __future__ import annotations

import json
import logging
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from symbench.data.container import Dataset, Provenance
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


def write(folder: Path, identity: Mapping[str, Any], data: Dataset) -> None:
    """Keep a data set; a reader sees the whole of it or, at any moment before, nothing that verifies."""
    arrays = {f.name: v for f in fields(data) if isinstance(v := getattr(data, f.name), np.ndarray)}
    description = {"digest": data.digest, "identity": dict(identity), "provenance": asdict(data.provenance)}
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / ARRAYS, lambda file: np.savez(file, allow_pickle=False, **arrays))
    text = json.dumps(description, indent=1, sort_keys=True) + "\n"
    replace_file(folder / DESCRIPTION, lambda file: file.write(text.encode()))


def read(folder: Path, identity: Mapping[str, Any]) -> Dataset:
    """The data set kept in `folder`; raises DataError when it is damaged or another than `identity` says."""
    try:
        description = json.loads((folder / DESCRIPTION).read_bytes())
        if description["identity"] != json.loads(json.dumps(dict(identity))):
            raise DataError(f"{folder} holds data of another recipe")
        stated = description["provenance"]
        provenance = Provenance(**{**stated, "notes": tuple(stated["notes"])})
        with (folder / ARRAYS).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            data = Dataset(provenance=provenance, **arrays)
        digest = description["digest"]
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise DataError(f"{folder} is damaged: {type(error).__name__}: {error}") from error
    if data.digest != digest:
        raise DataError(f"the data in {folder} are not what was written there")
    return data
