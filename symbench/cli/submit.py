"""`symbench submit`: the same run, as a job of a Ray cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from symbench.cli.jobs import AddressOption, follow_to_the_end
from symbench.cli.options import (
    DataRootOption,
    JournalOption,
    OnlyOption,
    PluginOption,
    SuiteArgument,
    TrackingOption,
    TrustOption,
    open_plugins,
    open_suite,
)


def submit(
    suite: SuiteArgument,
    address: AddressOption,
    follow: Annotated[bool, typer.Option("--follow", help="Show the log, and end with the run's exit code.")] = False,
    only: OnlyOption = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run everything again, whatever is recorded.")] = False,
    home: Annotated[
        Path | None,
        typer.Option("--home", help="Folder of results and data, on a file system that the cluster and you see."),
    ] = None,
    journal: JournalOption = None,
    tracking_uri: TrackingOption = None,
    data_root: DataRootOption = None,
    plugin: PluginOption = None,
    trust_plugins: TrustOption = False,
    with_source: Annotated[
        bool, typer.Option("--with-source", help="Send this symbench along, instead of using the cluster's.")
    ] = False,
) -> None:
    """Run a suite on a cluster: it, its files and plug-ins travel there; credentials do by a way that nobody reads."""
    if home is None and journal is None:
        raise typer.BadParameter(
            "the job's own folder goes with the job: say where its journal is to be kept",
            param_hint="--home, --journal",
        )
    here = home if home and home.is_dir() else None  # --home may exist on the cluster alone
    checked = open_suite(suite, data_root, here, trust_plugins, open_plugins(plugin))
    from symbench.jobs.client import Cluster
    from symbench.jobs.environment import driver_environment, exposure
    from symbench.jobs.staging import Job
    from symbench.jobs.status import next_commands

    job = Job(
        suite=checked,
        plugins=tuple(plugin or ()),
        only=only,
        fresh=fresh,
        home=home.absolute() if home else None,
        journal=journal if journal is None or "://" in journal else str(Path(journal).absolute()),
        data_root=data_root.resolve() if data_root else None,
        with_source=with_source,
        environment=driver_environment(tracking_uri),
    )
    warning = exposure(address, job)
    if warning:
        typer.echo(warning, err=True)
    if home is None:
        typer.echo("without --home the report, and MLflow's SQLite where no store is named, go with the job", err=True)
    cluster = Cluster(address)
    job_id = cluster.submit(job)
    typer.echo(job_id)
    if follow:
        follow_to_the_end(cluster, job_id)
    typer.echo(next_commands(cluster.address, job_id), err=True)
