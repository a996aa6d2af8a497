"""Readers of columns, against pyarrow, h5py and uproot alone: time as a ratio, memory of a block, and a plan.

Both sides read the same columns of the same file by turns. `python -m tests.benchmarks.readers 10000000` plans a suite
on a Parquet table of so many rows, each of two four-momenta with a label. A busy machine lengthens a plan: its
processor time is printed as well.
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
import numpy.typing as npt
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import uproot

from symbench.data.tables.columns import ColumnSource, read_blocks, read_columns
from tests.benchmarks.rounds import by_turns

ROWS, PLANNED, ROUNDS = 2_000_000, 10_000_000, 5
NAMES = ("E1", "px1", "py1", "pz1", "E2", "px2", "py2", "pz2", "M")
READ = NAMES[:5]
SUITE = """
name: planned
discovery:
  - task:
      name: table
      params: {{path: events.parquet, vectors: [[E1, px1, py1, pz1], [E2, px2, py2, pz2]], label: M{identity}}}
    train_sizes: [100, 1000]
    methods: [random, truth]
"""


def columns(rows: int) -> dict[str, npt.NDArray[np.float64]]:
    """Two massless four-momenta in each row, and their mass."""
    generator = np.random.default_rng(0)
    p, q = (generator.normal(scale=30.0, size=(rows, 3)) for _ in range(2))
    e, f = np.linalg.norm(p, axis=1), np.linalg.norm(q, axis=1)
    mass = np.sqrt(np.maximum(2 * (e * f - np.einsum("ni,ni->n", p, q)), 0.0))
    return dict(zip(NAMES, (e, *p.T, f, *q.T, mass), strict=True))


def write(folder: Path, rows: int) -> dict[str, Path]:
    """The same columns in each format, uncompressed, so that decompression does not hide the rest."""
    table = columns(rows)
    paths = {name: folder / f"events.{name}" for name in ("parquet", "feather", "hdf5", "root")}
    arrow = pa.table(table)
    pq.write_table(arrow, paths["parquet"], compression="none", use_dictionary=False)
    with pa.ipc.new_file(str(paths["feather"]), arrow.schema) as file:
        file.write_table(arrow, max_chunksize=100_000)
    with h5py.File(paths["hdf5"], "w") as file:
        for name, values in table.items():
            file[name] = values
    with uproot.recreate(paths["root"], compression=None) as file:
        file.mktree("events", dict.fromkeys(NAMES, np.float64))
        for start in range(0, rows, 100_000):
            file["events"].extend({name: values[start : start + 100_000] for name, values in table.items()})
    return paths


def _pyarrow(path: Path) -> object:
    table = pq.read_table(path, columns=list(READ))
    return [table.column(name).to_numpy() for name in READ]


def _ipc(path: Path) -> object:
    with pa.OSFile(str(path)) as source:
        table = pa.ipc.open_file(source).read_all().select(list(READ))
        return [table.column(name).to_numpy() for name in READ]


def _h5py(path: Path) -> object:
    with h5py.File(path) as file:
        return [file[name][...] for name in READ]


def _uproot(path: Path) -> object:
    with uproot.open(path) as file:
        return file["events"].arrays(list(READ), library="np")


PLAIN: dict[str, Callable[[Path], object]] = {"parquet": _pyarrow, "feather": _ipc, "hdf5": _h5py, "root": _uproot}


def ratios(paths: dict[str, Path], rows: int) -> None:
    for format, path in paths.items():
        plain = PLAIN[format]
        times = by_turns(
            {
                "alone": lambda plain=plain, path=path: plain(path),  # type: ignore[misc]
                "symbench": lambda format=format, path=path: read_columns(  # type: ignore[misc]
                    str(path), READ, ColumnSource(format)
                ),
            },
            ROUNDS,
        )
        print(
            f"{format:8s} {len(READ)} of {len(NAMES)} columns, {rows:,} rows: {times['symbench']:.3f} s, "
            f"{times['symbench'] / times['alone']:.2f} times as long as the library alone ({times['alone']:.3f} s)",
            flush=True,
        )


def peak_of_blocks(path: Path, format: str) -> None:
    """In a process of its own: how much memory the blocks of a file take at most."""
    first = _resident()
    rows = sum(len(block[READ[0]]) for block in read_blocks(str(path), READ, ColumnSource(format)))
    growth, size = (_resident() - first) / 1024, rows * 8 * len(READ) / 1024**2
    print(f"{format:8s} in blocks: {growth:.0f} MiB more at most, for {size:.0f} MiB of columns", flush=True)


def _resident() -> int:
    """Peak resident memory of this process in KiB."""
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmHWM")).split()[1])


def plan(folder: Path, rows: int) -> None:
    """`symbench plan` of a suite on a table, as a whole process; rows are told apart by content, or by a column."""
    table = pa.table({**columns(rows), "event": np.arange(rows)})
    pq.write_table(table, folder / "events.parquet", compression="none", use_dictionary=False)
    for said, identity in (("by their content", ""), ("by a column", ", event_id: [event]")):
        (folder / "planned.yaml").write_text(SUITE.format(identity=identity))
        started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "symbench.cli", "plan", str(folder / "planned.yaml"), "--home", str(folder)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(
            f"plan of {rows:,} rows, told apart {said}: {wall:.1f} s, {processor:.1f} s of processor time, at most "
            f"{after.ru_maxrss / 1024:.0f} MiB",
            flush=True,
        )


def main(planned: int = PLANNED) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = write(Path(folder), ROWS)
        ratios(paths, ROWS)
        for format, path in paths.items():
            command = [sys.executable, "-m", "tests.benchmarks.readers", "blocks", str(path), format]
            subprocess.run(command, check=True)
    with tempfile.TemporaryDirectory() as folder:
        plan(Path(folder), planned)


if __name__ == "__main__":
    if sys.argv[1:2] == ["blocks"]:
        peak_of_blocks(Path(sys.argv[2]), sys.argv[3])
    else:
        main(*map(int, sys.argv[1:]))
