"""Small jets and muon pairs, and ways to write and compare them, for tests of the user's files."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import awkward as ak
import h5py
import numpy as np
import numpy.typing as npt
import pandas as pd

from symbench.data.container import Dataset
from symbench.tasks.classification.jet_table import JetTable

N, P = 60, 6
CARTESIAN = ("E", "PX", "PY", "PZ")


def made() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Classes (N,) and massless jets (N, P, 4) of some hundred GeV, by falling pT, the last constituents padding."""
    rng = np.random.default_rng(3)
    pt = -np.sort(-rng.exponential(100, size=(N, P)) - 20, axis=1)
    eta, phi = rng.uniform(-1.5, 1.5, (N, P)), rng.uniform(-3.1, 3.1, (N, P))
    p = np.stack([pt * np.cosh(eta), pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=-1)
    p[np.arange(P) >= rng.integers(3, P + 1, N)[:, None]] = 0
    return np.arange(N) % 2, p


LABEL, JETS = made()
REAL = JETS[..., 0] > 0
COUNTS = REAL.sum(axis=1)
PT = np.hypot(JETS[..., 1], JETS[..., 2])
ETA = np.arcsinh(np.divide(JETS[..., 3], PT, out=np.zeros_like(PT), where=REAL))
PHI = np.arctan2(JETS[..., 2], JETS[..., 1])


def h5(path: Path, **arrays: Any) -> str:
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    return str(path)


def wide(jets: npt.NDArray[np.float64] = JETS, **more: Any) -> pd.DataFrame:
    columns = {f"{c}_{i}": jets[:, i, k] for i in range(P) for k, c in enumerate(CARTESIAN)}
    return pd.DataFrame({**columns, "truth": LABEL, **more})


def read(path: str | Path, **params: Any) -> Dataset:
    fields = {"constituents": P, "label": "truth", **params}
    return JetTable(path=str(path), **fields)._read()


def ragged(values: npt.NDArray[np.float64]) -> ak.Array:
    return ak.unflatten(values[REAL], COUNTS)


def same(data: Dataset, rtol: float = 1e-12) -> None:
    np.testing.assert_array_equal(data.label, LABEL)
    np.testing.assert_array_equal(data.mask, REAL)
    np.testing.assert_allclose(data.vectors, JETS, rtol=rtol, atol=1e-9)


def muons(rows: int = 200) -> npt.NDArray[np.float64]:
    """Two massless vectors (rows, 2, 4) in GeV."""
    rng = np.random.default_rng(8)
    pt, eta, phi = (
        rng.exponential(20, (rows, 2)) + 3,
        rng.uniform(-2, 2, (rows, 2)),
        rng.uniform(-np.pi, np.pi, (rows, 2)),
    )
    return np.stack([pt * np.cosh(eta), pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=-1)


def flat_muons(v: npt.NDArray[np.float64]) -> pd.DataFrame:
    total = v.sum(axis=1)
    columns = {f"{c}{j + 1}": v[:, j, k] for j in range(2) for k, c in enumerate(("E", "px", "py", "pz"))}
    m2 = total[:, 0] ** 2 - (total[:, 1:] ** 2).sum(axis=1)
    return pd.DataFrame({**columns, "Q1": 1, "Q2": np.where(np.arange(len(v)) % 4, -1, 1), "M": np.sqrt(m2)})


VECTORS = [["E1", "px1", "py1", "pz1"], ["E2", "px2", "py2", "pz2"]]


def pandas_file(path: Path, table: pd.DataFrame, format: str) -> None:
    """As `DataFrame.to_hdf` writes it, which needs PyTables."""
    blocks: list[list[str]] = [[str(c) for c in table if table[c].dtype.kind == k] for k in "fi"]
    with h5py.File(path, "w") as file:
        group = file.create_group("df")
        if format == "fixed":
            for number, names in enumerate(blocks):
                group[f"block{number}_items"] = np.array(names, dtype="S")
                group[f"block{number}_values"] = table[names].to_numpy()
            return
        shapes = [("index", "i8")] + [
            (f"values_block_{n}", table[b].to_numpy().dtype, (len(b),)) for n, b in enumerate(blocks)
        ]
        records = np.zeros(len(table), dtype=shapes)
        for number, names in enumerate(blocks):
            records[f"values_block_{number}"] = table[names].to_numpy()
        group["table"] = records
        for number, names in enumerate(blocks):
            group["table"].attrs[f"values_block_{number}_kind"] = np.bytes_(pickle.dumps(names, protocol=0))
