"""`Dataset`, the one container of all data.

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
    """The origin of data and the selection applied to them; shown with every result."""

    source: str
    selection: str
    licence: str
    record: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dataset:
    """N events of up to P vectors of dimension d, one row an event.

    vectors     (N, P, d) float64, or float32 if the source is in single precision; for collisions four-momenta in GeV,
                constituents by falling pT, padded with zeros
    mask        (N, P) bool, False for padding
    label       (N,) float64 for a number, int64 for a class; (N, D) float64 for the target of a regression
    event_id    (N,) uint64, distinct; splits depend on it
    features    (N, P, F) or None
    part        (N,) uint8 if the source has a split of its own, else None: 0 to train, 1 to validate, 2 to test
    weight      (N,) float64 weights of the events, which may be negative, or None

    Arrays may be mapped files (`symbench.data.store`), and must not be changed in place. Raises DataError for arrays
    that do not belong together and for repeated event ids.
    """

    vectors: FloatArray
    mask: npt.NDArray[np.bool_]
    label: npt.NDArray[Any]
    event_id: npt.NDArray[np.uint64]
    provenance: Provenance
    features: FloatArray | None = field(default=None)
    part: npt.NDArray[np.uint8] | None = field(default=None)
    weight: npt.NDArray[np.float64] | None = field(default=None)

    def __post_init__(self) -> None:
        n = len(self.vectors)
        if self.vectors.ndim != 3 or self.mask.shape != self.vectors.shape[:2]:
            raise DataError(f"vectors of shape {self.vectors.shape} and mask of shape {self.mask.shape} do not match")
        if self.label.shape[:1] != (n,) or self.label.ndim > 2 or self.event_id.shape != (n,):
            raise DataError(
                f"{n} events, but labels of shape {self.label.shape} and event ids of shape {self.event_id.shape}"
            )
        if self.part is not None and (self.part.shape != (n,) or (n and self.part.max() > 2)):
            raise DataError(f"{n} events, but a split of shape {self.part.shape}, or parts other than 0, 1 and 2")
        if self.weight is not None and (self.weight.shape != (n,) or not np.isfinite(self.weight).all()):
            raise DataError(f"{n} events, but weights of shape {self.weight.shape}, or weights that are not finite")
        if repeated(self.event_id):
            raise DataError("event ids repeat: keep one row of each event (`first_rows`)")

    @classmethod
    def numbered(
        cls,
        vectors: FloatArray,
        provenance: Provenance,
        label: npt.NDArray[Any] | None = None,
        features: FloatArray | None = None,
    ) -> Dataset:
        """Events without padding, numbered from 0; without labels these are zeros."""
        n = len(vectors)
        return cls(
            vectors=vectors,
            mask=np.ones(vectors.shape[:2], dtype=np.bool_),
            label=np.zeros(n) if label is None else label,
            event_id=np.arange(n, dtype=np.uint64),
            provenance=provenance,
            features=features,
        )

    def __len__(self) -> int:
        return len(self.vectors)

    def take(self, rows: npt.NDArray[np.integer[Any]]) -> Dataset:
        """The events of these rows, in this order."""
        changed = {f.name: value[rows] for f in fields(self) if isinstance(value := getattr(self, f.name), np.ndarray)}
        return Dataset(**{**changed, "provenance": self.provenance})

    @cached_property
    def digest(self) -> str:
        """SHA-256 of every array with its type and shape, and of the provenance."""
        sha = hashlib.sha256()
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, np.ndarray):
                sha.update(f"{f.name}:{value.dtype.str}:{value.shape}".encode())
                hash_array(sha, value)
        sha.update(json.dumps(self.provenance.__dict__, sort_keys=True).encode())
        return sha.hexdigest()


def content_ids(*columns: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    """A 64-bit identity of each row, hashed from its bytes: exact duplicates have the same identity.

    columns: arrays of shape (N, …). Raises ValueError for no columns.
    """
    if not columns:
        raise ValueError("no columns to identify events by")
    rows = np.hstack([np.ascontiguousarray(c).reshape(len(c), -1).view(np.uint8) for c in columns])
    digests = b"".join(hashlib.blake2b(row.tobytes(), digest_size=8).digest() for row in rows)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def repeated(event_id: npt.NDArray[np.uint64]) -> bool:
    """Whether an identity occurs more than once."""
    ordered = np.sort(event_id)
    return bool((ordered[1:] == ordered[:-1]).any())


def first_rows(event_id: npt.NDArray[np.uint64]) -> npt.NDArray[np.intp]:
    """The first row of each distinct event, in the order of the file."""
    if not repeated(event_id):
        return np.arange(len(event_id))
    _, rows = np.unique(event_id, return_index=True)
    return np.sort(rows)
