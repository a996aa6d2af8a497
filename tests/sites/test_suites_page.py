"""The page of suites and commands: its suite is valid, and its mistake and its commands are as it says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from symbench.cli.app import app
from symbench.errors import SuiteError
from symbench.suite.resolve import parse_suite
from tests.command_lines import Command, check
from tests.conftest import ROOT
from tests.markdown_tables import code_blocks, tables_of

PAGE = ROOT / "docs" / "suites.md"


def test_the_suite_is_valid(tmp_path: Path) -> None:
    (text,) = [text for text in code_blocks(PAGE, "yaml") if yaml.safe_load(text).get("name")]
    assert len(parse_suite(text, folder=tmp_path)) > 0


def test_the_mistake_is_told_in_these_words(tmp_path: Path) -> None:
    text = (ROOT / "suites" / "cms.yaml").read_text().replace("- nullspace  ", "- nulspace  ", 1)
    with pytest.raises(SuiteError) as raised:
        parse_suite(text, folder=tmp_path)
    (problem,) = raised.value.problems
    assert f"  {problem}\n" in PAGE.read_text()


def rows_of_commands() -> Iterator[tuple[list[str], list[str]]]:
    """The code in each row of the table of commands: in its first cell, which names them, and in the others."""
    for table in tables_of(PAGE):
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
        check(root, Command(PAGE, words, whole=False))
