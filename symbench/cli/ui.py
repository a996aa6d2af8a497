"""`symbench ui`: MLflow's web page on this store, with links to the leaderboards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Annotated

import typer

from symbench.cli.options import HomeOption, TrackingOption, open_home

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the page.")] = 5000,
    host: Annotated[
        str, typer.Option(help="Address to listen on; other than loopback only with --reached-as.")
    ] = "127.0.0.1",
    reached_as: Annotated[
        list[str] | None,
        typer.Option(
            "--reached-as", help="Open the page to other machines, under this name or address of this one; repeatable."
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the first leaderboard in the browser.")] = False,
    home: HomeOption = None,
    tracking_uri: TrackingOption = None,
) -> None:
    """Serve MLflow's web page until interrupted, and print the addresses of the leaderboards in it."""
    from symbench.redaction import redact_address
    from symbench.tracking.client import is_server, sqlite_file

    uri = tracking_uri or open_home(home).tracking_uri
    names = reached_as or []
    if host not in _LOOPBACK and not names:
        raise typer.BadParameter(
            f"{host} is reachable from other machines, and MLflow has no password: everyone who can connect can read, "
            "change and delete every run. To allow this, name the address that others use: --reached-as NAME",
            param_hint="--host",
        )
    file = sqlite_file(uri)
    if file is not None and not file.exists():
        typer.echo(f"{redact_address(uri)} does not exist: run a suite first", err=True)
        raise typer.Exit(1)
    if is_server(uri):
        _print_links(uri, redact_address(uri), show)
        return
    if host not in _LOOPBACK:
        typer.echo(
            f"warning: everyone who reaches {host}:{port} as {', '.join(names)} can read, change and delete every run "
            f"in {redact_address(uri)}, unencrypted and without a password; protect it by a firewall or a proxy with "
            "passwords",
            err=True,
        )
    _print_links(uri, f"http://{names[0] if host not in _LOOPBACK else host}:{port}", show=False)
    raise typer.Exit(_serve(uri, host, port, names, show))


def _print_links(uri: str, server: str, show: bool) -> None:
    """A line for each leaderboard in the store."""
    links = _links(uri, server)
    if not links:
        typer.echo(f"{server}  (no leaderboard yet: a run writes it at its end, or use `symbench sync SUITE`)")
    for name, link in links:
        typer.echo(f"{name:40s} {link}")
    if show and links:
        typer.launch(links[0][1])


def _links(uri: str, server: str) -> list[tuple[str, str]]:
    from symbench.errors import InfrastructureError
    from symbench.redaction import redact_address, redact_message
    from symbench.tracking.client import open_client
    from symbench.tracking.store_errors import describe
    from symbench.tracking.view import page, views

    try:
        experiments = open_client(uri).search_experiments(order_by=["last_update_time DESC"])
    except Exception as error:
        reason = redact_message(describe(error), uri)
        raise InfrastructureError(f"MLflow at {redact_address(uri)} cannot be read: {reason}") from None
    return [
        (f"{experiment.name}, {name.removeprefix('Leaderboard: ')}", page(server, experiment.experiment_id, view))
        for experiment in experiments
        for name, view in views(experiment.tags).items()
    ]


def _serve(uri: str, host: str, port: int, names: list[str], show: bool) -> int:
    command = [sys.executable, "-m", "mlflow", "server", "--host", host, "--port", str(port), "--workers", "1"]
    if host not in _LOOPBACK:
        known = [*names, "localhost", "127.0.0.1"]
        command += ["--allowed-hosts", ",".join(f"{name}{suffix}" for name in known for suffix in ("", f":{port}"))]
        command += ["--cors-allowed-origins", ",".join(f"http://{name}:{port}" for name in names)]
    environment = {
        **os.environ,
        "MLFLOW_BACKEND_STORE_URI": uri,  # not an argument: all users can list arguments, and it may have a password
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    with subprocess.Popen(command, env=environment) as server:
        signal.signal(
            signal.SIGTERM, lambda number, frame: server.terminate()
        )  # otherwise the server would keep running
        try:
            if show:
                _open_when_up(uri, host, port, server)
            code = server.wait()
            return code if code >= 0 else 128 - code
        except KeyboardInterrupt:  # the server, in the same process group, receives it as well
            server.wait()
            return 0


def _open_when_up(uri: str, host: str, port: int, server: subprocess.Popen[bytes]) -> None:
    import time
    import urllib.request

    address = f"http://{'127.0.0.1' if host not in _LOOPBACK else host}:{port}"
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{address}/health", timeout=2).close()  # noqa: S310
        except OSError:
            if server.poll() is not None:
                return
            time.sleep(0.1)
        else:
            links = _links(uri, address)
            typer.launch(links[0][1] if links else address)
            return
