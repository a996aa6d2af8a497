"""Tables as people have them: read as they are meant, with every exclusion counted, or refused with numbers."""

from __future__ import annotations

import bz2
import gzip
import json
import pickle
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import uproot
from pydantic import ValidationError

from symbench.errors import DataError
from symbench.tasks.function.table import TableTask
from tests.data.own_files import VECTORS, flat_muons, muons, pandas_file


@pytest.mark.parametrize("first", [2**60, 2**63 + 1])
def test_event_numbers_keep_all_their_digits(tmp_path: Path, first: int) -> None:
    rows = 3000
    lines = ["run,event,x,y,w,r"]
    rng = np.random.default_rng(1)
    for i, (x, y) in enumerate(rng.normal(size=(rows, 2)).tolist()):
        lines.append(f"1,{first + 3 * i},{x!r},{y!r},{1 if i < rows - 5 else 1.5},{x * x + y * y!r}")
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n" * 2)
    fields: dict[str, Any] = {"vectors": [["x", "y"]], "event_id": ["run", "event"]}
    assert len(TableTask(path=str(tmp_path / "a.csv"), label="w", **fields)._read()) == rows
    table = pd.read_csv(tmp_path / "a.csv", dtype={"event": "float64"})
    table.to_parquet(tmp_path / "lost.parquet")
    with pytest.raises(DataError, match=r"event numbers 'event' are floating-point numbers up to .*event-numbers"):
        TableTask(path=str(tmp_path / "lost.parquet"), label="r", **fields)._read()


def test_an_event_number_column_with_a_gap_is_not_rounded(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"x": np.arange(20.0), "y": np.ones(20), "event": pd.array(2**60 + np.arange(20), dtype="Int64")}
    )
    table.loc[3, "event"] = pd.NA
    table["r"] = table.x**2
    for path in (tmp_path / "a.parquet", tmp_path / "a.csv"):
        table.to_parquet(path) if path.suffix == ".parquet" else table.to_csv(path, index=False)
        fields: dict[str, Any] = {"path": str(path), "vectors": [["x", "y"]], "label": "r", "event_id": ["event"]}
        with pytest.raises(DataError, match="'event' is missing in 1 rows, first in row 4"):
            TableTask(**fields)._read()
        data = TableTask(**fields, drop_missing=True)._read()
        assert len(data) == 19
        assert "1 rows without a value of 'event' left out" in data.provenance.selection


@pytest.mark.parametrize(
    "kind", ["gzip", "bz2", "zstd", "semicolon", "tab", "blanks", "comment", "commented-names", "nameless"]
)
def test_text_of_every_dialect(tmp_path: Path, kind: str) -> None:
    table = flat_muons(muons())
    plain = table.to_csv(index=False)
    path, vectors, label = tmp_path / "a.csv", VECTORS, "M"
    if kind == "gzip":
        path = tmp_path / "a.csv.gz"
        path.write_bytes(gzip.compress(plain.encode()))
    elif kind == "bz2":
        path = tmp_path / "a.csv.bz2"
        path.write_bytes(bz2.compress(plain.encode()))
    elif kind == "zstd":
        path = tmp_path / "a.csv.zst"
        with pa.CompressedOutputStream(str(path), "zstd") as out:
            out.write(plain.encode())
    elif kind == "semicolon":
        table.to_csv(path, index=False, sep=";", decimal=",")
    elif kind == "tab":
        path = tmp_path / "a.tsv"
        table.to_csv(path, index=False, sep="\t")
    elif kind == "blanks":
        path.write_text("\n".join(f"  {line.replace(',', '   ')} " for line in plain.splitlines()) + "\n")
    elif kind == "comment":
        first, rest = plain.split("\n", 1)
        path.write_text(f"# made by hand\n# twice\n{first}\n# again\n{rest}")
    elif kind == "commented-names":
        path.write_text("# " + plain)
    else:
        path.write_text(plain.split("\n", 1)[1])
        vectors, label = [["0", "1", "2", "3"], ["4", "5", "6", "7"]], "10"
        with pytest.raises(DataError, match="named by their position, 0 to 10"):
            TableTask(path=str(path), vectors=VECTORS, label="M")._read()
    data = TableTask(path=str(path), vectors=vectors, label=label)._read()
    np.testing.assert_allclose(data.vectors, muons(), rtol=1e-14)
    np.testing.assert_allclose(data.label, table["M"], rtol=1e-14)
    told = "; ".join(data.provenance.notes)
    words = {"semicolon": "semicolon", "tab": "tab", "blanks": "blank", "nameless": "numbered from 0", "comment": "#"}
    assert words.get(kind, "unpacked" if kind in ("gzip", "bz2", "zstd") else "#") in told


