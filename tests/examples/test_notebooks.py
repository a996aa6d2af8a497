"""The notebooks of examples/: they run, give what they store, and are stored tidily."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from tests.conftest import ROOT
from tests.examples.execute import EXAMPLES

STORED = sorted(EXAMPLES.glob("*.ipynb"))
SLOW = {"symmetry-into-classifier"}
CITATION = re.compile(r"#-+\n(#.*\n)+#-+\n")  # FastJet's
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(home|root|Users|tmp|var|private|opt|usr|work)/")


def run(notebook: Path, into: Path) -> subprocess.CompletedProcess[str]:
    """Execute a notebook by a kernel of a process of its own, and save it into a folder."""
    command = [sys.executable, "-m", "tests.examples.execute", str(notebook), "--into", str(into)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=840)


def compared(notebook: NotebookNode) -> list[str]:
    """The results of the cells with the tag `compare`, as text."""
    return [
        output.data["text/plain"]
        for cell in notebook.cells
        if "compare" in cell.metadata.get("tags", [])
        for output in cell.outputs
        if output.output_type == "execute_result"
    ]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=path.stem, marks=[pytest.mark.slow] if path.stem in SLOW else []) for path in STORED],
)
def test_a_notebook_runs_and_gives_what_is_stored(path: Path, tmp_path: Path) -> None:
    ended = run(path, tmp_path)
    assert ended.returncode == 0, ended.stderr
    stored = compared(nbformat.read(path, as_version=4))
    assert stored, "no cell has the tag `compare`"
    assert compared(nbformat.read(tmp_path / path.name, as_version=4)) == stored


def test_a_cell_that_raises_is_an_error_and_its_kernel_ends(tmp_path: Path) -> None:
    process = tmp_path / "process"
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(f"import os; open({str(process)!r}, 'w').write(str(os.getpid()))"),
            nbformat.v4.new_code_cell("raise ArithmeticError('raised on purpose')"),
        ]
    )
    nbformat.write(notebook, tmp_path / "raises.ipynb")
    (tmp_path / "saved").mkdir()
    ended = run(tmp_path / "raises.ipynb", tmp_path / "saved")
    assert ended.returncode != 0
    assert "raised on purpose" in ended.stderr
    assert not list((tmp_path / "saved").iterdir())
    with pytest.raises(ProcessLookupError):
        os.kill(int(process.read_text()), 0)


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_a_stored_notebook_is_executed_small_and_tidy(path: Path) -> None:
    assert path.stat().st_size < 400_000
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1)), "executed out of order"
    outputs = [output for cell in code for output in cell.outputs]
    assert outputs
    for output in outputs:
        assert output.output_type != "error"
        if output.get("name") == "stderr":
            assert CITATION.fullmatch(output.text), f"printed to standard error: {output.text}"
        assert "<progress" not in str(output), "a progress bar was saved"
        assert MACHINE_PATH.search(str(output)) is None, f"a path of a machine: {output}"


def test_the_readme_lists_every_notebook() -> None:
    readme = (EXAMPLES / "README.md").read_text()
    assert set(re.findall(r"\(([\w-]+)\.ipynb\)", readme)) == {path.stem for path in STORED}
    assert len(STORED) == 3
