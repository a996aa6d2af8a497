"""A fixed hash of event identities, on which splits and draws rest; and identities of the rows of the user's files."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import numpy as np
import numpy.typing as npt

_CHUNK = 2**15  # rows that are hashed at a time: their words stay in the processor's cache
_EXACT = 2**53  # integers up to it are floating-point numbers without a loss
_WIDE = 0x57494445  # "WIDE": integers beyond _EXACT


def hash_ids(event_id: npt.NDArray[np.uint64], salt: int) -> npt.NDArray[np.uint64]:
    """A well-mixed 64-bit hash of each identity (splitmix64's finaliser); the same on every platform."""
    with np.errstate(over="ignore"):
        x = event_id.astype(np.uint64) + np.uint64(salt) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def row_ids(*columns: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    """A 64-bit identity of each row from its values: equal values have equal identities in whatever type they are.

    columns: numbers, truth values or text, of shape (N, …). 1, 1.0 and True are equal, as are 0 and −0; integers of 64
    bits keep all their digits. Raises ValueError for no columns.

    `container.content_ids` hashes bytes instead, 30 times slower; the splits of data sets that symbench ships rest on
    it.
    """
    if not columns:
        raise ValueError("no columns to identify events by")
    rows = len(columns[0])
    numbers = [_text_words(c) if c.dtype.kind == "U" else np.asarray(c).reshape(rows, _width(c)) for c in columns]
    ids = np.zeros(rows, dtype=np.uint64)
    for start in range(0, rows, _CHUNK):
        chunk = slice(start, start + _CHUNK)
        value = ids[chunk]
        for position, word in enumerate((word for column in numbers for word in column[chunk].T), start=1):
            value = hash_ids(value ^ _bits(word), position)
        ids[chunk] = value
    return ids


def coarse_ids(rows: npt.NDArray[Any], digits: int) -> npt.NDArray[np.uint64]:
    """A 64-bit hash of each row (N, w) of numbers in single precision, rounded to so many binary digits of 23."""
    half, cut = np.uint64(1 << (22 - digits)), np.uint64(23 - digits)
    ids = np.zeros(len(rows), dtype=np.uint64)
    for start in range(0, len(rows), _CHUNK):
        words = np.ascontiguousarray(rows[start : start + _CHUNK], dtype=np.float32).view(np.uint32).astype(np.uint64)
        value = ids[start : start + _CHUNK]
        for column in ((words + half) >> cut).T:
            value = hash_ids(value ^ column, 1)
        ids[start : start + _CHUNK] = value
    return ids


def _bits(word: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    """64 bits for each number, the same for equal numbers of any type."""
    floating = word.astype(np.float64) + 0.0  # -0 becomes 0
    bits = floating.view(np.uint64)
    if word.dtype.kind in "iu" and word.dtype.itemsize == 8:
        wide = np.flatnonzero((word > _EXACT) | (word < -_EXACT if word.dtype.kind == "i" else False))
        if len(wide):
            negative = hash_ids((word[wide] < 0).astype(np.uint64), _WIDE)
            bits[wide] = hash_ids(word[wide].view(np.uint64) ^ negative, _WIDE)
    return bits


def _text_words(column: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    """One word for each text (N, …); equal texts of any width have the same."""
    texts, which = np.unique(np.asarray(column), return_inverse=True)
    digests = b"".join(hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts.tolist())
    words = np.frombuffer(digests, dtype="<u8").astype(np.uint64)
    return words[which.reshape(len(column), _width(column))]


def _width(column: npt.NDArray[Any]) -> int:
    return math.prod(column.shape[1:])
