"""Every command of symbench and Ray in docs/ and cluster/ exists, with its options; every link leads somewhere."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
import typer.main

from symbench.cli.app import app
from tests.conftest import ROOT

DOCS = sorted((ROOT / "docs").glob("*.md"))
CLUSTER = sorted(path for path in (ROOT / "cluster").rglob("*") if path.is_file())
ENDS_COMMAND = {"|", "&&", "||", ";", "&", ">", ">>", "<", "<<", "2>"}


@dataclass(frozen=True)
class Command:
    """Words of a command line; `whole` where it is shown to be typed as it stands, and not only mentioned."""

    file: Path
    words: tuple[str, ...]
    whole: bool

    def __str__(self) -> str:
        return f"{self.file.name}: {' '.join(self.words)}"


def shell_lines(file: Path) -> list[str]:
    """Lines that are typed into a shell: fenced blocks of pages, indented comments and the code of scripts."""
    text = file.read_text().replace("\\\n", " ")
    if file.suffix == ".md":
        return [line for block in re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S) for line in block.splitlines()]
    comments = [line[4:] for line in text.splitlines() if re.match(r"#   \S", line)]
    if file.suffix == ".sh":
        return comments + [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    entry = re.findall(r"^  entrypoint: (.*)$", text, re.M)
    return comments + entry


def commands(program: str) -> list[Command]:
    found: list[Command] = []
    for file in (*DOCS, *CLUSTER):
        for line in shell_lines(file):
            found += [Command(file, words, True) for words in calls_in(line, program)]
        if file.suffix == ".md":
            prose = re.sub(r"^```.*?^```", "", file.read_text(), flags=re.M | re.S)
            for code in re.findall(rf"`({program} [^`]+)`", prose):
                found += [Command(file, tuple(shlex.split(code.replace("\n", " ")))[1:], False)]
    return list(dict.fromkeys(found))


def calls_in(line: str, program: str) -> list[tuple[str, ...]]:
    """The arguments of every call of a program in a line of shell."""
    if not re.search(rf"(^|[\s/])({program})\s", line):
        return []
    lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:  # a quote that goes on in the next line
        words = line.split()
    calls: list[tuple[str, ...]] = []
    for index, word in enumerate(words):
        starts = index == 0 or words[index - 1] in ENDS_COMMAND or "=" in words[index - 1] or words[index - 1] == "--"
        if word.rpartition("/")[2] == program and (starts or words[0] in ("docker", "exec")):
            rest = words[index + 1 :]
            end = next((at for at, other in enumerate(rest) if set(other) <= set("();<>|&")), len(rest))
            arguments = rest[:end]
            calls.append(tuple(arguments))
    return calls


def check(root: Any, command: Command) -> None:
    """Raises the parser's own error where the command line would not be taken."""
    found, path = root, "symbench"
    words = [re.sub(r"\$.*", "1", word) if word.startswith("$") else word for word in command.words]  # of scripts
    while hasattr(found, "commands") and words and not words[0].startswith("-"):
        assert words[0] in found.commands, f"{path} has no command {words[0]!r}"
        path = words.pop(0)
        found = found.commands[path]
    try:
        with found.make_context(path, words):
            return
    except Exception as error:
        # Mentions leave arguments out, and scripts hand theirs on.
        complete = command.whole and "$@" not in command.words
        kind = type(error).__name__
        if kind == "Exit" or (kind == "MissingParameter" and not complete):
            return
        raise


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


@pytest.mark.parametrize("page", [*DOCS, ROOT / "README.md"], ids=lambda path: path.name)
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
