"""`symbench jobs`, `logs` and `stop`: the jobs that were submitted to a cluster."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from symbench.jobs.client import Cluster
    from symbench.jobs.status import JobStatus

AddressOption = Annotated[
    str,
    typer.Option(
        "--address",
        envvar="RAY_API_SERVER_ADDRESS",
        help="The cluster's dashboard, as in http://HOST:8265.",
        show_default=False,
    ),
]
JobArgument = Annotated[
    str, typer.Argument(help="The job's id, or an unambiguous beginning of it.", show_default=False)
]


def jobs(
    address: AddressOption,
    as_json: Annotated[bool, typer.Option("--json", help="Print the jobs as JSON.")] = False,
) -> None:
    """List the jobs that symbench submitted to a cluster, newest first."""
    known = _open(address).jobs()
    if as_json:
        from dataclasses import asdict

        typer.echo(json.dumps([asdict(job) for job in known], indent=1))
        return
    table = [("job", "suite", "attempt", "status", "started", "took", "message"), *(_row(job) for job in known)]
    widths = [max(len(line[column]) for line in table) for column in range(6)]
    for line in table:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=False)]
        typer.echo("  ".join([*cells, line[6]]).rstrip())


def logs(
    job: JobArgument,
    address: AddressOption,
    follow: Annotated[
        bool, typer.Option("--follow", help="Follow the log until the job ends; exit with the run's exit code.")
    ] = False,
) -> None:
    """Print the output of a job."""
    cluster = _open(address)
    job_id = cluster.job(job).id
    if follow:
        follow_to_the_end(cluster, job_id)
    typer.echo(cluster.log(job_id), nl=False)


def stop(
    job: JobArgument,
    address: AddressOption,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for the job to end.")] = 60.0,
) -> None:
    """Stop a job in the same way as Ctrl-C, and wait until it has ended; its journal is kept."""
    cluster = _open(address)
    known = cluster.job(job)
    if known.over:
        typer.echo(f"{known.id} has already ended: {known.status}")
        return
    typer.echo(f"{known.id} {cluster.stop(known.id, timeout_s=timeout).status}")


def follow_to_the_end(cluster: Cluster, job_id: str) -> NoReturn:
    """Show a job's log until it ends, then exit with the exit code of its run."""
    try:
        ended = cluster.follow(job_id, _show)
    except KeyboardInterrupt:
        from symbench.jobs.status import next_commands

        typer.echo(f"\n{job_id} continues: {next_commands(cluster.address, job_id)}", err=True)
        raise typer.Exit(130) from None
    typer.echo(f"{job_id} {ended.status}: {ended.summary()}", err=True)
    raise typer.Exit(ended.command_code())


def _open(address: str) -> Cluster:
    from symbench.jobs.client import Cluster
    from symbench.jobs.environment import exposure

    warning = exposure(address)
    if warning:
        typer.echo(warning, err=True)
    return Cluster(address)


def _show(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _row(job: JobStatus) -> tuple[str, ...]:
    started = time.strftime("%Y-%m-%d %H:%M", time.localtime(job.started)) if job.started else ""
    took = f"{(job.ended or time.time()) - job.started:.0f} s" if job.started else ""
    return job.id, job.suite, str(job.attempt), job.status, started, took, job.summary()[:160]
