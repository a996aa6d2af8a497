"""What the README promises is run as it stands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from symbench import registry
from symbench.cli.app import app
from symbench.driver.flow import run_suite
from symbench.executors import LocalExecutor
from symbench.home import Home
from symbench.plugins import load_plugins, read_plugin
from symbench.suite.resolve import load_suite, parse_suite
from symbench.trial.result import Status
from tests.command_lines import Command, check
from tests.conftest import ROOT
from tests.driver.test_flow import Silent
from tests.markdown_tables import tables_of

README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


def test_every_suite_in_the_readme_is_valid(tmp_path: Path) -> None:
    suites = [text for text in blocks("yaml") if yaml.safe_load(text).get("name")]
    assert len(suites) == 2
    for csv in blocks("csv"):
        (tmp_path / "dimuons.csv").write_text(csv)
    for text in suites:
        assert len(parse_suite(text, folder=tmp_path)) > 0


def test_the_method_of_the_readme_finds_lorentz_and_conforms(tmp_path: Path) -> None:
    from symbench.testing import check_discovery_method

    (source,) = (text for text in blocks("python") if "@discovery_method" in text)
    file = tmp_path / "my_method.py"
    file.write_text(source)
    plugin = read_plugin(file)
    load_plugins([plugin])
    check_discovery_method(registry.find_discovery_method("linear-regression")())
    suite = parse_suite(
        "name: mine\nseeds: 2\ndiscovery:\n"
        "  - {task: lorentz, train_sizes: [100], methods: [linear-regression]}\n"
        "  - {task: no-symmetry, train_sizes: [100], methods: [linear-regression]}\n",
        folder=tmp_path,
    )
    summary = run_suite(suite, LocalExecutor, Silent(), home=Home(tmp_path / "home"), plugins=[plugin])
    assert {r.status for r in summary.results} == {Status.OK}, [r.error for r in summary.results]
    scores = {row.task: row.score.mean for row in summary.rows if row.score}
    assert scores["lorentz"] == pytest.approx(1, abs=1e-6)


def test_the_table_of_the_readme_runs(tmp_path: Path) -> None:
    (tmp_path / "dimuons.csv").write_text(blocks("csv")[0])
    text = next(text for text in blocks("yaml") if "name: table" in text)
    (tmp_path / "mine.yaml").write_text(text)
    suite = load_suite(tmp_path / "mine.yaml")
    summary = run_suite(suite, LocalExecutor, Silent(), home=Home(tmp_path / "home"), only="*/random")
    assert [r.status for r in summary.results] == [Status.OK] * 2, [r.error for r in summary.results]


def test_the_mistake_of_the_readme_is_told_in_these_words(tmp_path: Path) -> None:
    from symbench.errors import SuiteError

    text = (ROOT / "suites" / "cms.yaml").read_text().replace("- nullspace  ", "- nulspace  ", 1)
    with pytest.raises(SuiteError) as raised:
        parse_suite(text, folder=tmp_path)
    (problem,) = raised.value.problems
    assert f"  {problem}\n" in README


def rows_of_commands() -> Iterator[tuple[list[str], list[str]]]:
    """The code in each row of the table of commands: in its first cell, which names them, and in the others."""
    for table in tables_of(ROOT / "README.md"):
        if table.header[0] == "command":
            for first, *others in table.rows:
                yield re.findall(r"`([^`]+)`", first), re.findall(r"`([^`]+)`", " ".join(others))


def commands_of_the_table() -> Iterator[tuple[str, ...]]:
    """Each command with each of its options and their values, as words; an option alone has no value."""
    known = command_names()
    for named, described in rows_of_commands():
        for code in named:
            yield tuple(shlex.split(code.removeprefix("symbench ")))
        verb, *_ = shlex.split(named[0])[1:]
        option = ""
        for code in described:
            words = shlex.split(code)
            if code.startswith("--"):
                option = words[0]
                yield (verb, *words)
            elif words[0] in known:
                yield tuple(words)
            elif option:  # a further value of the option before it
                yield (verb, option, code)


def command_names() -> set[str]:
    return set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("words", list(commands_of_the_table()), ids=" ".join)
def test_every_command_and_option_of_the_table_exists(words: tuple[str, ...]) -> None:
    """Fenced blocks and prose are checked with the pages of docs/, by tests/sites/test_commands.py."""
    root: Any = typer.main.get_command(app)
    assert words[0] in root.commands
    if len(words) == 2 and words[1].startswith("-"):
        options = root.commands[words[0]].params
        assert words[1] in {name for option in options for name in (*option.opts, *option.secondary_opts)}
    elif len(words) > 1:
        check(root, Command(ROOT / "README.md", words, whole=False))
