"""The typer application; importing it stays cheap, so that `--help` answers at once."""

from __future__ import annotations

import typer

from symbench.cli import (
    catalogue,
    challenge,
    compare,
    data,
    doctor,
    export,
    forget,
    init,
    jobs,
    leaderboard,
    merge,
    plan,
    plot,
    report,
    run,
    schema,
    submit,
    suites,
    sync,
    ui,
)

app = typer.Typer(
    name="symbench",
    help="Benchmarks of symmetry discovery, and of networks that respect symmetries, on collider data.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(show: bool) -> None:
    if show:
        import symbench

        typer.echo(f"symbench {symbench.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    return None


app.command("init")(init.init)
app.command("run")(run.run)
app.command("plan")(plan.plan)
app.command("submit")(submit.submit)
app.command("jobs")(jobs.jobs)
app.command("logs")(jobs.logs)
app.command("stop")(jobs.stop)
app.command("leaderboard")(leaderboard.leaderboard)
app.command("compare")(compare.compare)
app.command("report")(report.report)
app.command("plot")(plot.plot)
app.command("export")(export.export)
app.command("merge")(merge.merge)
app.command("forget")(forget.forget)
app.command("ui")(ui.ui)
app.command("sync")(sync.sync)
app.command("challenge")(challenge.challenge)
app.command("suites")(suites.suites)
app.command("methods")(catalogue.methods)
app.command("tasks")(catalogue.tasks)
app.command("doctor")(doctor.doctor)
app.command("schema")(schema.schema)
app.add_typer(data.app, name="data")
