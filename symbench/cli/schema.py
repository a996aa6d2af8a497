"""`symbench schema`: the JSON schema of suites, for editors."""

from __future__ import annotations

import typer

from symbench.cli.options import PluginOption, open_plugins


def schema(plugin: PluginOption = None) -> None:
    """Print the JSON schema of suites, with the names of all registered tasks, methods and operations."""
    open_plugins(plugin)
    from symbench.suite.json_schema import schema_text

    typer.echo(schema_text(), nl=False)
