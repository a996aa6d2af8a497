"""`symbench run`: a suite from YAML to leaderboard and report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from symbench.cli.options import FreshOption, OnlyOption, SuiteOptions, TrackingOption, grouped
from symbench.cli.plan import show_plan

if TYPE_CHECKING:
    from symbench.driver.flow import RunSummary
    from symbench.executors import Executor


@dataclass(frozen=True)
class ExecutorOptions:
    """The executor of the trials, and its limits."""

    executor: Annotated[str, typer.Option(help="Where trials run: 'ray' or 'local' (this process).")] = "ray"
    address: Annotated[
        str | None, typer.Option(help="A running Ray cluster; without it, Ray is started on this machine.")
    ] = None
    cpus: Annotated[int | None, typer.Option(min=1, help="CPUs that the embedded Ray may use.", show_default="all")] = (
        None
    )
    wait_for_nodes: Annotated[
        float,
        typer.Option(
            min=0,
            metavar="SECONDS",
            envvar="SYMBENCH_WAIT_FOR_NODES",
            help="How long to wait for nodes that can run every trial, on an autoscaling cluster.",
        ),
    ] = 0.0

    def maker(self) -> Callable[[], Executor]:
        """A function that makes the executor; it is called only if something has to run."""
        from symbench.executors import Limits, make_executor

        limits = Limits(wait_for_nodes_s=self.wait_for_nodes)
        return lambda: make_executor(self.executor, address=self.address, cpus=self.cpus, limits=limits)


@grouped
def run(
    suite: SuiteOptions,
    where: ExecutorOptions,
    only: OnlyOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and stop.")] = False,
    fresh: FreshOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    report_to: Annotated[
        Path | None, typer.Option("--report", help="Folder of the report.", show_default="inside --home")
    ] = None,
    tracking_uri: TrackingOption = None,
) -> None:
    """Run the missing trials of a suite, then print the leaderboard and write the report."""
    if where.executor not in ("ray", "local"):
        raise typer.BadParameter(f"{where.executor!r} is neither 'ray' nor 'local'", param_hint="--executor")
    if dry_run:
        show_plan(suite, only, as_json)
        return
    checked = suite.checked()
    from symbench.cli.signals import stoppable
    from symbench.driver.flow import run_suite
    from symbench.driver.progress import show_progress

    with stoppable() as stop:
        try:
            with show_progress(quiet=as_json) as observer:
                summary = run_suite(
                    checked,
                    where.maker(),
                    observer,
                    home=suite.folder,
                    tracking_uri=tracking_uri,
                    journal_at=suite.journal,
                    only=only,
                    fresh=fresh,
                    plugins=suite.plugins,
                )
            page = _report(summary, report_to or suite.folder.report(checked.name), suite)
        except KeyboardInterrupt:
            journal = suite.location(checked.name).local
            count = _lines(journal)
            typer.echo(f"symbench: stopped; {count} results are in {journal}, the same command continues", err=True)
            raise typer.Exit(stop.exit_code) from None
    _conclude(summary, page, as_json)


def _lines(path: Path) -> int:
    """The number of results in a journal, without parsing them."""
    if not path.exists():
        return 0
    with path.open("rb") as file:
        return sum(line.endswith(b"\n") for line in file)


def _report(summary: RunSummary, folder: Path, options: SuiteOptions) -> Path | None:
    """Write the report, also to MLflow, unless the existing one was written from the same suite and results."""
    from symbench.report.identity import is_current, report_identity

    if not summary.results:
        return None
    identity = report_identity(summary.suite.text, summary.digest)
    if is_current(folder, identity):
        return folder / "report.html"
    from symbench.report import write_report

    results = [*summary.results, *summary.stale]
    page = write_report(summary.suite, results, folder, current_keys=summary.keys, identity=identity).html
    if not summary.tracking_failure:
        from symbench.errors import InfrastructureError
        from symbench.tracking import Owner, publish

        name, home = summary.suite.name, options.folder
        owner = Owner.of(home.root, options.location(name).identity())
        try:
            publish(summary.tracking_uri, name, folder, home.artifacts, owner=owner)
        except InfrastructureError as error:
            summary.tracking_failure = f"the report is missing: {error}"
    return page


def _conclude(summary: RunSummary, page: Path | None, as_json: bool) -> None:
    """Print the outcome; exit with code 1 if a trial did not end well."""
    import shutil

    from symbench.leaderboard.challenge import challenge_table, challenges
    from symbench.leaderboard.scores import score_tables
    from symbench.leaderboard.table import terminal
    from symbench.redaction import redact_address

    counts = {status.value: count for status, count in sorted(summary.statuses.items())}
    challenged = challenges(summary.results)
    where = {
        "report": str(page) if page else None,
        "journal": str(summary.journal),
        "mlflow": redact_address(summary.tracking_uri),
    }
    if as_json:
        import json

        rows = [row.model_dump(mode="json") for row in summary.rows]
        document = {
            "suite": summary.suite.name,
            "executed": summary.executed,
            "trials": counts,
            **where,
            "leaderboard": rows,
            "challenge": [row.model_dump(mode="json") for row in challenged],
        }
        typer.echo(json.dumps(document, indent=1))
    else:
        tables = [*score_tables(summary.rows), *([challenge_table(challenged)] if challenged else [])]
        typer.echo(terminal(tables, width=shutil.get_terminal_size((140, 24)).columns))
        typer.echo(f"{summary.suite.name}: " + ", ".join(f"{count} {status}" for status, count in counts.items()))
        for name, path in where.items():
            if path:
                typer.echo(f"{name:8s} {path}")
    if summary.tracking_failure:
        typer.echo(
            f"MLflow is not up to date ({summary.tracking_failure}); run `symbench sync {summary.suite.file}`",
            err=True,
        )
    if summary.copy_failure:
        typer.echo(
            f"the copy of the journal is not up to date ({summary.copy_failure}); {summary.journal} is complete, and "
            "the next run updates the copy",
            err=True,
        )
    if not all(result.final for result in summary.results):
        raise typer.Exit(1)
