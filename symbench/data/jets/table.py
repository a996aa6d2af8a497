"""Jets from the user's files: tables and trees in every registered format, and NanoAOD.

A file holds one class, or the class of each jet in a column. Only the named columns are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from symbench.data.blocks import Append, Distinct, EventBlock, collect, from_ragged
from symbench.data.container import Dataset, Provenance
from symbench.data.hashing import hash_ids, row_ids
from symbench.data.jets.components import PATTERN, components_of, numbered_columns, weighted
from symbench.data.jets.constituents import Sums, check_sums, clean
from symbench.data.jets.nanoaod import read_nano
from symbench.data.jets.request import JetFile, JetRequest
from symbench.data.jets.root import open_tree
from symbench.data.jets.whole_jets import JetChecks
from symbench.data.tables import rows as table_rows
from symbench.data.tables.base import Lists
from symbench.data.tables.classes import MISSING, OTHER, classes_of, one_label, values_in
from symbench.data.tables.columns import MAXIMUM_ROWS, ColumnSource, numbers, read_blocks
from symbench.data.tables.parts import PARTS, groups_of, parts_of_column, parts_of_groups
from symbench.data.tables.placeholders import stand_in
from symbench.data.tables.table import file_digest, names_of_files
from symbench.data.tables.tally import Tally
from symbench.data.weights import description
from symbench.errors import DataError

READER = "3"  # raise it whenever the same files would give other arrays

Values = npt.NDArray[Any]


@dataclass
class _Reading:
    """What is counted while the files of one request are read."""

    tally: Tally
    sums: Sums = field(default_factory=Sums)
    checks: JetChecks = field(default_factory=JetChecks)
    distinct: Distinct = field(default_factory=Distinct)
    alike: Distinct = field(default_factory=Distinct)  # jets with their classes
    notes: dict[str, None] = field(default_factory=dict)
    seen: dict[str, None] = field(default_factory=dict)
    weights: list[npt.NDArray[np.float64]] = field(default_factory=list)
    rows: int = 0


class _Jets(NamedTuple):
    """A block of jets with what its file states of each: label, event and part, if there are such columns."""

    block: EventBlock
    label: Values | None
    groups: npt.NDArray[np.uint64] | None
    part: Values | None


def digests(files: Sequence[JetFile | tuple[int | None, str]]) -> list[list[Any]]:
    """Class and SHA-256 of each file, and its part if it has one; raises DataError."""
    every = [JetFile(*file) for file in files]
    return [[f.number, file_digest(f.path), *([f.part, f.word] if f.part is not None else [])] for f in every]


@lru_cache(maxsize=2)
def read_all(files: tuple[JetFile, ...], request: JetRequest, stamps: tuple[str, ...]) -> Dataset:
    """All jets of the files, in memory; cached for the same `stamps`. Raises DataError."""
    return collect(lambda append: read_jets(files, request, append))


def read_jets(files: Sequence[JetFile | tuple[int | None, str]], request: JetRequest, append: Append) -> Provenance:
    """Append the jets of these files; raises DataError."""
    every = [JetFile(*file) for file in files]
    named = names_of_files([file.path for file in every])
    reading = _Reading(Tally(request.accept))
    classes = range(len(request.classes))
    have = dict.fromkeys(classes, 0)
    in_part = dict.fromkeys(range(3), 0)
    most = None if request.jets is None else request.jets // len(request.classes)
    for file in every:
        for jets in _blocks(Path(file.path), request.for_word(file.word), reading):
            block = jets.block
            label = (
                np.full(len(block), file.number)
                if file.number is not None
                else _label(file.path, jets.label, request, reading)
            )
            part = _part(file, jets, request)
            if request.nano is not None and file.number is not None:  # every simulated sample numbers events from 1
                block = replace(block, event_id=hash_ids(block.event_id, file.number + 1))
            known = np.flatnonzero((label >= 0) & (part >= 0 if part is not None else True))
            rows = known[reading.distinct.new(block.event_id[known])]
            reading.alike.new(hash_ids(block.event_id[known] ^ label[known].astype(np.uint64), 2))
            reading.rows += len(known)
            if most is not None:
                rows = np.sort(np.concatenate([rows[label[rows] == c][: most - have[c]] for c in classes]))
            for c in classes:
                have[c] += int(np.count_nonzero(label[rows] == c))
            if len(rows):
                taken = block.take(rows)
                groups = None if jets.groups is None else jets.groups[rows]
                parts = None if part is None else part[rows].astype(np.uint8)
                reading.checks.add(Path(file.path).name, taken.vectors, groups, parts)
                if taken.weight is not None:
                    reading.weights.append(taken.weight)
                for number in in_part:
                    in_part[number] += 0 if parts is None else int(np.count_nonzero(parts == number))
                append(replace(taken, label=label[rows].astype(np.int64), part=parts))
            if most is not None and all(have[c] >= most for c in (classes if file.number is None else [file.number])):
                break
    if any(count == 0 for count in have.values()):
        seen = "".join(f"; {sentence}" for sentence in reading.tally.sentences())
        if reading.seen:
            wanted = ", ".join(map(str, request.classes))
            seen += f"; the label holds {', '.join(reading.seen)}, `classes` states {wanted}"
        raise DataError(f"{named}: {have} jets by class: a class has none{seen}")
    if most is not None and any(have[c] < most for c in classes):
        raise DataError(f"{named}: {have} jets by class, `jets` needs {most:,} of each")
    total = sum(have.values())
    if reading.weights and not sum(float(weight.sum()) for weight in reading.weights) > 0:
        raise DataError(f"{named}: the weights {request.weight!r} do not add up to a positive number")
    check_sums(named, request.layout(), reading.tally, reading.sums)
    if every[0].number is None:
        reading.checks.widths.clear()
    reading.checks.finish(named, request.unit, reading.tally)
    repeated = reading.distinct.repeated
    if repeated > 0.5 * reading.rows:
        reading.tally.stop("repeated", f"{named}: {repeated:,} of {reading.rows:,} jets repeat another one")
    reading.tally.add(repeated - reading.alike.repeated, "of the repeated jets are of another class")
    by_class = f"{' and '.join(f'{n:,}' for n in have.values())} by class, " if len(have) > 1 else ""
    split = "; ".join(f"{n:,} {PARTS[number]}" for number, n in in_part.items() if n)
    return Provenance(
        source=f"{named} ({request.format})",
        selection="; ".join(
            (
                f"{total:,} jets, {by_class}{repeated:,} repeated ones dropped",
                f"the {request.constituents} leading constituents",
                *reading.tally.sentences(),
            )
        ),
        licence="not stated",
        record="; ".join(f"sha256:{file_digest(file.path)}" for file in every),
        notes=(
            f"components: {', '.join(request.components) or 'NanoAOD'} ({request.coordinates})",
            *([f"unit: {request.unit}"] if request.unit is not None else []),
            *([f"own split: {split}"] if split else []),
            *([f"weight {request.weight}: {description(np.concatenate(reading.weights))}"] if reading.weights else []),
            *reading.notes,
        ),
    )


def _label(path: str, values: Values | None, request: JetRequest, reading: _Reading) -> npt.NDArray[np.int64]:
    """The class of each jet, negative for a value that belongs to no class; those are counted."""
    if values is None:
        raise DataError(f"{path}: set `label` to the column of the class, or name one file for each class")
    label = classes_of(values, request.classes, request.class_names)
    for value in values_in(values):
        if len(reading.seen) < 9:
            reading.seen[value] = None
    reading.tally.add(int((label == OTHER).sum()), "jets of other labels left out")
    reading.tally.add(int((label == MISSING).sum()), "jets without a label left out")
    return label


def _part(file: JetFile, jets: _Jets, request: JetRequest) -> npt.NDArray[np.int64] | None:
    """The part of each jet, if the suite or the file states a split, or events stay together."""
    if file.part is not None:
        return np.full(len(jets.block), file.part, dtype=np.int64)
    if jets.part is not None:
        return jets.part
    if jets.groups is not None and request.fractions is not None:
        return parts_of_groups(jets.groups, *request.fractions)
    return None


def _blocks(path: Path, request: JetRequest, reading: _Reading) -> Iterator[_Jets]:
    if request.nano is None:
        yield from _table(str(path), request, reading)
        return
    with open_tree(path, request.key or "Events") as tree:
        for block, values in read_nano(tree, request.nano, reading.tally):
            yield _Jets(block, values, None, None)


def _table(path: str, request: JetRequest, reading: _Reading) -> Iterator[_Jets]:
    """Jets of a table or tree with a row a jet."""
    source = ColumnSource(request.format, request.key, request.offsets)
    numbered = PATTERN.search("".join(request.components)) is not None
    names = numbered_columns(path, request, source) if numbered else list(request.components)
    others = [*request.labels(), *request.event_id, *table_rows.columns_of(request.where)]
    others += [name for name in (request.split, request.constituent_weight, request.weight) if name is not None]
    drop = [*request.labels(), *request.event_id] if request.drop_missing else []
    drop += names if request.drop_missing and request.padding != "nan" else []
    drop += [request.weight] if request.drop_missing and request.weight is not None else []
    for note in source.reader().notes(path):
        reading.notes[note] = None
    first_row = 0
    for columns in read_blocks(path, [*names, *others], source, MAXIMUM_ROWS):
        rows = len(next(iter(columns.values())))
        if not rows:
            continue
        columns = table_rows.select(path, columns, request.where, drop, reading.tally, "jets")
        counts, parts = components_of(path, names, columns, request)
        if request.constituent_weight is not None:
            factors = columns[request.constituent_weight]
            parts = weighted(
                path, request.constituent_weight, factors, counts, parts, request.coordinates, reading.tally
            )
        if counts.size and not isinstance(columns[names[0]], Lists):
            reading.checks.widths[Path(path).name] = min(int(counts[0]), request.constituents)
        kept, momenta = clean(path, first_row, counts, parts, request.layout(), reading.tally, reading.sums)
        label = one_label(path, request.labels(), [columns[n] for n in request.labels()]) if request.label else None
        groups, part = None, None
        if request.event_id:
            groups = groups_of(path, request.event_id, [columns[n] for n in request.event_id], reading.tally)
        if request.split is not None:
            part = parts_of_column(path, request.split, columns[request.split], request.split_values, reading.tally)
        vectors, mask = from_ragged(kept, momenta, request.constituents)
        zeros = np.zeros(len(vectors), dtype=np.int64)
        weight = (
            None
            if request.weight is None
            else _weight(path, request.weight, columns[request.weight], first_row, reading.tally)
        )
        jets = _Jets(EventBlock(vectors, mask, zeros, row_ids(vectors), weight=weight), label, groups, part)
        yield _without_empty(path, first_row, jets, request, reading)
        first_row += rows
    if not first_row:
        reading.tally.add(1, f"file without rows ({Path(path).name})")


def _weight(path: str, name: str, column: Any, first_row: int, tally: Tally) -> npt.NDArray[np.float64]:
    weight = numbers(path, name, column)
    if weight.ndim == 2 and weight.shape[1] == 1:
        weight = weight[:, 0]
    if weight.ndim != 1:
        raise DataError(f"{path}: weight {name!r} has shape {weight.shape}, expected one number a row")
    bad = np.flatnonzero(~np.isfinite(weight))
    if len(bad):
        raise DataError(
            f"{path}: weight {name!r} is missing or not finite in {len(bad):,} jets, first in entry "
            f"{first_row + int(bad[0]) + 1} of the file; `drop_missing: true` leaves them out"
        )
    found = stand_in([weight])
    if found is not None:
        tally.stop(
            "stand-in",
            f"{path}: weight {name!r} is {found[0]:g} in {int(found[1].sum()):,} jets, which usually stands for a "
            f'missing value: leave them out by `where`, as in `{name}: "!= {found[0]:g}"`',
        )
    return weight.astype(np.float64)


def _without_empty(path: str, first_row: int, jets: _Jets, request: JetRequest, reading: _Reading) -> _Jets:
    real = np.asarray(jets.block.mask.any(axis=1))
    empty = int((~real).sum())
    if not empty:
        return jets
    # in a file whose energies are wrong most jets are empty: that check says more
    if not request.drop_empty:
        check_sums(path, request.layout(), reading.tally, reading.sums)
        row = first_row + int(np.flatnonzero(~real)[0]) + 1
        raise DataError(
            f"{path}: {empty:,} jets without a constituent of positive energy, first in entry {row}; set "
            "`drop_empty: true` to leave them out"
        )
    reading.tally.add(empty, "jets without a constituent left out")
    return _Jets(jets.block.take(real), *(None if array is None else array[real] for array in jets[1:]))
