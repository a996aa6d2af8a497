"""Jet files that are damaged, of another kind, or made to break a reader: read, or answered with a DataError."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import awkward as ak
import h5py
import numpy as np
import pytest
import uproot

from symbench.errors import DataError
from tests.data.jets import files as jet_files
from tests.data.jets import reading as jet_reading
from tests.data.jets.files import Jets
from tests.data.jets.reading import KINDS, read

MEMORY = 600 * 1024**2  # beyond what Python and the libraries take themselves
FLIPS = 25
MAKERS: dict[str, Callable[[Path], Any]] = {
    "reference": lambda folder: jet_files.reference(folder / "reference.h5", Jets(40), compression="gzip"),
    "quark-gluon": lambda folder: jet_files.quark_gluon(folder / "quark-gluon.npz", Jets(40)),
    "jetclass": lambda folder: jet_files.jetclass(folder, "QCD", Jets(40)).rename(folder / "jetclass.root"),
    "nanoaod": lambda folder: jet_files.nanoaod(folder / "nanoaod.root", Jets(40), "PFCands"),
    "muons": lambda folder: jet_files.muons(folder / "muons.root", [3.1, 91.2] * 20),
}
CHILD = f"""
import json, resource, sys
import h5py, uproot, awkward, numpy
from tests.data.jets.reading import read
from symbench.errors import DataError
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + {MEMORY},) * 2)
for line in sys.stdin:
    kind, path = json.loads(line)
    try:
        told = ["read", str(len(read(kind, path)))]
    except DataError as error:
        told = ["DataError", str(error)]
    except BaseException as error:
        told = [type(error).__name__, str(error)]
    print(json.dumps([path, *told]), flush=True)
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str]]:
    """File name → how reading it ended, for every damaged file; all in one child process with bounded memory."""
    folder = tmp_path_factory.mktemp("hostile")
    asked: list[tuple[str, str]] = []
    for kind, make in MAKERS.items():
        make(folder)
        (whole,) = folder.glob(f"{kind}.*")
        content = whole.read_bytes()
        rng = np.random.default_rng(len(kind))
        for number in range(FLIPS + 6):
            damaged = bytearray(content)
            if number < 6:
                damaged = damaged[: int(len(content) * (number + 0.5) / 6)]
            else:
                places = rng.integers(0, len(content), size=rng.integers(1, 8))
                places[0] = rng.choice([places[0] % 3000, len(content) - 1 - places[0] % 1500])
                for place in places:
                    damaged[place % len(content)] = rng.integers(0, 256)
            path = folder / f"{kind}-{number}{whole.suffix}"
            path.write_bytes(damaged)
            asked.append((kind, str(path)))
        asked.append((kind, str(whole)))
    lines = "".join(json.dumps(line) + "\n" for line in asked)
    root = str(Path(jet_reading.__file__).parents[3])
    ended = subprocess.run(
        [sys.executable, "-c", CHILD], input=lines, capture_output=True, text=True, timeout=240, cwd=root
    )
    answers = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode == 0, f"{asked[len(answers)][1]} ended the process: {ended.stderr[-2000:]}"
    return {Path(path).stem: (kind, message) for path, kind, message in answers}


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_read_or_are_data_errors(told: dict[str, tuple[str, str]], kind: str) -> None:
    assert told[kind][0] == "read", told[kind]
    answers = [told[f"{kind}-{number}"] for number in range(FLIPS + 6)]
    assert {how for how, _ in answers} <= {"read", "DataError"}, answers
    assert [how for how, _ in answers[:6]] == ["DataError"] * 6, answers[:6]
    assert all(kind in message and len(message) < 800 for how, message in answers if how == "DataError"), answers


