"""Executes the notebooks of examples/; `python -m tests.examples.execute` does so and saves their outputs."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

from tests.conftest import ROOT

EXAMPLES = ROOT / "examples"


_CELL_TIMEOUT_S = 800


class _ThisInterpreter(KernelSpecManager):
    """Its only kernel is the Python that runs, whatever kernels are installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"])


def execute(path: Path) -> NotebookNode:
    """The notebook with its outputs, executed in a temporary folder by a kernel that is stopped afterwards.

    Raises CellExecutionError if a cell raises, CellTimeoutError if one takes too long.
    """
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        manager = AsyncKernelManager(
            kernel_spec_manager=_ThisInterpreter(),
            connection_file=f"{folder}/kernel.json",
            transport="ipc",
            ip=f"{folder}/kernel",
        )
        client = NotebookClient(
            notebook,
            km=manager,
            timeout=_CELL_TIMEOUT_S,
            coalesce_streams=True,
            record_timing=False,
            resources={"metadata": {"path": folder}},
        )
        path_of_modules = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        own = {"PYTHONPATH": path_of_modules, "TMPDIR": folder, "IPYTHONDIR": folder, "OMP_NUM_THREADS": "1"}
        # without `cleanup_kc` a client leaves the kernel of a manager that it did not make to whoever made it
        client.execute(env=os.environ | own, cleanup_kc=True)
    return notebook


def main() -> None:
    """Execute the notebooks named, or every one, and save them in place or in the folder after `--into`."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, default=sorted(EXAMPLES.glob("*.ipynb")))
    parser.add_argument("--into", type=Path, help="folder to save in; the notebook's own by default")
    arguments = parser.parse_args()
    for path in arguments.notebooks:
        saved = (arguments.into or path.parent) / path.name
        nbformat.write(execute(path), saved)
        print(f"{saved.name}: {saved.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
