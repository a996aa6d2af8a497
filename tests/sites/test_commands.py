"""Every command of symbench and Ray in README.md, docs/ and cluster/ exists with its options; links have targets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest
import typer.main

from symbench.cli.app import app
from tests.command_lines import Command, check, commands_in
from tests.conftest import ROOT

README = ROOT / "README.md"
DOCS = sorted((ROOT / "docs").rglob("*.md"))
CLUSTER = sorted(path for path in (ROOT / "cluster").rglob("*") if path.is_file())


def commands(program: str) -> list[Command]:
    return [command for file in (README, *DOCS, *CLUSTER) for command in commands_in(file, program)]


SYMBENCH = commands("symbench")


@pytest.fixture(autouse=True)
def _no_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_URI", "SYMBENCH_JOURNAL", "RAY_API_SERVER_ADDRESS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("command", SYMBENCH, ids=str)
def test_commands_of_symbench_exist(command: Command) -> None:
    check(typer.main.get_command(app), command)


def test_the_commands_are_found() -> None:
    verbs = {command.words[0] for command in SYMBENCH}
    assert {"run", "plan", "submit", "jobs", "logs", "stop", "sync", "report", "leaderboard", "ui", "data"} <= verbs
    assert {command.file.name for command in SYMBENCH} >= {
        "README.md",
        "cluster.md",
        "failures.md",
        "mlflow.md",
        "slurm.sh",
        "symbench.sh",
        "ray-aws.yaml",
        "ray-onpremise.yaml",
        "kuberay-rayjob.yaml",
        "Dockerfile",
    }


@pytest.mark.parametrize(
    "wrong",
    ["run", "run suite.yaml --adress HOST:1", "submit suite.yaml", "frobnicate", "run suite.yaml --cpus many"],
)
def test_a_command_that_does_not_exist_is_noticed(wrong: str) -> None:
    with pytest.raises(Exception, match=r"(?i)missing|no such option|no command|valid integer"):
        check(typer.main.get_command(app), Command(ROOT / "x.md", tuple(wrong.split()), True))


@pytest.mark.parametrize("command", commands("ray"), ids=str)
def test_commands_of_ray_exist(command: Command) -> None:
    from ray.scripts.scripts import cli

    found: Any = cli.get_command(click.Context(cli), command.words[0])
    assert found is not None
    known = {name for parameter in found.params for name in (*parameter.opts, *parameter.secondary_opts)}
    if command.words[0] == "symmetric-run":  # takes those of `ray start` too
        start: Any = cli.get_command(click.Context(cli), "start")
        known |= {name for parameter in start.params for name in parameter.opts}
    words = command.words[: command.words.index("--")] if "--" in command.words else command.words
    used = {word.partition("=")[0] for word in words if word.startswith("-")}
    assert used <= known, used - known


def links(page: Path) -> list[str]:
    """The targets of a page's links, without their fragments."""
    return re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())


def named_files(file: Path) -> list[str]:
    """Files of the repository whose paths are in a text."""
    return re.findall(r"(?<![\w./$-])(?:cluster|suites|docs)/[\w./-]*\w", file.read_text())


def test_links_and_names_of_files_are_recognised() -> None:
    assert len([target for page in DOCS for target in links(page)]) > 10
    assert len([path for file in (*DOCS, *CLUSTER) for path in named_files(file)]) > 10


@pytest.mark.parametrize("page", [README, *DOCS], ids=lambda path: path.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        if not target.startswith(("http:", "https:")):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("file", [*DOCS, *CLUSTER], ids=lambda path: path.name)
def test_files_that_are_named_exist(file: Path) -> None:
    for path in named_files(file):
        assert (ROOT / path).exists() or path == "cluster/.env", path


def test_the_versions_in_headers_are_those_of_the_constraints() -> None:
    pinned = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    stated = {file.name: set(re.findall(r"ray\[default\]==([\d.]+)", file.read_text())) for file in CLUSTER}
    assert any(stated.values())
    assert {name: versions - {pinned["ray"]} for name, versions in stated.items() if versions - {pinned["ray"]}} == {}