def test_a_table_of_another_layout_is_no_reference(tmp_path: Path) -> None:
    path = tmp_path / "other.h5"
    cases: list[tuple[Any, str]] = [
        ([("values_block_0", "<f4", (800,)), ("values_block_1", "<i8", (1,))], "'values_block_1' of 'table/table'"),
        ([("values_block_0", "<f4", (400,)), ("values_block_1", "<i8", (2,))], "expected at least 800 numbers"),
        ([("values_block_0", "S4", (800,)), ("values_block_1", "<i8", (2,))], "'values_block_0'"),
        ([("E", "<f4")], "'values_block_0'"),
    ]
    for dtype, message in cases:
        with h5py.File(path, "w") as file:
            file["table/table"] = np.zeros(40, dtype=dtype)
        with pytest.raises(DataError, match=message):
            read("reference", str(path))
    with h5py.File(path, "w") as file:
        file["table/table"] = h5py.ExternalLink("/etc/passwd", "/")
    with pytest.raises(DataError, match="no table 'table/table'"):
        read("reference", str(path))


def test_a_filter_that_is_not_installed_is_named(tmp_path: Path) -> None:
    """Some copies are compressed with a filter that plain h5py lacks."""
    path = tmp_path / "reference.h5"
    jet_files.reference(path, Jets(40), compression="lzf")
    content = (
        path.read_bytes()
        .replace(b"lzf\0", b"xyz\0")
        .replace((32000).to_bytes(2, "little"), (32123).to_bytes(2, "little"))
    )
    path.write_bytes(content)
    with pytest.raises(DataError, match="hdf5plugin"):
        read("reference", str(path))


def test_labels_and_numbers_that_mean_nothing_are_refused(tmp_path: Path) -> None:
    jets = Jets(40)
    jets.label[7] = 3
    jet_files.reference(tmp_path / "reference.h5", jets)
    with pytest.raises(DataError, match="a label is 3, expected 0 for QCD and 1 for top"):
        read("reference", str(tmp_path / "reference.h5"))
    jet_files.quark_gluon(tmp_path / "quark-gluon.npz", jets)
    with pytest.raises(DataError, match="a label is 3"):
        read("quark-gluon", str(tmp_path / "quark-gluon.npz"))
    jets = Jets(40)
    jets.pz[11] = np.nan
    jet_files.jetclass(tmp_path, "QCD", jets).rename(tmp_path / "jetclass.root")
    with pytest.raises(DataError, match=r"'part_\w+' is not finite in 1 values"):
        read("jetclass", str(tmp_path / "jetclass.root"))


@pytest.mark.parametrize("pickled", [True, False])
def test_an_archive_is_never_unpickled_nor_unpacked_beyond_its_shape(tmp_path: Path, pickled: bool) -> None:
    path = tmp_path / "quark-gluon.npz"
    x = np.array([[[{}]]], dtype=object) if pickled else np.zeros((3, 4))
    np.savez(path, X=x, y=np.zeros(len(x)))
    with pytest.raises(DataError, match=r"does not hold numbers|expected \(n, particles, 4\)"):
        read("quark-gluon", str(path))


def test_indices_that_lead_out_of_the_event_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "nanoaod.root"
    jet_files.nanoaod(path, Jets(40), "PFCands")
    with uproot.open(path) as file:
        arrays = {
            name: file["Events"][name].array() for name in map(str, file["Events"].keys()) if not name.startswith("n")
        }
    for name, value in (
        ("FatJetPFCands_pFCandsIdx", 10_000),
        ("FatJetPFCands_jetIdx", 3),
        ("FatJetPFCands_jetIdx", -2),
    ):
        changed = arrays[name] + (arrays[name] == 0) * value
        jet_files.write_tree(path, "Events", {**arrays, name: ak.values_astype(changed, "i4")})
        with pytest.raises(DataError, match=f"'{name}' is {value}, but the event has"):
            read("nanoaod", str(path))


def test_branches_of_other_lengths_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "jetclass.root"
    jets, other = Jets(40), Jets(40, seed=2)
    jet_files.jetclass(tmp_path, "QCD", jets).rename(path)
    with uproot.open(path) as file:
        arrays = {
            name: file["tree"][name].array() for name in map(str, file["tree"].keys()) if not name.startswith("n")
        }
    jet_files.write_tree(path, "tree", {**arrays, "part_py": other.lists(other.py)})
    with pytest.raises(DataError, match=r"'part_py' have .* values in the same entry|'part_energy' and 'part_py'"):
        read("jetclass", str(path))
