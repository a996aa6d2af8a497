"""Files made to break a reader: each is answered with a DataError, or read, in bounded time and memory.

A child process for each format reads them under a limit on its memory that is smaller than what each file would take.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import uproot

from symbench.data.tables import limits
from symbench.data.tables.request import TableRequest
from symbench.data.tables.root_file import open_root
from symbench.data.tables.table import read_table
from symbench.errors import DataError

MEMORY = 400 * 1024**2  # beyond what Python and the libraries take themselves
SECONDS = 20.0
ROWS = 50
VECTORS = ("x", "y", "z")
FLIPS = 60

CHILD = f"""
import json, resource, sys, time
import h5py, pyarrow.csv, pyarrow.parquet, uproot, awkward, numpy
from symbench.data.tables.request import TableRequest
from symbench.data.tables.table import read_table
from symbench.errors import DataError
held = int(next(line for line in open("/proc/self/status") if line.startswith("VmData:")).split()[1]) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (held + {MEMORY},) * 2)  # address space that is only reserved does not count
for line in sys.stdin:
    path, format, vectors = json.loads(line)
    vectors = tuple(v if isinstance(v, str) else tuple(v) for v in vectors)
    request = TableRequest(format, None, vectors, "r2", "number", ())
    started = time.monotonic()
    try:
        told = ["read", str(len(read_table(path, request)))]
    except DataError as error:
        told = ["DataError", str(error)]
    except BaseException as error:
        told = [type(error).__name__, str(error)]
    print(json.dumps([path, *told, time.monotonic() - started]), flush=True)
