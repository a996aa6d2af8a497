"""`symbench ui`: the MLflow web page on this store."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Annotated

import typer

from symbench.cli.options import HomeOption, TrackingOption, open_home


def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the page.")] = 5000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    home: HomeOption = None,
    tracking_uri: TrackingOption = None,
) -> None:
    """Serve the MLflow web page until interrupted, on this machine only unless --host says otherwise."""
    from symbench.tracking import redact

    place = open_home(home)
    uri = tracking_uri or place.tracking_uri
    if uri.startswith("sqlite:///") and not os.path.exists(uri.removeprefix("sqlite:///")):
        typer.echo(f"{redact(uri)} does not exist: run a suite first", err=True)
        raise typer.Exit(1)
    if host not in ("127.0.0.1", "localhost", "::1"):
        typer.echo(f"warning: whoever reaches {host}:{port} can read and change every run in {redact(uri)}", err=True)
    typer.echo(f"http://{host}:{port}  (leaderboards: filter runs by tags.`symbench.kind` = 'leaderboard')")
    command = [
        sys.executable,
        "-m",
        "mlflow",
        "server",
        "--backend-store-uri",
        uri,
        "--host",
        host,
        "--port",
        str(port),
    ]
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    raise typer.Exit(subprocess.call(command, env=environment))
