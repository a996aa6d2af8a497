"""The recorded pendulum of Schmidt and Lipson: a text file of trial, time, angle and angular velocity.

The file is `real_pend_h_1.txt` of the supplement to Science 324 (2009) 81. It is not distributed with this package.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from symbench.data.container import Dataset, Provenance, content_ids
from symbench.data.orbits.slopes import ROWS, local_slopes
from symbench.errors import DataError, MissingDataError
from symbench.files import sha256_of

FloatArray = npt.NDArray[np.float64]

COLUMNS = ("trial", "t", "θ", "ω")


@contextmanager
def _as_data_errors(path: str) -> Iterator[None]:
    """Raise DataError for an OSError of the block, MissingDataError if the file is absent."""
    try:
        yield
    except FileNotFoundError as error:
        raise MissingDataError(f"{path}: there is no such file; it comes with Science 324 (2009) 81") from error
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error


def pendulum_digest(path: str) -> str:
    """SHA-256 of the file; raises DataError if it cannot be read."""
    with _as_data_errors(path):
        return sha256_of(path)


def read_rows(path: str) -> FloatArray:
    """Rows (R, 4) of trial, t, θ, ω; lines that begin with % or # are comments. Raises DataError with the line."""
    try:
        with _as_data_errors(path):
            text = Path(path).read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not a text file: {error}") from error
    rows: list[list[float]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words or words[0].startswith(("%", "#")):
            continue
        try:
            values = [float(word) for word in words]
        except ValueError as error:
            raise DataError(f"{path}, line {number}: {error}") from error
        if len(values) != len(COLUMNS) or not all(map(math.isfinite, values)):
            raise DataError(f"{path}, line {number}: expected {len(COLUMNS)} finite numbers {', '.join(COLUMNS)}")
        rows.append(values)
    return np.array(rows).reshape(-1, len(COLUMNS))


def windows(path: str, steps: int) -> tuple[FloatArray, FloatArray, float]:
    """States (θ, ω) and velocities, (N, steps, 2) each, of consecutive rows of a trial, and the median spacing.

    Velocities are slopes of a cubic fitted to the seven nearest rows of the trial at their recorded times, so that rows
    may be missing. Raises DataError if no trial has enough rows, or if time does not increase within a trial.
    """
    rows = read_rows(path)
    states: list[FloatArray] = []
    velocities: list[FloatArray] = []
    spacing: list[FloatArray] = []
    for trial in np.unique(rows[:, 0]):
        own = rows[rows[:, 0] == trial]
        gaps = np.diff(own[:, 1])
        if (gaps <= 0).any():
            raise DataError(f"{path}: time does not increase within trial {trial:g}")
        count = len(own) // steps
        if count == 0 or len(own) < ROWS:
            continue
        kept = own[: count * steps, 2:]
        states.append(kept.reshape(count, steps, 2))
        velocities.append(local_slopes(own[:, 1], own[:, 2:])[: count * steps].reshape(count, steps, 2))
        spacing.append(gaps)
    if not states:
        raise DataError(f"{path}: no trial has the {steps} rows of a window")
    return np.concatenate(states), np.concatenate(velocities), float(np.median(np.concatenate(spacing)))


def read_pendulum(path: str, steps: int) -> Dataset:
    """The windows of the file, one event each: states (N, steps, 2), velocities as features. Raises DataError."""
    states, velocity, spacing = windows(path, steps)
    n = len(states)
    return Dataset(
        vectors=states,
        mask=np.ones(states.shape[:2], dtype=np.bool_),
        label=np.zeros(n),
        event_id=content_ids(np.arange(n, dtype=np.uint64)),
        provenance=Provenance(
            source="recorded pendulum, Schmidt and Lipson, Science 324 (2009) 81",
            selection=f"{n} windows of {steps} consecutive rows, {spacing:.4g} apart",
            licence="not stated; read from the user's own file",
            notes=("velocities: slope of a cubic through the seven nearest rows",),
        ),
        features=velocity,
    )
