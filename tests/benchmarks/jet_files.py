"""Reading jet files, against h5py and uproot alone: processor time as a ratio, memory of a conversion, mapping again.

The plain reading takes the same columns of the same file in blocks and keeps nothing. `python -m
tests.benchmarks.jet_files 1211000` makes a file of as many jets as the training file of the Top Tagging reference.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import uproot

from symbench.data.jets.jetclass import read_jetclass
from symbench.data.jets.top_tagging import read_reference
from symbench.data.store import load_or_convert, read
from tests.data.jets import files as jet_files

JETS, LISTS = 100_000, 30_000
CONSTITUENTS = 200
BLOCK = 20_000
MEMORY = 2 * 1024**3  # bytes of data that the converting process may have; mapped files are not counted
BRANCHES = ("part_px", "part_py", "part_pz", "part_energy", "label_QCD")


def make_reference(path: Path, jets: int) -> None:
    """As PyTables writes it, compressed; the same 5,000 jets again and again."""
    made = path.with_suffix(".some")
    jet_files.reference(made, jet_files.Jets(5_000, largest=90))
    with h5py.File(made) as few, h5py.File(path, "w") as file:
        rows = few["table/table"][...]
        table = file.create_group("table").create_dataset(
            "table",
            shape=(jets,),
            dtype=rows.dtype,
            chunks=(2048,),
            compression="gzip",
            compression_opts=1,
            shuffle=True,
        )
        for start in range(0, jets, len(rows)):
            table[start : start + len(rows)] = rows[: jets - start]


def plain_h5py(path: Path) -> None:
    with h5py.File(path) as file:
        table = file["table/table"]
        for start in range(0, len(table), BLOCK):
            block = table[start : start + BLOCK]
            np.ascontiguousarray(block["values_block_0"][:, : 4 * CONSTITUENTS]), block["values_block_1"][:, 1]


def plain_uproot(path: Path) -> None:
    with uproot.open(path) as file:
        for start in range(0, LISTS, BLOCK):
            for name in BRANCHES:
                file["tree"][name].array(entry_start=start, entry_stop=start + BLOCK)


def seconds(what: Callable[[], object], repeats: int = 2) -> float:
    """Processor time, the least of a few runs: on a machine that others use as well, ratios of it hold."""
    times = []
    for _ in range(repeats):
        started = time.process_time()
        what()
        times.append(time.process_time() - started)
    return min(times)


def convert(source: Path, jets: int, target: Path) -> None:
    """In a process of its own, limited in memory: what the conversion took."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    started = time.perf_counter()
    data = load_or_convert(target, {}, lambda append: read_reference([(source, jets)], CONSTITUENTS, append))
    taken, peak = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{'converted and kept':34s} {taken:.1f} s, {peak:.0f} MiB resident at most, {data.vectors.nbytes / 1e9:.2f} GB"
    )


def main(jets: int = JETS) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "train.h5", Path(folder) / "cache"
        make_reference(source, jets)
        plain = seconds(lambda: plain_h5py(source))
        ours = seconds(lambda: read_reference([(source, jets)], CONSTITUENTS, lambda block: None))
        print(f"{f'{jets:,} jets, HDF5: h5py alone':34s} {plain:.2f} s, {jets / plain:,.0f} jets/s")
        print(f"{'symbench, checked and ordered':34s} {ours:.2f} s, {ours / plain:.2f} times as long")
        sys.stdout.flush()
        subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.jet_files", "convert", source, str(jets), target], check=True
        )
        digest = read(target, {}).digest
        again, mapped = seconds(lambda: read(target, {}), 1), seconds(lambda: read(target, {}, digest=digest), 1)
        print(f"{'read again from the cache':34s} {again:.2f} s with its digest, {mapped:.2f} s without")
        tree = jet_files.jetclass(Path(folder), "QCD", jet_files.Jets(LISTS, largest=90))
        plain = seconds(lambda: plain_uproot(tree))
        ours = seconds(lambda: _lists(tree))
        print(f"{f'{LISTS:,} jets, ROOT: uproot alone':34s} {plain:.2f} s, {LISTS / plain:,.0f} jets/s")
        print(f"{'symbench, checked and padded':34s} {ours:.2f} s, {ours / plain:.2f} times as long")


def _lists(path: Path) -> None:
    read_jetclass({"QCD": ((path,),)}, [LISTS], 128, identification=False, append=lambda block: None)


if __name__ == "__main__":
    if sys.argv[1:2] == ["convert"]:
        convert(Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
    else:
        main(*map(int, sys.argv[1:]))
