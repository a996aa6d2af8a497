"""Trajectories of the user's files: rows of time and state, cut into windows that serve as orbits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.data.container import Dataset, Provenance, content_ids
from symbench.data.hashing import hash_ids
from symbench.data.orbits.slopes import ROWS, local_slopes
from symbench.data.tables.columns import MAXIMUM_ROWS, ColumnSource, missing, numbers, read_columns
from symbench.data.tables.grammar import Check, Condition
from symbench.data.tables.parts import groups_of
from symbench.data.tables.rows import columns_of, select
from symbench.data.tables.table import file_digest, names_of_files
from symbench.data.tables.tally import Tally
from symbench.errors import DataError

READER = "1"  # raise it whenever the same files would give other arrays

FloatArray = npt.NDArray[np.float64]

_SALT = 0x52454344  # "RECD": recordings are split by a hash that no trial's seed changes
_DOUBTFUL = 0.2  # relative difference of two estimates of a velocity: steps are too long, or noise too large


@dataclass(frozen=True)
class TrajectoryRequest:
    """Which columns of the files form trajectories.

    recording      columns that number the recordings; if empty, each file is one
    time           column of the time
    state          D columns
    velocity       D columns of dx/dt; if empty, they are estimated from the states
    steps          rows T of a window; None if all recordings have the same length
    longest_step   in median steps of a recording: a longer one begins a new piece of it
    test_fraction  share of test windows, in whole recordings if there are several
    """

    format: str
    key: str | None
    recording: tuple[str, ...]
    time: str
    state: tuple[str, ...]
    velocity: tuple[str, ...]
    steps: int | None
    longest_step: float
    test_fraction: float
    where: tuple[Condition, ...] = ()
    drop_missing: bool = False
    accept: tuple[Check, ...] = ()

    def recipe(self) -> dict[str, Any]:
        """As JSON, for the identity of the data."""
        return asdict(self)


@dataclass(frozen=True)
class _Piece:
    """Rows of one recording without a gap."""

    recording: int
    times: FloatArray
    states: FloatArray
    velocity: FloatArray | None


def read_trajectories(files: Sequence[str], request: TrajectoryRequest) -> tuple[Dataset, float]:
    """The windows of the files, one event each, and the median time between rows; raises DataError.

    Vectors (N, T, D) are states, features (N, T, D) velocities.
    """
    return _read(tuple(files), request, tuple(file_digest(path) for path in files))


@lru_cache(maxsize=2)
def _read(files: tuple[str, ...], request: TrajectoryRequest, digests: tuple[str, ...]) -> tuple[Dataset, float]:
    tally = Tally(request.accept)
    named = names_of_files(files)
    recordings, times, states, velocity = _rows(files, request, tally)
    pieces, steps = _pieces(named, recordings, times, states, velocity, request, tally)
    length = _length(named, pieces, request)
    windows: list[tuple[FloatArray, FloatArray]] = []
    owner: list[int] = []
    note = ", ".join(request.velocity)
    slopes_of = [piece.velocity for piece in pieces if piece.velocity is not None]
    if not request.velocity:
        slopes_of = [local_slopes(piece.times, piece.states) for piece in pieces]
        note = _estimated(named, pieces, slopes_of, tally)
    for piece, slopes in zip(pieces, slopes_of, strict=True):
        count = len(piece.times) // length
        tally.add(len(piece.times) - count * length, f"rows beyond windows of {length} rows left out")
        for number in range(count):
            rows = slice(number * length, (number + 1) * length)
            windows.append((piece.states[rows], slopes[rows]))
            owner.append(piece.recording)
    if not windows:
        raise DataError(f"{named}: no recording has the {length} rows of a window: set fewer `steps`")
    owners = np.array(owner, dtype=np.uint64)
    n, distinct = len(windows), len(set(owner))
    typical = float(np.median(steps))
    uneven = float(np.mean(np.abs(steps / typical - 1) > 0.01))
    data = Dataset(
        vectors=np.stack([states for states, _ in windows]),
        mask=np.ones((n, length), dtype=np.bool_),
        label=np.zeros(n),
        event_id=content_ids(np.arange(n, dtype=np.uint64)),
        provenance=Provenance(
            source=f"{named} ({request.format})",
            selection="; ".join(
                (
                    f"{len(times):,} rows, {distinct:,} recordings, {n:,} windows of {length:,} rows, "
                    f"{typical:.4g} apart"
                    + (f" ({uneven:.0%} of the steps differ by more than 1 %)" if uneven else ""),
                    *tally.sentences(),
                )
            ),
            licence="not stated",
            record="; ".join(f"sha256:{digest}" for digest in digests),
            notes=(
                f"state: {', '.join(request.state)}; time: {request.time}",
                f"velocities: {note}",
                "test windows are whole recordings" if distinct > 1 else "all windows are of one recording",
            ),
        ),
        features=np.stack([slopes for _, slopes in windows]),
        part=_parts(owners, request.test_fraction) if distinct > 1 else None,
    )
    return data, typical


def _rows(
    files: Sequence[str], request: TrajectoryRequest, tally: Tally
) -> tuple[npt.NDArray[np.int64], FloatArray, FloatArray, FloatArray | None]:
    """Number of the recording (R,), time (R,), state (R, D) and velocity (R, D) of all rows that are used."""
    wanted = [request.time, *request.state, *request.velocity]
    ids, parts = [], []
    for number, path in enumerate(files):
        names = [*wanted, *request.recording, *columns_of(request.where)]
        columns = read_columns(path, names, ColumnSource(request.format, request.key), MAXIMUM_ROWS)
        needed = [*wanted, *request.recording] if request.drop_missing else []
        columns = select(path, columns, request.where, needed, tally, "rows")
        for name in wanted:
            lacking = np.flatnonzero(missing(columns[name]))
            if len(lacking):
                raise DataError(
                    f"{path}: column {name!r} is missing or not finite in {len(lacking):,} rows, first in row "
                    f"{lacking[0] + 1}; `drop_missing: true` leaves them out"
                )
        table = [numbers(path, name, columns[name]) for name in wanted]
        if any(column.ndim != 1 for column in table):
            raise DataError(f"{path}: {', '.join(wanted)} need one number a row each")
        parts.append(np.stack([column.astype(np.float64) for column in table], axis=1))
        if request.recording:
            ids.append(groups_of(path, request.recording, [columns[name] for name in request.recording], tally))
        else:
            ids.append(np.full(len(parts[-1]), number, dtype=np.uint64))
    rows = np.concatenate(parts)
    if not len(rows):
        raise DataError(f"{names_of_files(files)}: no row is left: {'; '.join(tally.sentences()) or 'there is none'}")
    _, first, inverse = np.unique(np.concatenate(ids), return_index=True, return_inverse=True)
    recordings = np.argsort(np.argsort(first))[inverse.reshape(-1)]  # numbered in the order of the files
    d = len(request.state)
    velocity = rows[:, 1 + d :] if request.velocity else None
    return recordings.astype(np.int64), rows[:, 0], rows[:, 1 : 1 + d], velocity


def _pieces(
    named: str,
    recordings: npt.NDArray[np.int64],
    times: FloatArray,
    states: FloatArray,
    velocity: FloatArray | None,
    request: TrajectoryRequest,
    tally: Tally,
) -> tuple[list[_Piece], FloatArray]:
    """The recordings in the order of time, cut at gaps, and all steps within pieces."""
    order = np.lexsort((times, recordings))
    moved = np.flatnonzero(np.diff(times)[np.diff(recordings) == 0] < 0)
    tally.add(len(moved), "rows earlier than the one before, sorted by time")
    pieces: list[_Piece] = []
    every: list[FloatArray] = []
    for number in range(int(recordings.max()) + 1):
        rows = order[recordings[order] == number]
        if len(rows) < ROWS:
            tally.add(len(rows), f"rows in pieces of fewer than {ROWS} rows left out")
            continue
        steps = np.diff(times[rows])
        if (steps <= 0).any():
            at = times[rows][int(np.flatnonzero(steps <= 0)[0])]
            raise DataError(
                f"{named}: {int((steps <= 0).sum()):,} rows of recording {number + 1} have the time of another one, "
                f"first {at:g}: set `recording` to the columns that number the recordings"
            )
        gaps = np.flatnonzero(steps > request.longest_step * np.median(steps)) + 1
        tally.add(len(gaps), f"steps longer than {request.longest_step:g} median steps: recordings are cut there")
        for piece in np.split(rows, gaps):
            if len(piece) < ROWS:
                tally.add(len(piece), f"rows in pieces of fewer than {ROWS} rows left out")
                continue
            own = None if velocity is None else velocity[piece]
            pieces.append(_Piece(number, times[piece], states[piece], own))
            every.append(np.diff(times[piece]))
    if not pieces:
        raise DataError(f"{named}: no recording has {ROWS} rows without a gap")
    return pieces, np.concatenate(every)


def _length(named: str, pieces: Sequence[_Piece], request: TrajectoryRequest) -> int:
    if request.steps is not None:
        return request.steps
    lengths = sorted({len(piece.times) for piece in pieces})
    if len(lengths) > 1:
        raise DataError(
            f"{named}: the recordings have {lengths[0]:,} to {lengths[-1]:,} rows: set `steps` to the rows of a window"
        )
    return lengths[0]


def _estimated(named: str, pieces: Sequence[_Piece], slopes: Sequence[FloatArray], tally: Tally) -> str:
    """How velocities were estimated, and how much another estimate differs; stops if that is too much."""
    one = np.concatenate(slopes)
    other = np.concatenate([local_slopes(piece.times, piece.states, rows=5, degree=2) for piece in pieces])
    size = np.sqrt(np.mean(one**2, axis=0))
    moving = size > 0
    differ = (
        float(np.median(np.linalg.norm(((one - other)[:, moving]) / size[moving], axis=1))) if moving.any() else 0.0
    )
    if differ > _DOUBTFUL:
        tally.stop(
            "time-step",
            f"{named}: two estimates of the velocities differ by {differ:.0%} of their size: the steps are too long "
            "for the motion, or the noise too large; set `velocities` if the files have them",
        )
    return (
        f"slope of a cubic through the {ROWS} nearest rows; a parabola through 5 differs by {differ:.2g} of their size"
    )


def _parts(owners: npt.NDArray[np.uint64], test_fraction: float) -> npt.NDArray[np.uint8]:
    """Whole recordings to test with, in the order of a hash, until they hold this share of the windows."""
    distinct, counts = np.unique(owners, return_counts=True)
    order = np.argsort(hash_ids(distinct, _SALT), kind="stable")
    before = np.cumsum(counts[order]) - counts[order]
    taken = order[before < test_fraction * len(owners)]
    taken = taken[: len(distinct) - 1]
    return np.where(np.isin(owners, distinct[taken]), 2, 0).astype(np.uint8)


def identity_of(files: Sequence[str], request: TrajectoryRequest) -> dict[str, Any]:
    """The digests of the files, in order, and the request."""
    return {"files": [file_digest(path) for path in files], **request.recipe()}
