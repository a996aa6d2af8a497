"""The page of the commands, from the command line's own definition."""

from __future__ import annotations

import inspect
from typing import Any

import typer.main
from text import code, page, plain, table

from symbench.cli.app import app


def commands() -> str:
    """Every command with its arguments and options."""
    root: Any = typer.main.get_command(app)
    introduction = "`symbench COMMAND --help` shows the same. Exit codes are in [Failures](../failures.md)."
    return page("Commands", introduction, *(_command(name, command) for name, command in root.commands.items()))


def _command(name: str, command: Any) -> str:
    inner = getattr(command, "commands", None)
    if inner:
        about = plain(inspect.cleandoc(command.help or ""))
        return "\n\n".join([f"## {name}", about, *(_command(f"{name} {each}", sub) for each, sub in inner.items())])
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and p.name != "help" and not p.hidden]
    usage = " ".join(["symbench", name, *map(_usage, arguments), *(["[OPTIONS]"] if options else [])])
    rows = [(code(_usage(argument)), "", plain(getattr(argument, "help", None) or "")) for argument in arguments]
    rows += [(code(", ".join(o.opts)), _default(o), plain(o.help or "")) for o in options]
    about = "\n\n".join(plain(part) for part in inspect.cleandoc(command.help or "").split("\n\n"))
    return "\n\n".join([f"## {name}", about, f"```text\n{usage}\n```", table(("", "default", "meaning"), rows)])


def _usage(argument: Any) -> str:
    name = str(argument.metavar or argument.name).upper()
    repeated = "…" if argument.nargs == -1 else ""
    return f"{name}{repeated}" if argument.required else f"[{name}{repeated}]"


def _default(option: Any) -> str:
    shown, default = option.show_default, option.default
    if isinstance(shown, str):
        return plain(shown)
    silent = shown is False or isinstance(default, bool) or default == ""
    return code(default) if isinstance(default, str | int | float) and not silent else ""