def test_json_lines_keep_digits_lists_and_gaps(tmp_path: Path) -> None:
    first = 2**63 + 1
    lines = [
        json.dumps({"event": first + i, "muon": {"pt": [30.5 + i, 7][: 1 + i % 2], "phi": [0.1, 0.2][: 1 + i % 2]}})
        for i in range(20)
    ]
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    fields: dict[str, Any] = {"vectors": [["muon.pt", "muon.phi"]], "coordinates": "pt_phi", "objects": 2}
    data = TableTask(
        path=str(tmp_path / "a.jsonl.gz"), **fields, derived_label="pt", event_id=["event"], drop_missing=True
    )._read()
    assert len(data) == 10
    assert "10 rows with fewer than 2 objects left out" in data.provenance.selection
    np.testing.assert_allclose(np.hypot(*data.vectors[:, 1].T), 7.0)
    (tmp_path / "b.jsonl").write_text('{"x": 1.5, "y": 2, "r": 3}\n{"x": 2, "r": null}\n{"x": 1, "y": 5, "r": 4}\n')
    with pytest.raises(DataError, match="'y' is missing or not finite in 1 row, first in row 2"):
        TableTask(path=str(tmp_path / "b.jsonl"), vectors=[["x", "y"]], label="r")._read()


@pytest.mark.parametrize("format", ["fixed", "table"])
@pytest.mark.parametrize("key", [None, "df"])
def test_tables_of_pandas_in_hdf5(tmp_path: Path, format: str, key: str | None) -> None:
    table = flat_muons(muons())
    pandas_file(tmp_path / "a.h5", table, format)
    data = TableTask(path=str(tmp_path / "a.h5"), key=key, vectors=VECTORS, label="M", where={"Q1*Q2": -1})._read()
    np.testing.assert_array_equal(data.vectors, muons()[table.Q2 == -1])
    assert "50 rows without Q1*Q2 == -1 left out" in data.provenance.selection


def test_names_of_pandas_are_never_unpickled() -> None:
    from symbench.data.tables.hdf5_columns import names_in_pickle

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return print, ("executed",)

    assert names_in_pickle(pickle.dumps(["a", "b"], protocol=0)) == ["a", "b"]
    assert names_in_pickle(pickle.dumps(["a", "b"], protocol=4)) == ["a", "b"]
    assert names_in_pickle(pickle.dumps([Evil()], protocol=0)) == []
    assert names_in_pickle(b"\x80\x04garbage") == []


def test_polar_columns_are_no_linear_vector(tmp_path: Path) -> None:
    v = muons()
    table = flat_muons(v)
    for j in (1, 2):
        table[f"pt{j}"], table[f"phi{j}"] = (
            np.hypot(table[f"px{j}"], table[f"py{j}"]),
            np.arctan2(table[f"py{j}"], table[f"px{j}"]),
        )
    table.to_parquet(tmp_path / "a.parquet")
    table.rename(columns={"pt1": "a1", "phi1": "b1", "pt2": "a2", "phi2": "b2"}).to_parquet(tmp_path / "named.parquet")
    polar = [["pt1", "phi1"], ["pt2", "phi2"]]
    for path, vectors in ((tmp_path / "a.parquet", polar), (tmp_path / "named.parquet", [["a1", "b1"], ["a2", "b2"]])):
        with pytest.raises(DataError, match=r"look like a momentum in polar coordinates.*set `coordinates`"):
            TableTask(path=str(path), vectors=vectors, label="M")._read()
        data = TableTask(path=str(path), vectors=vectors, label="M", coordinates="pt_phi")._read()
        np.testing.assert_allclose(data.vectors, v[..., 1:3], rtol=1e-9, atol=1e-9)
    TableTask(path=str(tmp_path / "a.parquet"), vectors=VECTORS, label="M")._read()
    swapped = [["px1", "E1", "py1", "pz1"]]
    TableTask(path=str(tmp_path / "a.parquet"), vectors=swapped, label="M")._read()
    table["E1"], table["px1"] = table["px1"], table["E1"]
    table.to_parquet(tmp_path / "wrong.parquet")
    with pytest.raises(DataError, match=r"E < \|p\| for 100% of the vectors E1"):
        TableTask(path=str(tmp_path / "wrong.parquet"), vectors=VECTORS, label="M")._read()