"""

Told = dict[str, tuple[str, str, float]]
Maker = Callable[[Path], None]


def columns(rows: int = ROWS, **changes: Any) -> dict[str, Any]:
    rng = np.random.default_rng(3)
    return {**{name: rng.normal(size=rows) for name in (*VECTORS, "r2")}, **changes}


def hdf5(**changes: Any) -> Maker:
    """A file of datasets; a change is an array, or a function of (file, name) that makes something worse."""

    def make(path: Path) -> None:
        with h5py.File(path, "w") as file:
            for name, value in columns(**changes).items():
                if callable(value):
                    value(file, name)
                else:
                    file[name] = value

    return make


def compound(rows: int, **fields: Any) -> Maker:
    """One table of rows that were never written: a few kilobytes, whatever its size."""

    def make(path: Path) -> None:
        dtype = [(name, fields.get(name, "f8")) for name in (*VECTORS, "r2")]
        with h5py.File(path, "w") as file:
            file.create_dataset("table", shape=(rows,), dtype=dtype, chunks=(10,))

    return make


def unwritten(*shape: int) -> Callable[[Any, str], None]:
    """A dataset that states a shape and stores nothing."""

    def make(file: Any, name: str) -> None:
        file.create_dataset(name, shape=shape, dtype="f8", chunks=(9,) * len(shape))

    return make


def reference(file: Any, name: str) -> None:
    column = file.create_dataset(name, (ROWS,), dtype=h5py.ref_dtype)
    column[0] = file.ref


def ragged(file: Any, name: str) -> None:
    column = file.create_dataset(name, (ROWS,), dtype=h5py.vlen_dtype("f8"))
    column[0] = np.ones(3)


def array_file(descr: str, shape: tuple[int, ...], *, stored: int = 0, stated: int | None = None) -> Maker:
    """An NPZ whose `x` has this header and `stored` zero bytes, and whose directory states another size."""

    def make(path: Path) -> None:
        np.savez(path, **{name: column for name, column in columns().items() if name != "x"})
        with (
            zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
            archive.open("x.npy", "w") as out,
        ):
            np.lib.format.write_array_header_1_0(out, {"descr": descr, "fortran_order": False, "shape": shape})
            for _ in range(stored // 10**6):
                out.write(bytes(10**6))
        if stated is not None:
            content = bytearray(path.read_bytes())
            entry = content.rindex(b"PK\x01\x02")
            content[entry + 24 : entry + 28] = struct.pack("<I", stated)
            path.write_bytes(content)

    return make


def noise(content: bytes) -> Maker:
    """A file of these bytes."""

    def make(path: Path) -> None:
        path.write_bytes(content)

    return make


def text(head: str, *, zeros: int = 0) -> Maker:
    """A CSV of this text, and then so many zero bytes that take no place on the disk."""

    def make(path: Path) -> None:
        path.write_text(head)
        with path.open("r+b") as file:
            file.truncate(len(head.encode()) + zeros)

    return make


def pickled(path: Path) -> None:
    np.savez(path, **columns(x=np.array([{"a": 1}] * ROWS, dtype=object)))


def bare_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.ones((ROWS, 4)))


def root(kind: str, x: Any) -> Maker:
    """A tree of either kind, `mktree` or `mkrntuple`."""

    def make(path: Path) -> None:
        data = columns(x=x)
        with uproot.recreate(path) as file:
            types = {name: (c.dtype, c.shape[1:]) if c.ndim > 1 else c.dtype for name, c in data.items()}
            tree = file.mktree("events", types) if kind == "mktree" else file.mkrntuple("events", data)
            if kind == "mktree":
                tree.extend(data)

    return make


NAMES = "x,y,z,r2\n"
TOO_WIDE = np.zeros((ROWS, limits.MAXIMUM_WIDTH + 1))
CASES: dict[str, tuple[Maker, str]] = {
    "text.h5": (hdf5(x=lambda f, n: f.create_dataset(n, data=["a"] * ROWS)), "'x' does not hold numbers but text"),
    "ragged.h5": (hdf5(x=ragged), "'x' has a varying number of values a row"),
    "reference.h5": (hdf5(x=reference), "'x' does not hold numbers but object"),
    "opaque.h5": (hdf5(x=np.zeros(ROWS, dtype="V8")), "'x' does not hold numbers but"),
    "link.h5": (hdf5(x=lambda f, n: f.update({n: h5py.ExternalLink("/etc/passwd", "/")})), "no dataset 'x'"),
    "loop.h5": (hdf5(x=lambda f, n: f.update({n: h5py.SoftLink("/x")})), "no dataset 'x'"),
    "deep.h5": (
        hdf5(x=lambda f, n: f.create_dataset(n, shape=(9_000_000, 9_000), dtype="f8", chunks=(9, 9))),
        "values",
    ),
    "long.h5": (hdf5(x=lambda f, n: f.create_dataset(n, shape=(10**12,), dtype="f8", chunks=(9,))), "10,000,000 rows"),
    "field.h5": (compound(5_000_000, x=("f8", (5000,))), "'x' has shape (5000000, 5000), more than 100,000,000 values"),
    "texts.h5": (compound(9_000_000, x="S100000"), "field 'x' does not hold numbers but |S100000"),
    "raggeds.h5": (compound(ROWS, x=h5py.vlen_dtype("f8")), "field 'x' does not hold numbers but object"),
    "pickle.npz": (pickled, "holds Python objects, which are never loaded"),
    "bare.npz": (bare_array, "not readable as NPZ"),
    "text.npz": (array_file("|S1000000", (500,), stored=500_000_000), "'x' does not hold numbers but |S1000000"),
    "wide.npz": (array_file("<f8", (40_000, 10_000), stated=3_200_000_128), "'x' has shape (40000, 10000), more than"),
    "bomb.npz": (array_file("<f8", (50,), stored=500_000_000), "its shape needs"),
    "negative.npz": (array_file("<f8", (-5,)), "'x' states the shape (-5,)"),
    "overflow.npz": (array_file("<f8", (50, 2**32, 2**32)), "10,000 values a row"),
    "formula.csv": (text(NAMES + "=1+1,2,3,4\n" * 20), "'x' does not hold numbers but text, first '=1+1' in row 1"),
    "command.csv": (text(NAMES + "1,@SUM(A1),3,4\n=cmd|' /C calc'!A0,2,3,4\n"), "'x' does not hold numbers"),
    "columns.csv": (text("a," * 10_000_000 + NAMES), "the first line has more than 262,144 characters"),
    "narrow.csv": (text("a," * 11_000 + NAMES), "11,004 columns, more than the 10,000 that are read"),
    "header.csv": (text("", zeros=2**31), "the first line has more than 262,144 characters"),
    "line.csv": (text(NAMES, zeros=2**31), "not readable as CSV"),
    "infinite.csv": (text(NAMES + "1,2,3,4\ninf,2,3,4\nnan,2,3,-inf\n"), "'x' is missing or not finite in 2 rows"),
    "deep.jsonl": (text('{"x": ' + "[" * 200_000 + "]" * 200_000 + "}"), "lists within lists, more than 200 deep"),
    "depth.jsonl": (text('{"a": ' * 100_000 + "1" + "}" * 100_000), "lists within lists, more than 200 deep"),
    "hidden.jsonl": (text('{"]]]]": ' * 100_000 + "1" + "}" * 100_000), "lists within lists, more than 200 deep"),
    "line.jsonl": (text('{"x": 1', zeros=2**31), "not readable as JSON lines"),
    "twice.jsonl": (text('{"x": 1, "x": 2, "y": 1, "z": 1, "r2": 1}'), "not readable as JSON lines"),
    "wide.root": (root("mktree", TOO_WIDE), "'x' has shape (50, 10001), more than 10,000 values a row"),
    "wide-ntuple.root": (root("mkrntuple", TOO_WIDE), "'x' has shape (50, 10001), more than 10,000 values a row"),
    "noise.root": (noise(b"root" + bytes(range(256)) * 40), "not readable as ROOT"),
    "noise.parquet": (noise(b"PAR1" + bytes(99) + b"PAR1"), "not readable as Parquet"),
    "noise.h5": (noise(b"\x89HDF\r\n\x1a\n" + bytes(400)), "not readable as HDF5"),
}
WHOLE: dict[str, tuple[str, Maker]] = {
    "root": (".root", lambda path: _root(path, columns(2000))),
    "parquet": (".parquet", lambda path: pd.DataFrame(columns(2000)).to_parquet(path)),
    "hdf5": (".h5", hdf5()),
    "npz": (".npz", lambda path: np.savez_compressed(path, **columns())),
}


def _root(path: Path, data: dict[str, Any]) -> None:
    with uproot.recreate(path) as file:
        file.mktree("events", {name: column.dtype for name, column in data.items()}).extend(data)


def _format(path: Path) -> str:
    return {"h5": "hdf5"}.get(path.suffix[1:], path.suffix[1:])


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """File name → (how it ended, what was said, seconds), for every hostile file."""
    folder = tmp_path_factory.mktemp("hostile")
    asked: list[tuple[Path, list[Any]]] = []
    for name, (make, _) in CASES.items():
        make(folder / name)
        alone = ["x"] if name in ("deep.h5", "field.h5", "wide.npz", "overflow.npz") else [VECTORS]
        asked.append((folder / name, alone))
    for format, (suffix, make) in WHOLE.items():
        make(folder / f"whole-{format}{suffix}")
        whole = (folder / f"whole-{format}{suffix}").read_bytes()
        rng = np.random.default_rng(zlib.crc32(format.encode()))
        for part in range(10):
            asked.append((folder / f"cut-{part}{suffix}", [VECTORS]))
            asked[-1][0].write_bytes(whole[: int(len(whole) * (part + 0.5) / 10)])
        for number in range(FLIPS):
            flipped = bytearray(whole)
            places = rng.integers(0, len(whole), size=rng.integers(1, 8))
            places[0] = rng.choice([places[0] % 3000, len(whole) - 1 - places[0] % 1500])  # headers lie at the ends
            for place in places:
                flipped[place % len(whole)] = rng.integers(0, 256)
            asked.append((folder / f"flip-{number}{suffix}", [VECTORS]))
            asked[-1][0].write_bytes(flipped)
    told: Told = {}
    for format in ("csv", "jsonl", *WHOLE):
        told |= _tell([(path, vectors) for path, vectors in asked if _format(path) == format])
    return told


def _tell(asked: list[tuple[Path, list[Any]]]) -> Told:
    """What the reader says of these files, in a process of its own."""
    lines = "".join(json.dumps([str(path), _format(path), vectors]) + "\n" for path, vectors in asked)
    ended = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", CHILD], input=lines, capture_output=True, text=True, timeout=240
    )
    answers = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode == 0, f"{asked[len(answers)][0].name} ended the process: {ended.stderr[-2000:]}"
    return {Path(path).name: (kind, message, seconds) for path, kind, message, seconds in answers}


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_is_a_data_error_that_says_why(told: Told, name: str) -> None:
    kind, message, seconds = told[name]
    assert kind == "DataError", message
    assert name in message
    assert CASES[name][1] in message
    assert len(message) < 600
    assert seconds < SECONDS


@pytest.mark.parametrize("format", WHOLE)
def test_a_truncated_file_is_a_data_error(told: Told, format: str) -> None:
    suffix = WHOLE[format][0]
    for part in range(10):
        kind, message, seconds = told[f"cut-{part}{suffix}"]
        assert kind == "DataError", message
        assert f"not readable as {format.upper() if format != 'parquet' else 'Parquet'}" in message
        assert seconds < SECONDS


@pytest.mark.parametrize("format", WHOLE)
def test_flipped_bytes_give_a_table_or_a_data_error(told: Told, format: str) -> None:
    answers = [told[f"flip-{number}{WHOLE[format][0]}"] for number in range(FLIPS)]
    assert {kind for kind, _, _ in answers} <= {"read", "DataError"}, answers
    assert any(kind == "DataError" for kind, _, _ in answers)
    assert max(seconds for _, _, seconds in answers) < SECONDS


def test_a_table_of_streamers_that_needs_itself_is_told_at_once(tmp_path: Path) -> None:
    """A damaged class name sends uproot to look it up in the table that it is reading."""
    path = tmp_path / "events.root"
    _root(path, columns())
    name = b"TStreamerBasicType\x00"
    whole = path.read_bytes()
    assert name in whole
    with open_root(str(path)) as directory:
        assert "TTree" in directory.file.streamers
    path.write_bytes(whole.replace(name, b"TStreamerOtherType\x00", 1))
    with open_root(str(path)) as directory, pytest.raises(ValueError, match="needs itself to be read"):
        _ = directory.file.streamers


def test_a_branch_is_never_taken_for_an_expression(tmp_path: Path) -> None:
    """uproot computes names that look like formulas, and aliases that a file brings along."""
    path = tmp_path / "events.root"
    _root(path, columns(x_y=np.arange(float(ROWS))))
    request = TableRequest("root", None, (("x*0+1", "y", "z"),), "r2", "number", ())
    with pytest.raises(DataError, match=r"no branch 'x\*0\+1'"):
        read_table(str(path), request)
