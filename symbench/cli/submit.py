"""`symbench submit`: run a suite as a job of a Ray cluster."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from symbench.cli.jobs import AddressOption, follow_to_the_end
from symbench.cli.options import (
    DataRootOption,
    FreshOption,
    JournalOption,
    OnlyOption,
    PluginOption,
    SuiteArgument,
    TrackingOption,
    TrustOption,
    grouped,
    open_plugins,
    open_suite,
    trust_of,
)

if TYPE_CHECKING:
    from symbench.jobs.staging import Job


@dataclass(frozen=True)
class JobOptions:
    """The suite and files that are sent to the cluster, and the location of the results there."""

    suite: SuiteArgument
    only: OnlyOption = None
    fresh: FreshOption = False
    home: Annotated[
        Path | None,
        typer.Option("--home", help="Folder of results and data, on a file system shared with the cluster."),
    ] = None
    journal: JournalOption = None
    data_root: DataRootOption = None
    plugin: PluginOption = None
    trust_plugins: TrustOption = False
    with_source: Annotated[
        bool, typer.Option("--with-source", help="Send this version of symbench, instead of using the cluster's.")
    ] = False

    def job(self, environment: dict[str, str]) -> Job:
        """The checked job; raises SuiteError."""
        from symbench.jobs.staging import Job

        here = self.home if self.home and self.home.is_dir() else None  # --home may exist on the cluster alone
        trust = trust_of(here, self.trust_plugins, open_plugins(self.plugin))
        journal = self.journal
        return Job(
            suite=open_suite(self.suite, self.data_root, trust),
            plugins=tuple(self.plugin or ()),
            only=self.only,
            fresh=self.fresh,
            home=self.home.absolute() if self.home else None,
            journal=journal if journal is None or "://" in journal else str(Path(journal).absolute()),
            data_root=self.data_root.resolve() if self.data_root else None,
            with_source=self.with_source,
            environment=environment,
        )


@grouped
def submit(
    options: JobOptions,
    address: AddressOption,
    follow: Annotated[bool, typer.Option("--follow", help="Show the log, and exit with the run's exit code.")] = False,
    tracking_uri: TrackingOption = None,
) -> None:
    """Run a suite on a cluster; its files and plug-ins are sent there, and credentials through a private channel."""
    if options.home is None and options.journal is None:
        raise typer.BadParameter(
            "the cluster deletes the job's working folder when the job ends: state where to keep the journal",
            param_hint="--home, --journal",
        )
    from symbench.jobs.client import Cluster
    from symbench.jobs.environment import driver_environment, exposure
    from symbench.jobs.status import next_commands

    job = options.job(driver_environment(tracking_uri))
    warning = exposure(address, job)
    if warning:
        typer.echo(warning, err=True)
    if options.home is None:
        typer.echo(
            "without --home, the report and MLflow's SQLite file (if no store is named) are lost with the job",
            err=True,
        )
    cluster = Cluster(address)
    job_id = cluster.submit(job)
    typer.echo(job_id)
    if follow:
        follow_to_the_end(cluster, job_id)
    typer.echo(next_commands(cluster.address, job_id), err=True)
