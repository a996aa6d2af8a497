"""The one container that all data travel in.

Four-momenta are (E, px, py, pz) in GeV with metric signature (+,−,−,−). Toys of other dimensions use the same
container with d ≠ 4.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.data.mapped import hash_array
from symbench.errors import DataError

FloatArray = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Provenance:
    """Where data come from and what was done to them; shown with every result."""

    source: str
    selection: str
    licence: str
    record: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dataset:
    """N events of up to P vectors of dimension d, one row an event.

    vectors     (N, P, d) float64, or float32 where the source holds no more; for collisions four-momenta in GeV,
                constituents by falling pT, zero-padded
    mask        (N, P) bool, True where a vector is real
    label       (N,) float64 for a number, int64 for a class
    event_id    (N,) uint64, distinct: what splits go by
    features    (N, P, F) or None
    part        (N,) uint8 where the source has a split of its own: 0 to train, 1 to validate, 2 to test

    Arrays may be mapped files (`symbench.data.store`): they are read where they are used and never changed.
    """

    vectors: FloatArray
    mask: npt.NDArray[np.bool_]
    label: npt.NDArray[Any]
    event_id: npt.NDArray[np.uint64]
    provenance: Provenance
    features: FloatArray | None = field(default=None)
    part: npt.NDArray[np.uint8] | None = field(default=None)

    def __post_init__(self) -> None:
        n = len(self.vectors)
        if self.vectors.ndim != 3 or self.mask.shape != self.vectors.shape[:2]:
            raise DataError(f"vectors {self.vectors.shape} and mask {self.mask.shape} do not belong together")
        if self.label.shape != (n,) or self.event_id.shape != (n,):
            raise DataError(f"{n} events, but labels {self.label.shape} and event ids {self.event_id.shape}")
        if self.part is not None and (self.part.shape != (n,) or (n and self.part.max() > 2)):
            raise DataError(f"{n} events, but a split of shape {self.part.shape} with parts other than 0, 1 and 2")
        if len(np.unique(self.event_id)) != n:
            raise DataError("event ids repeat: keep one row an event before making a data set")

    def __len__(self) -> int:
        return len(self.vectors)

    def take(self, rows: npt.NDArray[np.integer[Any]]) -> Dataset:
        """The events of these rows, in this order."""
        changed = {f.name: value[rows] for f in fields(self) if isinstance(value := getattr(self, f.name), np.ndarray)}
        return Dataset(**{**changed, "provenance": self.provenance})

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content: of every array with its type and shape, and of the provenance."""
        sha = hashlib.sha256()
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, np.ndarray):
                sha.update(f"{f.name}:{value.dtype.str}:{value.shape}".encode())
                hash_array(sha, value)
        sha.update(json.dumps(self.provenance.__dict__, sort_keys=True).encode())
        return sha.hexdigest()


def content_ids(*columns: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    """A 64-bit identity of each row from its bytes, so that exact duplicates share it.

    columns: arrays of shape (N, …).
    """
    if not columns:
        raise ValueError("no columns to identify events by")
    rows = np.hstack([np.ascontiguousarray(c).reshape(len(c), -1).view(np.uint8) for c in columns])
    digests = b"".join(hashlib.blake2b(row.tobytes(), digest_size=8).digest() for row in rows)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def first_rows(event_id: npt.NDArray[np.uint64]) -> npt.NDArray[np.intp]:
    """The row at which each distinct event appears first, in the order of the file."""
    _, rows = np.unique(event_id, return_index=True)
    return np.sort(rows)
