"""`symbench doctor`: what of this machine works, and how to mend the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from symbench.cli.options import DataRootOption, HomeOption, TrackingOption, open_home
from symbench.words import for_terminal

BROKEN = 3


def doctor(
    suite: Annotated[
        Path | None, typer.Argument(help="A suite whose data and packages are checked, too.", show_default=False)
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Also start Ray, import torch, and write to MLflow.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    home: HomeOption = None,
    data_root: DataRootOption = None,
    tracking_uri: TrackingOption = None,
) -> None:
    """Check versions, folders, disk, ports, GPU, MLflow and data; exit with 3 if something prevents runs."""
    from symbench.doctor.examine import examine
    from symbench.doctor.finding import Health

    findings = []
    for finding in examine(open_home(home), suite=suite, data_root=data_root, uri=tracking_uri, full=full):
        findings.append(finding)
        if not as_json:
            remedy = f"\n{'':8}→ {finding.remedy}" if finding.remedy else ""
            typer.echo(for_terminal(f"{finding.state.value:7} {finding.what}: {finding.found}{remedy}"))
    if as_json:
        typer.echo(json.dumps([finding.model_dump(mode="json") for finding in findings], indent=1))
    if any(finding.state is Health.BROKEN for finding in findings):
        raise typer.Exit(BROKEN)
