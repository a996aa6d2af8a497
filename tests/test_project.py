"""What surrounds the code: Makefile, pre-commit hooks, the workflow of the forge, and the scripts that they use."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z][\w-]*):(?!=)", MAKEFILE, re.M))
VARIABLES = set(re.findall(r"^([A-Z]+)\s*\??:?=", MAKEFILE, re.M))
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
HOOKS: list[dict[str, Any]] = [
    hook for repo in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"] for hook in repo["hooks"]
]


def script(name: str) -> Any:
    """The module of a script in .ci."""
    specification = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def jobs(workflow: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(workflow.read_text())["jobs"]
    return content


def commands(workflow: Path) -> list[list[str]]:
    """Every command line of a workflow, as words."""
    steps = [step for job in jobs(workflow).values() for step in job["steps"]]
    return [shlex.split(line) for step in steps for line in step.get("run", "").splitlines()]


# --- Makefile


def test_every_target_is_phony_and_tests_are_reached_by_one_command() -> None:
    phony = {name for line in re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.M) for name in line.split()}
    assert phony == TARGETS >= {"run", "test", "test-slow", "lint", "types", "install", "pytest"}
    assert re.search(r"^test: lint types pytest$", MAKEFILE, re.M)
    last = (ROOT / ".ci" / "run").read_text().splitlines()[-1]
    assert last == "make test"


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_make_understands_every_target(target: str, tmp_path: Path) -> None:
    """With `--dry-run`: the recipe is expanded and nothing of it is run."""
    done = subprocess.run(
        ["make", "--dry-run", f"VENV={tmp_path}", target], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# --- tests


def test_tests_mirror_the_package() -> None:
    """A folder of tests is named as a folder of the package or of the repository, or holds what runs across them."""
    across = {"nodes", "sites", "plugins", "benchmarks", "journal/stored"}
    folders = {path.parent.relative_to(ROOT / "tests").as_posix() for path in (ROOT / "tests").rglob("*.py")}
    assert len(folders) > 20
    assert {
        name for name in folders - across if not (ROOT / "symbench" / name).is_dir() and not (ROOT / name).is_dir()
    } == set()


# --- the workflow


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_make_targets_scripts_and_tests_of_the_workflow_exist(workflow: Path) -> None:
    lines = commands(workflow)
    called = [line for line in lines if line[0] == "make"]
    assert called
    for line in called:
        targets = [word for word in line[1:] if "=" not in word]
        assert targets, line
        assert set(targets) <= TARGETS, line
        assert {word.partition("=")[0] for word in line[1:] if "=" in word} <= VARIABLES, line
    paths = [word for line in lines for word in line if re.match(r"(tests|\.ci)/", word)]
    assert paths
    for path in paths:
        assert (ROOT / path).exists(), path


def test_the_workflow_has_every_supported_python_the_lowest_and_the_next_versions() -> None:
    every = jobs(ROOT / ".github" / "workflows" / "test.yaml")
    pythons = every["test"]["strategy"]["matrix"]["python"]
    assert pythons == ["3.11", "3.12", "3.13", "3.14"]
    assert PROJECT["requires-python"] == f">={pythons[0]}"
    assert [name for name, job in every.items() if job.get("continue-on-error")] == ["next"]
    assert {"lowest", "wheel", "docs"} <= every.keys()
    text = (ROOT / ".github" / "workflows" / "test.yaml").read_text()
    assert "://" not in text, "packages come from where pip is configured to find them"
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}


# --- hooks


def test_hooks_use_what_make_installs_and_download_nothing() -> None:
    assert {hook["id"] for hook in HOOKS} == {"ruff", "ruff-format", "mypy", "text"}
    scripts = set(re.findall(r"^([\w-]+)", "\n".join(PROJECT["optional-dependencies"]["dev"]), re.M)) | {"python"}
    for hook in HOOKS:
        program, *arguments = hook["entry"].split()
        assert hook["language"] == "system"
        assert program.startswith(".venv/bin/")
        assert program.removeprefix(".venv/bin/") in scripts
        assert all((ROOT / word).exists() for word in arguments if word.startswith(".ci/"))
    repositories = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]


# --- scripts


def test_every_text_file_of_the_project_is_in_order() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [name for name in listed.split("\0") if re.search(r"\.(py|md|yaml|toml|sh)$", name)]
    files = [name for name in names if not name.startswith("reports/") and (ROOT / name).exists()]
    assert len(files) > 300
    done = subprocess.run(
        [sys.executable, ".ci/check_text.py", *files], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.yaml", "a: [1\n", "cannot be read"),
        ("a.toml", "a = [\n", "cannot be read"),
        ("a.py", "a = 1", "one newline"),
        ("a.py", "a = 1\n\n", "one newline"),
        ("a.py", "a = 1 \n", "blanks"),
        ("a.md", "<" * 7 + " ours\n", "conflict marker"),
    ],
)
def test_what_is_not_in_order_is_noticed(name: str, text: str, says: str) -> None:
    (problem, *_) = script("check_text").problems(name, text)
    assert says in problem
    assert script("check_text").problems("b.yaml", "a: 1\n---\nb: [2]\n") == []


@pytest.mark.parametrize(
    ("requirement", "constraint"),
    [
        ("numpy>=2", "numpy==2.0.*"),
        ("ray[default,tune]>=2.50,<2.61", "ray==2.50.*"),
        ("pythia8mc==8.317.0", "pythia8mc==8.317.0"),
        ("pydantic-core", None),
    ],
)
def test_the_lowest_version_of_a_requirement(requirement: str, constraint: str | None) -> None:
    assert script("lowest_versions").lowest(requirement) == constraint


def test_every_bounded_dependency_has_a_lowest_version() -> None:
    found = script("lowest_versions").constraints(PROJECT)
    named = {re.split("[=]", line)[0] for line in found}
    bounded = {re.split(r"[\[>=]", one)[0] for one in PROJECT["dependencies"] if re.search(r"[>=]=", one)}
    assert bounded <= named
    assert "ruff" not in named
