"""The quark and gluon jets of EnergyFlow (Zenodo record 3164691, arXiv:1810.05165) from its NPZ files.

`X` holds (pT, rapidity, azimuth, PDG id) of each particle, padded with zeros; `y` is 1 for a quark and 0 for a gluon.
Generator level, R = 0.4, 500 to 550 GeV, |y| < 1.7.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.data.blocks import BLOCK_BYTES, Append, Distinct, EventBlock, by_falling_pt, check_finite
from symbench.data.container import Provenance, content_ids
from symbench.data.masses import MASSES
from symbench.data.tables.limits import first_line
from symbench.errors import DataError

READER = "1"  # raise it whenever the same files would give other arrays

_MAXIMUM_PARTICLES = 2_000
_MAXIMUM_JETS = 10_000_000


def read_quark_gluon(
    files: Sequence[Path], jets: int, constituents: int, *, massless: bool, identification: bool, append: Append
) -> Provenance:
    """Append the first `jets` jets, half of each class, in the order of the files.

    massless        set energies to |p|; otherwise they follow from the mass of each PDG id
    identification  add charge and kind of the constituents (`particle_id.NAMES`) as features

    Raises DataError if there are too few jets or a file is not one of EnergyFlow.
    """
    short = {0: jets // 2, 1: jets // 2}  # class → jets still missing
    distinct = Distinct()
    for path in files:
        if any(short.values()):
            _read(path, short, constituents, massless, identification, distinct, append)
    if any(short.values()):
        raise DataError(f"{len(files)} files: {short[1]:,} quark and {short[0]:,} gluon jets of {jets:,} are missing")
    masses = "massless (E = |p|)" if massless else "with the masses of their PDG ids"
    return Provenance(
        source="EnergyFlow quark and gluon jets: " + ", ".join(path.name for path in files),
        selection=f"the first {jets // 2:,} jets of each class; the {constituents} leading constituents, {masses}",
        licence="CC-BY-4.0",
        record="https://zenodo.org/records/3164691",
        notes=(f"{distinct.repeated:,} repeated jets left out", "generator level: no detector simulation"),
    )


def _read(
    path: Path,
    short: dict[int, int],
    constituents: int,
    massless: bool,
    identification: bool,
    distinct: Distinct,
    append: Append,
) -> None:
    x, y = load(path)
    step = max(1, BLOCK_BYTES // (8 * max(1, x[0].size if len(x) else 1)))
    for start in range(0, len(x), step):
        some, label = x[start : start + step], y[start : start + step].astype(np.int64)
        check_finite(str(path), {"X": some})
        if ((label != 0) & (label != 1)).any():
            raise DataError(f"{path}: a label is {label[(label != 0) & (label != 1)][0]}, expected 0 or 1")
        vectors, mask, ids = _vectors(some, massless)
        vectors, mask, beside = by_falling_pt(vectors, mask, ids)
        vectors, mask, ids = (_width(np.asarray(array), constituents) for array in (vectors, mask, beside))
        event_id = content_ids(vectors, label)
        rows = distinct.new(event_id)
        rows = np.sort(np.concatenate([rows[label[rows] == c][: short[c]] for c in (0, 1)]))
        for c in (0, 1):
            short[c] -= int(np.count_nonzero(label[rows] == c))
        features = _identify(ids) if identification else None
        append(EventBlock(vectors, mask, label, event_id, features).take(rows))


def load(path: Path) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """X (n, M, 4) and y (n,) of one file; nothing is unpickled. Raises DataError."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = {name: _header(path, archive, f"{name}.npy") for name in ("X", "y")}
        (shape, y_shape) = members["X"], members["y"]
        fits = len(shape) == 3 and shape[2] == 4 and y_shape == shape[:1]
        if not fits or not 0 <= shape[0] <= _MAXIMUM_JETS or not 0 < shape[1] <= _MAXIMUM_PARTICLES:
            raise DataError(f"{path}: X of shape {shape} and y of {y_shape}, expected (n, particles, 4) and (n,)")
        with np.load(path, allow_pickle=False) as arrays:
            return arrays["X"], arrays["y"]
    except DataError:
        raise
    except Exception as error:  # a broken archive raises errors of zlib, struct and ast
        raise DataError(f"{path}: not readable as NPZ of X and y: {first_line(error)}") from error


def _header(path: Path, archive: zipfile.ZipFile, member: str) -> tuple[int, ...]:
    """The shape that a member states; raises DataError unless its unpacked size fits the shape."""
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
        size = file.tell() + dtype.itemsize * int(np.prod(shape, dtype=object))
    if dtype.kind not in "fiu" or archive.getinfo(member).file_size != size:
        raise DataError(f"{path}: {member} does not hold numbers of the shape {shape} that it states")
    return tuple(shape)


def _vectors(x: npt.NDArray[Any], massless: bool) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_], npt.NDArray[Any]]:
    """Four-momenta (n, M, 4) in GeV, mask (n, M) and PDG ids (n, M, 1).

    The rapidity in the file is that of the massive particle, also if `massless` drops the mass from the energy.
    """
    pt, y, phi, ids = (x[..., k].astype(np.float64) for k in range(4))
    mask = pt > 0
    kind = np.abs(ids).astype(np.int64)
    mass = np.zeros_like(pt)
    for code, value in MASSES.items():
        mass[kind == code] = value
    transverse = np.sqrt(pt**2 + mass**2)
    momentum = np.stack([pt * np.cos(phi), pt * np.sin(phi), transverse * np.sinh(y)], axis=-1)
    energy = np.linalg.norm(momentum, axis=-1) if massless else transverse * np.cosh(y)
    return np.concatenate([energy[..., None], momentum], axis=-1) * mask[..., None], mask, (ids * mask)[..., None]


def _identify(ids: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    from symbench.data.jets.particle_id import identify

    return identify(ids[..., 0])


def _width(array: npt.NDArray[Any], constituents: int) -> npt.NDArray[Any]:
    """The leading constituents, padded with zeros if the file has fewer columns."""
    missing = max(0, constituents - array.shape[1])
    padding = [(0, 0), (0, missing)] + [(0, 0)] * (array.ndim - 2)
    return np.ascontiguousarray(np.pad(array[:, :constituents], padding))
