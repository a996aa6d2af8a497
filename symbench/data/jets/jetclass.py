"""JetClass: jets of ten classes in ROOT files of 100,000 each (Zenodo record 6619768, arXiv:2202.03772).

A file is named after its process, as in `TTBar_003.root`; its tree `tree` has an entry a jet, with lists `part_px`, …
of the constituents and a flag `label_…` for each class. The record's own split consists of three folders.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from symbench.data.container import Provenance, content_ids
from symbench.errors import DataError, MissingDataError

PROCESSES = {
    "QCD": "ZJetsToNuNu",
    "Hbb": "HToBB",
    "Hcc": "HToCC",
    "Hgg": "HToGG",
    "H4q": "HToWW4Q",
    "Hqql": "HToWW2Q1L",
    "Zqq": "ZToQQ",
    "Wqq": "WToQQ",
    "Tbqq": "TTBar",
    "Tbl": "TTBarLep",
}
"""Class, named as its label → the process that its files are named after."""

SPLIT = ("train_100M", "val_5M", "test_20M")
READER = "1"  # raise it whenever the same files would give other arrays

_MOMENTA = ("part_energy", "part_px", "part_py", "part_pz")
_IDENTITY = (
    "part_charge",
    "part_isChargedHadron",
    "part_isNeutralHadron",
    "part_isPhoton",
    "part_isElectron",
    "part_isMuon",
)
_ENDS = 2**16  # bytes at either end of a file that are hashed

Files = Mapping[str, tuple[Sequence[Path], ...]]
"""Class → its files in each of the three parts of a split folder; in one part if the folder is not split."""


def files_of(folder: Path, classes: Sequence[str]) -> Files:
    """The ROOT files of each class; raises MissingDataError for a class without any."""
    split = all((folder / name).is_dir() for name in SPLIT)
    places = [folder / name for name in SPLIT] if split else [folder]
    files = {c: tuple(tuple(sorted(place.rglob(f"{PROCESSES[c]}_*.root"))) for place in places) for c in classes}
    for name, parts in files.items():
        for place, paths in zip(places, parts, strict=True):
            if not paths:
                raise MissingDataError(f"{place}: no file {PROCESSES[name]}_*.root of the class {name}")
    return files


def fingerprint(files: Files) -> dict[str, list[str]]:
    """Class → `ends_of` each of its files: identifies them without reading gigabytes.

    A ROOT file begins with an identifier drawn at random when it was written, and ends with the directory of its
    content. A change between the ends that alters neither is not detected.
    """
    return {name: [ends_of(path) for part in parts for path in part] for name, parts in files.items()}


def ends_of(path: Path) -> str:
    """Name, size, and a hash of the first and last 64 KiB of a file; raises DataError."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(_ENDS)
            file.seek(max(0, size - _ENDS))
            digest = hashlib.sha256(head + file.read(_ENDS)).hexdigest()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    return f"{path.name}:{size}:{digest}"


def read_jetclass(
    files: Files, wanted: Sequence[int], constituents: int, *, identification: bool, append: Any
) -> Provenance:
    """Append the first jets of one class after another: `wanted[part]` jets of every class from each part.

    identification  add charge and kind of the constituents (`particle_id.NAMES`) as features

    Raises DataError if there are too few jets or a file is not one of JetClass.
    """
    from symbench.data.blocks import Distinct

    distinct = Distinct()
    for number, (name, parts) in enumerate(files.items()):
        for part, (paths, count) in enumerate(zip(parts, wanted, strict=True)):
            own = part if len(parts) > 1 else None
            have = 0
            for path in paths:
                if have < count:
                    have += _read(path, name, number, own, count - have, constituents, identification, distinct, append)
            if have < count:
                raise DataError(
                    f"JetClass: {have:,} jets of the class {name} in {len(paths)} files, {count:,} are needed"
                )
    return Provenance(
        source="JetClass: " + ", ".join(f"{name} ({PROCESSES[name]})" for name in files),
        selection=(
            f"the first {sum(wanted):,} jets of each class in the order of the files, "
            + ("in the record's own split" if len(wanted) > 1 else "of one folder without a split")
            + f"; the {constituents} leading constituents"
        ),
        licence="CC-BY-4.0",
        record="https://zenodo.org/records/6619768",
        notes=(f"{distinct.repeated:,} repeated jets left out",),
    )


def _read(
    path: Path,
    name: str,
    number: int,
    part: int | None,
    count: int,
    constituents: int,
    identification: bool,
    distinct: Any,
    append: Any,
) -> int:
    """Append up to `count` jets of one file; returns how many were appended."""
    from symbench.data.blocks import EventBlock, from_ragged
    from symbench.data.jets.root import flat, open_tree, ragged

    flag = f"label_{name}"
    names = [*_MOMENTA, *(_IDENTITY if identification else ())]
    have = 0
    with open_tree(path, "tree") as tree:
        for arrays in tree.blocks([*names, flag]):
            chosen = flat(path, flag, arrays.pop(flag)).astype(bool)
            counts, columns = ragged(path, {branch: arrays[branch][chosen] for branch in names})
            padded, mask = from_ragged(counts, [columns[branch] for branch in names], constituents)
            vectors = padded[..., :4].astype(np.float32) if _single(columns) else padded[..., :4]
            event_id = content_ids(vectors)
            rows = distinct.new(event_id)[: count - have]
            block = EventBlock(
                vectors,
                mask,
                np.full(len(vectors), number, dtype=np.int64),
                event_id,
                padded[..., 4:].astype(np.float32) if identification else None,
                None if part is None else np.full(len(vectors), part, dtype=np.uint8),
            )
            append(block.take(rows))
            have += len(rows)
            if have >= count:
                break
    return have


def _single(columns: Mapping[str, Any]) -> bool:
    return all(columns[branch].dtype == np.float32 for branch in _MOMENTA)
