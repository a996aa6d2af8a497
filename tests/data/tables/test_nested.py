"""Objects, lists of objects and lists of lists hold the same numbers as plain columns, in each format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import awkward as ak
import h5py
import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
import uproot

from symbench.data.tables.base import Lists
from symbench.data.tables.columns import ColumnSource, read_blocks, read_columns
from symbench.errors import DataError
from tests.data.own_files import CARTESIAN, COUNTS, JETS, LABEL, REAL, N, flat_muons, h5, muons, ragged, read, same
from tests.data.own_files import VECTORS as PAIR

OF_JET = [[dict(zip(CARTESIAN, map(float, row), strict=True)) for row in jet[real]]
          for jet, real in zip(JETS, REAL, strict=True)]  # fmt: skip


def write(path: Path, columns: dict[str, Any]) -> str:
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    if path.suffix == ".parquet":
        pq.write_table(table, path)
    elif path.suffix == ".feather":
        pyarrow.feather.write_feather(table, path)
    else:
        path.write_text("".join(f"{ak.to_json(ak.Array([row]))[1:-1]}\n" for row in table.to_pylist()))
    return str(path)


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".jsonl"])
@pytest.mark.parametrize("mark", [".", "_"])
def test_a_list_of_objects_is_a_list_for_each_of_their_values(tmp_path: Path, suffix: str, mark: str) -> None:
    path = write(tmp_path / f"a{suffix}", {"cand": OF_JET, "truth": LABEL})
    same(read(path, components=[f"cand{mark}{c}" for c in CARTESIAN]))


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_an_object_of_lists_and_a_list_of_lists(tmp_path: Path, suffix: str) -> None:
    lists = [{c: [one[c] for one in jet] for c in CARTESIAN} for jet in OF_JET]
    same(read(write(tmp_path / f"a{suffix}", {"o": lists, "truth": LABEL}), components=[f"o.{c}" for c in CARTESIAN]))
    rows = [jet[real].tolist() for jet, real in zip(JETS, REAL, strict=True)]
    for kind in (pa.list_(pa.list_(pa.float64())), pa.list_(pa.list_(pa.float64(), 4))):
        path = write(tmp_path / f"b{suffix}", {"p": pa.array(rows, type=kind), "truth": LABEL})
        same(read(path, components=["p"]))
        same(read(path, components=["p[0]", "p[1]", "p[2]", "p[-1]"]))


def test_records_of_awkward_and_lists_of_hdf5(tmp_path: Path) -> None:
    records = ak.zip({c: ragged(JETS[..., k]) for k, c in enumerate(CARTESIAN)})
    ak.to_parquet(ak.Array({"cand": records, "truth": LABEL}), tmp_path / "a.parquet")
    same(read(tmp_path / "a.parquet", components=[f"cand.{c}" for c in CARTESIAN]))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for k, c in enumerate(CARTESIAN):
            lists = file.create_dataset(c, (N,), dtype=h5py.vlen_dtype("f8"))
            for row in range(N):
                lists[row] = JETS[row, : COUNTS[row], k]
        file["truth"] = LABEL
    same(read(tmp_path / "a.h5", components=list(CARTESIAN)))


def test_components_along_the_second_axis_of_an_array(tmp_path: Path) -> None:
    path = h5(tmp_path / "a.h5", p=JETS.transpose(0, 2, 1), truth=LABEL)
    same(read(path, components=[f"p[{k},:]" for k in range(4)]))
    with pytest.raises(DataError, match=r"expected \(n, P, 4\): choose .* \[p\[0,:\], p\[1,:\]"):
        read(path, components=["p"])
    with pytest.raises(DataError, match="4 values along its second axis"):
        read(path, components=["p[0,:]", "p[1,:]", "p[2,:]", "p[4,:]"])


def test_absent_lists_and_values_are_missing_not_empty(tmp_path: Path) -> None:
    lists: list[Any] = [[1.0, 2.0], None, [], [3.0, None]]
    path = write(tmp_path / "a.parquet", {"x": lists, "o": [{"y": 1}, None, {"y": None}, {"y": 4}]})
    for columns in (read_columns(path, ["x", "o.y"], ColumnSource("parquet")),
                    *read_blocks(path, ["x", "o.y"], ColumnSource("parquet"))):  # fmt: skip
        x, y = columns["x"], columns["o.y"]
        assert isinstance(x, Lists)
        assert not isinstance(y, Lists)
        assert x.absent is not None
        assert x.counts.tolist() == [2, 0, 0, 2]
        assert x.absent.tolist() == [False, True, False, False]
        np.testing.assert_array_equal(x.values, [1, 2, 3, np.nan])
        assert np.ma.getmaskarray(y).tolist() == [False, True, True, False]


def test_jets_without_lists_are_left_out_if_that_is_stated(tmp_path: Path) -> None:
    columns: dict[str, Any] = {c: ak.to_list(ragged(JETS[..., k])) for k, c in enumerate(CARTESIAN)}
    columns["E"][4] = None
    path = write(tmp_path / "a.parquet", {**columns, "truth": LABEL})
    with pytest.raises(DataError, match="'E' has no list in 1 rows, first in row 5; `drop_missing: true`"):
        read(path, components=list(CARTESIAN))
    data = read(path, components=list(CARTESIAN), drop_missing=True)
    assert len(data) == N - 1
    assert "1 jets without a value of 'E' left out" in data.provenance.selection


def test_an_object_is_not_a_number_and_a_repeated_name_is_none(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"mu": [{"pt": 1.0}] * 3, "x": [1.0] * 3})
    with pytest.raises(DataError, match=r"column 'mu' holds objects: name their values, mu\.pt"):
        read_columns(path, ["mu"], ColumnSource("parquet"))
    with pytest.raises(DataError, match=r"no column 'mu\.eta'; did you mean 'mu"):
        read_columns(path, ["mu.eta"], ColumnSource("parquet"))
    pq.write_table(pa.Table.from_arrays([pa.array([1.0])] * 2, names=["x", "x"]), path)
    with pytest.raises(DataError, match="column 'x' appears 2 times"):
        read_columns(path, ["x"], ColumnSource("parquet"))


def test_trees_beside_the_named_one_and_their_cycles(tmp_path: Path) -> None:
    table = flat_muons(muons(60))
    with uproot.recreate(tmp_path / "a.root") as file:
        file["t"] = {name: table[name].to_numpy() for name in table if name != "M"}
        file["more/u"] = {"M": table["M"].to_numpy(), "w": np.ones(60)}
        file["short"] = {"M": table["M"].to_numpy()[:50]}
    with uproot.update(tmp_path / "a.root") as file:
        file["t"] = {name: table[name].to_numpy()[:20] for name in table}
    flat = [name for vector in PAIR for name in vector]
    path = str(tmp_path / "a.root")
    columns = read_columns(path, [*flat, "more/u/M"], ColumnSource("root", "t;1"))
    np.testing.assert_array_equal(columns["more/u/M"], table["M"])
    np.testing.assert_array_equal(columns["pz2"], table["pz2"])
    assert len(read_columns(path, ["E1"], ColumnSource("root", "t"))["E1"]) == 20
    with pytest.raises(DataError, match="columns of unequal length: 'E1' 60, 'short/M' 50"):
        read_columns(path, ["E1", "short/M"], ColumnSource("root", "t;1"))
    with pytest.raises(DataError, match="no cycle 't;3'"):
        read_columns(path, ["E1"], ColumnSource("root", "t;3"))
    with pytest.raises(DataError, match="no branch of 'more/u' 'N'"):
        read_columns(path, ["E1", "more/u/N"], ColumnSource("root", "t;1"))


def test_the_width_of_lists_within_lists_must_be_one(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"p": [[[1.0, 2.0], [3.0]], [[4.0]]]})
    with pytest.raises(DataError, match="lists of lists of different lengths"):
        read_columns(path, ["p"], ColumnSource("parquet"))