def test_leading_objects_of_lists_with_derived_labels(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 5, 300)
    total = int(counts.sum())
    pt, eta, phi = rng.exponential(20, total) + 3, rng.uniform(-2.4, 2.4, total), rng.uniform(-3, 3, total)
    charge = rng.choice([-1, 1], total)
    columns = {"pt": pt, "eta": eta, "phi": phi, "charge": charge}
    with uproot.recreate(tmp_path / "a.root") as file:
        file["Events"] = {"Muon": ak.zip({name: ak.unflatten(c, counts) for name, c in columns.items()})}
    fields: dict[str, Any] = {
        "path": str(tmp_path / "a.root"), "vectors": [["Muon_pt", "Muon_eta", "Muon_phi"]], "coordinates": "pt_eta_phi",
        "mass": 0.10566, "derived_label": "mass",
    }  # fmt: skip
    with pytest.raises(DataError, match="varying number of values a row: set `objects`"):
        TableTask(**fields)._read()
    event = np.repeat(np.arange(300), counts)
    expected = []
    for number in np.flatnonzero(counts >= 2):
        mine = np.flatnonzero(event == number)
        expected.append(mine[np.argsort(-pt[mine])][:2])
    data = TableTask(**fields, objects=2)._read()
    np.testing.assert_allclose(np.hypot(data.vectors[..., 1], data.vectors[..., 2]), pt[np.array(expected)], rtol=1e-12)
    energy = np.sqrt((pt * np.cosh(eta)) ** 2 + 0.10566**2)
    a, b = np.array(expected).T
    dot = pt[a] * pt[b] * (np.cos(phi[a] - phi[b]) + np.sinh(eta[a]) * np.sinh(eta[b]))
    np.testing.assert_allclose(data.label, np.sqrt(2 * 0.10566**2 + 2 * (energy[a] * energy[b] - dot)), rtol=1e-6)
    assert f"{(counts < 2).sum()} rows with fewer than 2 objects left out" in data.provenance.selection
    pairs = TableTask(**fields, charge="Muon_charge")._read()
    both = [n for n in range(300) if len(set(charge[event == n])) == 2]
    positive = [max(pt[(event == n) & (charge > 0)]) for n in both]
    np.testing.assert_allclose(np.hypot(pairs.vectors[:, 0, 1], pairs.vectors[:, 0, 2]), positive, rtol=1e-12)


def test_rows_by_conditions_missing_labels_and_repetitions(tmp_path: Path) -> None:
    table = flat_muons(muons())
    table.loc[::50, "M"] = np.nan
    table["run"] = 7
    table.to_csv(tmp_path / "a.csv", index=False)
    fields: dict[str, Any] = {"path": str(tmp_path / "a.csv"), "vectors": VECTORS, "label": "M"}
    with pytest.raises(DataError, match=r"'M' is missing or not finite in 4 rows.*drop_missing"):
        TableTask(**fields)._read()
    data = TableTask(**fields, drop_missing=True, where={"E1": "> 30", "Q2": [-1, 5]})._read()
    kept = (table.E1 > 30) & (table.Q2 == -1) & table.M.notna()
    np.testing.assert_allclose(data.label, table.M[kept])
    for part in ("rows without E1 > 30", "rows without Q2 == -1 or 5", "rows without a value of 'M'"):
        assert part in data.provenance.selection
    with pytest.raises(DataError, match="195 of 196 rows repeat another one"):
        TableTask(**fields, drop_missing=True, event_id=["run"])._read()
    with pytest.raises(DataError, match="text"):
        TableTask(**fields, where={"Q2": "minus"})._read()
    with pytest.raises(ValidationError, match="no product"):
        TableTask(**fields, where={"*Q2": 1})
