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
    TrustOption,
    open_home,
    open_recorded,
)


def sync(
    suite: SuiteArgument,
    home: HomeOption = None,
    tracking_uri: TrackingOption = None,
    data_root: DataRootOption = None,
    plugin: PluginOption = None,
    trust_plugins: TrustOption = False,
    journal: JournalOption = None,
) -> None:
    """Replay the journal into an MLflow store, without doubles."""
    planned = open_recorded(suite, home, data_root, plugin, trust_plugins, journal)
    from symbench.journal.location import JournalLocation
    from symbench.leaderboard import leaderboard
    from symbench.redaction import redact_address
    from symbench.tracking import Owner
    from symbench.tracking import sync as replay

    place = open_home(home)
    uri = tracking_uri or place.tracking_uri
    view = planned.view()
    trained = [result for search in planned.searches() for result in search.results.values()]
    location = JournalLocation.of(journal, place, planned.suite.name)
    with location.unless_held() as identity:
        held = replay(
            uri,
            planned.suite.name,
            [*view.results, *trained],
            leaderboard(view.all, current_keys=view.keys),
            place.artifacts,
            journal=identity,
            owner=Owner.of(place.root, location.identity()),
        )
    typer.echo(f"{held} trials of {planned.suite.name} are in {redact_address(uri)}")
