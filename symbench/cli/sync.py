"""`symbench sync`: bring an MLflow store up to the journal."""

from __future__ import annotations

import typer

from symbench.cli.options import (
    DataRootOption,
    HomeOption,
    JournalOption,
    PluginOption,
    SuiteArgument,
    TrackingOption,
    open_home,
    open_recorded,
)


def sync(
    suite: SuiteArgument,
    home: HomeOption = None,
    tracking_uri: TrackingOption = None,
    data_root: DataRootOption = None,
    plugin: PluginOption = None,
    journal: JournalOption = None,
) -> None:
    """Replay the journal into an MLflow store, without doubles."""
    planned = open_recorded(suite, home, data_root, plugin, journal)
    from symbench.journal.location import JournalLocation
    from symbench.leaderboard import leaderboard
    from symbench.tracking import redact
    from symbench.tracking import sync as replay

    place = open_home(home)
    uri = tracking_uri or place.tracking_uri
    results = planned.results()
    trained = [result for search in planned.searches() for result in search.results.values()]
    with JournalLocation.of(journal, place, planned.suite.name).unless_held() as identity:
        held = replay(
            uri,
            planned.suite.name,
            [*results, *trained],
            leaderboard([*results, *planned.stale()], current_keys=planned.keys()),
            place.artifacts,
            journal=identity,
        )
    typer.echo(f"{held} trials of {planned.suite.name} are in {redact(uri)}")
