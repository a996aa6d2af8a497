"""The wheel works outside the checkout: built from the source archive, installed, and run in an empty folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT

RELEASED = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff")
BUILD_ARCHIVE = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"


def run(*command: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command without what this test's environment says of symbench."""
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "SYMBENCH_HOME")}
    arguments = [str(part) for part in command]
    return subprocess.run(arguments, cwd=cwd, env={**clean, **environment}, capture_output=True, text=True)


def call(*command: object, cwd: Path, **environment: str) -> str:
    """The standard output of a command that must succeed."""
    done = run(*command, cwd=cwd, **environment)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, made of its source archive in a folder of its own and without a network."""
    source = tmp_path_factory.mktemp("source")
    for name in (*RELEASED, "constraints.txt"):
        shutil.copy(ROOT / name, source)
    for name in ("symbench", "suites"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    built = tmp_path_factory.mktemp("built")
    call(sys.executable, "-c", BUILD_ARCHIVE, built, cwd=source)
    (archive,) = built.glob("*.tar.gz")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    call(*pip, "--wheel-dir", built, archive, cwd=built)
    (made,) = built.glob("*.whl")
    return made


@dataclass(frozen=True)
class Installed:
    """An environment that has the wheel, and an empty folder to work in."""

    environment: Path
    folder: Path

    def python(self, code: str) -> str:
        return call(self.environment / "bin" / "python", "-c", code, cwd=self.folder).strip()

    def symbench(self, *arguments: object) -> str:
        return call(self.environment / "bin" / "symbench", *arguments, cwd=self.folder, OMP_NUM_THREADS="1")


def new_environment(place: Path) -> Path:
    call(sys.executable, "-m", "venv", "--without-pip", place, cwd=place.parent)
    return place


def pip_install(environment: Path, *arguments: object) -> None:
    python = environment / "bin" / "python"
    call(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", *arguments, cwd=environment)


@pytest.fixture(scope="module")
def beside(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an environment that takes its dependencies, and not symbench, from this one.

    A `.pth` file puts this environment's packages at the end of the path; their own `.pth` files, among them that of an
    editable symbench, are not followed.
    """
    environment = new_environment(tmp_path_factory.mktemp("beside") / "env")
    pip_install(environment, "--no-deps", "--no-index", wheel)
    (site,) = (environment / "lib").glob("python*/site-packages")
    own = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (site / "dependencies.pth").write_text("".join(f"{path}\n" for path in own))
    return Installed(environment, tmp_path_factory.mktemp("empty"))


def test_the_wheel_has_everything_that_is_not_a_module(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    packaged = {f"symbench/suites/{file.name}" for file in (ROOT / "suites").glob("*.yaml")}
    assert packaged
    data = {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "symbench").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert {"symbench/py.typed", "symbench/report/page.html.j2", "symbench/starter/template/suite.yaml"} <= data
    of_symbench = {name for name in names if name.startswith("symbench/")}
    assert of_symbench == packaged | data
    assert not [name for name in names if not name.startswith(("symbench/", "symbench-"))]


def test_the_package_is_the_wheels(beside: Installed) -> None:
    import symbench

    place, version = beside.python("import symbench; print(symbench.__file__, symbench.__version__)").split()
    assert Path(place).is_relative_to(beside.environment)
    assert version == symbench.__version__
    assert beside.symbench("--version").strip() == f"symbench {version}"
    stated = beside.python("import importlib.metadata as m; print(m.version('symbench'))")
    assert stated == version


def works(installed: Installed) -> None:
    """A packaged suite runs by its name, the suites are listed, and a new folder of one's own runs."""
    only = ("--only", "cms-dimuon-mass/nullspace")
    summary = json.loads(installed.symbench("run", "cms", *only, "--executor", "local", "--json"))
    assert (summary["suite"], summary["trials"]) == ("cms", {"ok": 20})
    assert Path(summary["report"]).is_relative_to(installed.folder)
    listed = {row["name"]: row for row in json.loads(installed.symbench("suites", "--json"))}
    assert set(listed) == {file.stem for file in (ROOT / "suites").glob("*.yaml")}
    assert all(Path(row["file"]).is_relative_to(installed.environment) for row in listed.values())
    installed.symbench("init", "x")
    folder = Installed(installed.environment, installed.folder / "x")
    mine = json.loads(folder.symbench("run", "suite.yaml", "--plugin", "my_method.py", "--executor", "local", "--json"))
    assert mine["trials"] == {"ok": 24}


def test_it_runs_in_an_empty_folder(beside: Installed) -> None:
    works(beside)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_it_runs_with_the_core_dependencies_alone(wheel: Path, tmp_path: Path) -> None:
    """Installed from the package index at the pinned versions, without any extra."""
    environment = new_environment(tmp_path / "env")
    pip_install(environment, "--constraint", ROOT / "constraints.txt", wheel)
    (tmp_path / "empty").mkdir()
    installed = Installed(environment, tmp_path / "empty")
    absent = ("fastjet", "lgatr", "h5py", "psycopg2")
    found = f"from importlib.util import find_spec; print([name for name in {absent} if find_spec(name)])"
    assert installed.python(found) == "[]"
    works(installed)
    refused = run(environment / "bin" / "symbench", "run", "cms", cwd=installed.folder)
    assert refused.returncode == 2
    assert "pip install 'symbench[jets]'" in refused.stderr
