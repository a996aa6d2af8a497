"""A user's file in every format: the same data whichever it is in, and an error that names what is wrong."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import uproot

from symbench.data.tables import limits, table
from symbench.data.tables.request import TableRequest
from symbench.data.tables.suffixes import format_of
from symbench.data.tables.table import check_algebra, file_digest, read_table
from symbench.errors import DataError, MissingDataError

NAMES = ("x", "y", "z")
FORMATS = ("csv", "jsonl", "parquet", "feather", "npz", "npy", "hdf5", "root")
SUFFIX = {
    "csv": ".csv",
    "parquet": ".parquet",
    "npz": ".npz",
    "hdf5": ".h5",
    "root": ".root",
    "jsonl": ".jsonl",
    "feather": ".feather",
    "npy": ".npy",
}


def columns(rows: int = 40) -> dict[str, np.ndarray]:
    """x, y, z, their squared length r2, a class, a run and an event number; the last five rows repeat the first."""
    rng = np.random.default_rng(7)
    made: dict[str, np.ndarray] = {name: rng.normal(size=rows) for name in NAMES}
    made["r2"] = np.sum([made[name] ** 2 for name in NAMES], axis=0)
    made["inside"] = (made["r2"] < 3).astype(np.int64)
    made["run"] = np.full(rows, 2**53, dtype=np.int64) + np.arange(rows) // 20
    made["event"] = np.arange(rows) % 20
    return {name: np.concatenate([column, column[:5]]) for name, column in made.items()}


def savez(path: Path, arrays: dict[str, Any]) -> None:
    """`numpy.savez_compressed` of arrays by name."""
    np.savez_compressed(path, **arrays)


def write(folder: Path, format: str, data: dict[str, np.ndarray], name: str = "events") -> Path:
    path = folder / (name + SUFFIX[format])
    if format == "csv":
        pd.DataFrame(data).to_csv(path, index=False)
    elif format == "jsonl":
        rows = zip(*(column.tolist() for column in data.values()), strict=True)
        path.write_text("".join(json.dumps(dict(zip(data, row, strict=True))) + "\n" for row in rows))
    elif format == "parquet":
        pd.DataFrame(data).to_parquet(path)
    elif format == "feather":
        pd.DataFrame(data).to_feather(path)
    elif format == "npy":
        record = np.empty(len(next(iter(data.values()))), dtype=[(name, c.dtype) for name, c in data.items()])
        for key, column in data.items():
            record[key] = column
        np.save(path, record)
    elif format == "npz":
        savez(path, data)
    elif format == "hdf5":
        with h5py.File(path, "w") as file:
            for key, column in data.items():
                file[f"events/{key}"] = column
    else:
        with uproot.recreate(path) as file:
            file.mktree("events", {key: column.dtype for key, column in data.items()}).extend(data)
    return path


def request(format: str, **changes: Any) -> TableRequest:
    wanted = TableRequest(
        format=format, key=None, vectors=(NAMES,), label="r2", label_type="number", event_id=("run", "event")
    )
    return replace(wanted, **changes)


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_gives_the_same_data_and_one_row_an_event(tmp_path: Path, format: str) -> None:
    data = columns()
    found = read_table(str(write(tmp_path, format, data)), request(format))
    assert found.vectors.shape == (40, 1, 3)
    np.testing.assert_array_equal(found.vectors[:, 0], np.stack([data[n] for n in NAMES], axis=1)[:40])
    np.testing.assert_array_equal(found.label, data["r2"][:40])
    assert "45 rows, 40 kept" in found.provenance.selection
    assert "5 repeated rows dropped" in found.provenance.selection
    assert str(tmp_path) not in repr(found.provenance)


@pytest.mark.parametrize("format", FORMATS)
def test_without_event_columns_equal_rows_count_once(tmp_path: Path, format: str) -> None:
    path = write(tmp_path, format, columns())
    assert len(read_table(str(path), request(format, event_id=()))) == 40


@pytest.mark.parametrize("format", FORMATS)
def test_two_vectors_and_a_class(tmp_path: Path, format: str) -> None:
    path = write(tmp_path, format, columns())
    wanted = request(format, vectors=(("x", "y"), ("z", "r2")), label="inside", label_type="class")
    found = read_table(str(path), wanted)
    assert found.vectors.shape == (40, 2, 2)
    assert found.label.dtype == np.int64
    assert set(found.label) == {0, 1}


@pytest.mark.parametrize("format", FORMATS)
def test_an_unknown_column_is_answered_with_the_nearest(tmp_path: Path, format: str) -> None:
    path = write(tmp_path, format, columns())
    with pytest.raises(DataError, match=r"events\S+: no \w+ 'evnt'; did you mean 'event'\?"):
        read_table(str(path), request(format, event_id=("run", "evnt")))


@pytest.mark.parametrize("format", FORMATS)
def test_values_that_are_not_finite_are_counted_and_the_first_named(tmp_path: Path, format: str) -> None:
    data = columns()
    data["y"][[3, 17]] = np.nan, np.inf
    with pytest.raises(DataError, match="column 'y' is missing or not finite in 2 rows, first in row 4"):
        read_table(str(write(tmp_path, format, data)), request(format))


@pytest.mark.parametrize("format", FORMATS)
def test_a_truncated_file_is_a_data_error(tmp_path: Path, format: str) -> None:
    path = write(tmp_path, format, columns(4000))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2 - 3])
    with pytest.raises(DataError, match=f"events{SUFFIX[format]}"):
        read_table(str(path), request(format))


@pytest.mark.parametrize("format", FORMATS)
def test_an_empty_and_a_missing_file_are_data_errors(tmp_path: Path, format: str) -> None:
    path = tmp_path / f"empty{SUFFIX[format]}"
    path.touch()
    with pytest.raises(DataError, match="empty"):
        read_table(str(path), request(format))
    with pytest.raises(MissingDataError, match="no such file"):
        read_table(str(tmp_path / "absent"), request(format))
    with pytest.raises(DataError, match="not a file"):
        read_table(str(tmp_path), request(format))
    path.write_bytes(b"\x00nonsense\xff" * 9)
    with pytest.raises(DataError, match="empty" + SUFFIX[format]):
        read_table(str(path), request(format))


@pytest.mark.parametrize("format", FORMATS)
def test_no_rows_and_too_many_rows_are_data_errors(
    tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if format not in ("root", "jsonl"):  # uproot cannot write a tree without an entry; no line is an empty file
        empty = write(tmp_path, format, {k: v[:0] for k, v in columns().items()}, "none")
        with pytest.raises(DataError, match="the table has no rows"):
            read_table(str(empty), request(format))
    monkeypatch.setattr(table, "MAXIMUM_ROWS", 44)
    with pytest.raises(DataError, match="more than 44 rows"):
        read_table(str(write(tmp_path, format, columns())), request(format))


@pytest.mark.parametrize("format", ["csv", "parquet", "hdf5"])
def test_text_is_not_a_number(tmp_path: Path, format: str) -> None:
    data = columns()
    path = write(tmp_path, format, data | {"y": np.array(["1.5"] * 44 + ["muon"], dtype=object)})
    with pytest.raises(DataError, match=r"'y' does not hold numbers"):
        read_table(str(path), request(format))


def test_the_offending_text_is_shown(tmp_path: Path) -> None:
    path = write(tmp_path, "csv", columns() | {"y": np.array(["1.5"] * 44 + ["muon"], dtype=object)})
    with pytest.raises(DataError, match="first 'muon' in row 45"):
        read_table(str(path), request("csv"))


def test_a_changed_file_is_read_again_and_has_another_digest(tmp_path: Path) -> None:
    path = write(tmp_path, "csv", columns())
    before, digest = read_table(str(path), request("csv")), file_digest(str(path))
    write(tmp_path, "csv", columns(50))
    assert len(read_table(str(path), request("csv"))) == len(before) + 10
    assert file_digest(str(path)) != digest
    assert read_table(str(path), request("csv")) is read_table(str(path), request("csv"))


def test_csv_rows_of_the_wrong_length_and_repeated_columns(tmp_path: Path) -> None:
    wanted = request("csv", event_id=())
    path = tmp_path / "bad.csv"
    path.write_text("x,y,z,r2\n1,2,3,4\n1,2,3,4,5\n")
    with pytest.raises(DataError, match="not readable as CSV"):
        read_table(str(path), wanted)
    path.write_text("x,y,z,r2\n1,2,3,4,5\n1,2,3,4,5\n")
    with pytest.raises(DataError, match="not readable as CSV"):
        read_table(str(path), wanted)
    path.write_text("x,y,z,r2\n1,2,3,4\n1,2,3\n")
    with pytest.raises(DataError, match="Expected 4 columns, got 3"):
        read_table(str(path), wanted)
    path.write_text("x,y,z,r2\n1,2,3,4\n1,2,,4\n")
    with pytest.raises(DataError, match="'z' is missing or not finite in 1 row, first in row 2"):
        read_table(str(path), wanted)
    path.write_text("x,y,z,r2,x\n1,2,3,4,5\n")
    with pytest.raises(DataError, match="'x' appears 2 times"):
        read_table(str(path), wanted)


def test_csv_columns_may_turn_from_whole_to_broken_numbers_late(tmp_path: Path) -> None:
    rows = 200_000  # beyond the first block, from which types are inferred
    path = tmp_path / "late.csv"
    path.write_text("x,y,z,r2\n" + "".join(f"{i},1,2,{i}\n" for i in range(rows)) + "1,2,3.5,4\n")
    found = read_table(str(path), request("csv", event_id=()))
    assert (len(found), found.vectors[-1, 0, 2]) == (rows + 1, 3.5)
    path.write_text(path.read_text() + "1,2,pi,4\n")
    with pytest.raises(DataError, match="'pi'"):
        read_table(str(path), request("csv", event_id=()))


def test_csv_of_a_spreadsheet_with_mark_and_blanks(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_bytes("\ufeffx, y, z, r2\n1, 2, 3, 14\n0, 1, 1, 2\n".encode())
    found = read_table(str(path), request("csv", event_id=()))
    np.testing.assert_array_equal(found.vectors[:, 0], [[1, 2, 3], [0, 1, 1]])


@pytest.mark.parametrize("format", ["npz", "hdf5"])
def test_vectors_as_arrays(tmp_path: Path, format: str) -> None:
    data = columns()
    muons = np.stack([data[n] for n in NAMES], axis=1)
    path = write(tmp_path, format, data | {"muon1": muons, "muon2": -muons})
    found = read_table(str(path), request(format, vectors=("muon1", "muon2")))
    assert found.vectors.shape == (40, 2, 3)
    np.testing.assert_array_equal(found.vectors[:, 0], muons[:40])
    with pytest.raises(DataError, match=r"'x' has shape \(45,\); a vector given by one name"):
        read_table(str(path), request(format, vectors=("x",)))
    with pytest.raises(DataError, match="expected one number a row"):
        read_table(str(path), request(format, label="muon1"))
    other = write(tmp_path, format, data | {"z": data["z"][:-1]}, "short")
    with pytest.raises(DataError, match="unequal length"):
        read_table(str(other), request(format))


def test_npz_never_unpickles_and_refuses_a_member_that_lies_about_its_size(tmp_path: Path) -> None:
    path = tmp_path / "objects.npz"
    savez(path, columns() | {"x": np.array([object()] * 45, dtype=object)})
    with pytest.raises(DataError, match="Python objects"):
        read_table(str(path), request("npz"))
    bomb = tmp_path / "bomb.npz"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, column in columns().items():
            file = io.BytesIO()
            np.lib.format.write_array(file, column)
            archive.writestr(f"{name}.npy", file.getvalue() + (b"\0" * 50_000_000 if name == "x" else b""))
    with pytest.raises(DataError, match="array 'x' states 50,000"):
        read_table(str(bomb), request("npz"))
    wide = tmp_path / "wide.npz"
    savez(wide, columns() | {"x": np.zeros((2, limits.MAXIMUM_WIDTH + 1))})
    with pytest.raises(DataError, match="values a row"):
        read_table(str(wide), request("npz"))


def test_hdf5_compound_tables_keys_and_links(tmp_path: Path) -> None:
    data = columns()
    path = tmp_path / "table.h5"
    record = np.empty(len(data["x"]), dtype=[(name, column.dtype) for name, column in data.items()])
    for name, column in data.items():
        record[name] = column
    with h5py.File(path, "w") as file:
        file["good"] = record
        file["other/x"] = data["x"]
    assert len(read_table(str(path), request("hdf5", key="good"))) == 40
    with pytest.raises(DataError, match="no group 'god'; did you mean 'good'"):
        read_table(str(path), request("hdf5", key="god"))
    secret = write(tmp_path, "hdf5", data, "secret")
    link = tmp_path / "link.h5"
    with h5py.File(link, "w") as file:
        file["stolen"] = h5py.ExternalLink(str(secret), "/events")
        for name, column in data.items():
            if name != "x":
                file[name] = column
        file["x"] = h5py.ExternalLink(str(secret), "/events/x")
    with pytest.raises(DataError, match="no group 'stolen'"):
        read_table(str(link), request("hdf5", key="stolen"))
    with pytest.raises(DataError, match="no dataset 'x'"):
        read_table(str(link), request("hdf5"))
    virtual = tmp_path / "virtual.h5"
    layout = h5py.VirtualLayout(shape=(45,), dtype="f8")
    layout[:] = h5py.VirtualSource(str(secret), "events/x", shape=(45,))
    with h5py.File(virtual, "w") as file:
        for name, column in data.items():
            if name != "x":
                file[name] = column
        file.create_virtual_dataset("x", layout)
    with pytest.raises(DataError, match="another file"):
        read_table(str(virtual), request("hdf5"))


def test_root_trees_are_chosen_by_key_and_ragged_branches_refused(tmp_path: Path) -> None:
    data = columns()
    path = tmp_path / "two.root"
    with uproot.recreate(path) as file:
        for tree in ("first", "second"):
            file.mktree(tree, {k: c.dtype for k, c in data.items()}).extend(data)
    with pytest.raises(DataError, match="set `key` to one of the trees first, second"):
        read_table(str(path), request("root"))
    assert len(read_table(str(path), request("root", key="second"))) == 40
    with pytest.raises(DataError, match="no tree 'secnd'; did you mean 'second'"):
        read_table(str(path), request("root", key="secnd"))
    import awkward as ak

    ragged = tmp_path / "ragged.root"
    with uproot.recreate(ragged) as file:
        file["events"] = {**data, "x": ak.Array([[1.0] * (i % 3) for i in range(45)])}
    with pytest.raises(DataError, match="varying number of values"):
        read_table(str(ragged), request("root"))


def test_a_key_means_nothing_for_a_flat_file(tmp_path: Path) -> None:
    for format in ("csv", "parquet", "npz"):
        with pytest.raises(DataError, match="means nothing"):
            read_table(str(write(tmp_path, format, columns())), request(format, key="events"))


def test_labels_that_carry_nothing_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "csv", columns() | {"r2": np.ones(45)})
    with pytest.raises(DataError, match="same value in every event"):
        read_table(str(path), request("csv"))
    path = write(tmp_path, "csv", columns(), "number")
    with pytest.raises(DataError, match=r"'r2' should hold classes, but row 1 holds .*label_type: number"):
        read_table(str(path), request("csv", label_type="class"))


def test_generators_are_checked() -> None:
    rotation = [[0.0, -1.0], [1.0, 0.0]]
    assert check_algebra([rotation], 2, "here").shape == (1, 2, 2)
    assert check_algebra([], 3, "here").shape == (0, 3, 3)
    for wrong, message in (
        ([rotation, rotation], "only 1 are independent"),
        ([[[0.0]]], "2 components"),
        ([[[1.0, np.nan], [0.0, 1.0]]], "not finite"),
        ([[[0.0, 1.0], [1.0]]], "equal square matrices"),
        ([[[0.0, 0.0], [0.0, 0.0]]], "only 0 are independent"),
    ):
        with pytest.raises(DataError, match=f"here.*{message}"):
            check_algebra(wrong, 2, "here")


def test_the_suffix_tells_the_format() -> None:
    assert format_of("a/b.PQ", None) == "parquet"
    assert format_of("a/b.txt", "csv") == "csv"
    with pytest.raises(ValueError, match="set `format` to one of csv"):
        format_of("a/b.txt", None)
