"""Command lines in pages, scripts and manifests: how they are recognised, and the check that the parser takes them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


def commands_in(file: Path, program: str) -> list[Command]:
    """Every call of a program that a file shows or mentions."""
    found = [Command(file, words, True) for line in shell_lines(file) for words in calls_in(line, program)]
    if file.suffix == ".md":
        prose = re.sub(r"^```.*?^```", "", file.read_text(), flags=re.M | re.S)
        for code in re.findall(rf"`({program} [^`]+)`", prose):
            found.append(Command(file, tuple(shlex.split(code.replace("\n", " ")))[1:], False))
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
    handed_on = len(command.words) > 2 and command.words[-1] == "$@"  # options after the arguments that are stated
    stated = command.words[:-1] if handed_on else command.words
    words = [re.sub(r"\$.*", "1", word) if word.startswith("$") else word for word in stated]  # of scripts
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
