"""`symbench sync`: update an MLflow store from the journal."""

from __future__ import annotations

import typer

from symbench.cli.options import SuiteOptions, TrackingOption, grouped


@grouped
def sync(suite: SuiteOptions, tracking_uri: TrackingOption = None) -> None:
    """Write the results of the journal that are missing in an MLflow store."""
    planned = suite.recorded()
    from symbench.leaderboard import leaderboard
    from symbench.redaction import redact_address
    from symbench.tracking import Owner, publish
    from symbench.tracking import sync as replay

    uri = tracking_uri or suite.folder.tracking_uri
    view = planned.view()
    trained = [result for search in planned.searches() for result in search.results.values()]
    location = suite.location(planned.suite.name)
    with location.unless_held() as identity:
        count = replay(
            uri,
            planned.suite.name,
            [*view.results, *trained],
            leaderboard(view.all, current_keys=view.keys),
            suite.folder.artifacts,
            journal=identity,
            owner=Owner.of(suite.folder.root, location.identity()),
        )
    publish(
        uri,
        planned.suite.name,
        suite.folder.report(planned.suite.name),
        suite.folder.artifacts,
        owner=Owner.of(suite.folder.root, location.identity()),
    )
    typer.echo(f"{count} trials of {planned.suite.name} are in {redact_address(uri)}")
