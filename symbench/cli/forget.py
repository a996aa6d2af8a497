"""`symbench forget`: remove results from a journal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from symbench.cli.options import SuiteOptions, grouped
from symbench.words import for_terminal

if TYPE_CHECKING:
    from symbench.driver.entries import Entries
    from symbench.journal.forget import Forgotten


@grouped
def forget(
    suite: SuiteOptions,
    only: Annotated[
        str, typer.Option("--only", help="Entries to forget: a pattern on task, method or task/method, as of `run`.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be removed, and change nothing.")] = False,
) -> None:
    """Remove the results of entries from the journal; the trials run again in the next run."""
    from symbench.driver.entries import Entries
    from symbench.journal.forget import forget as remove
    from symbench.journal.forget import forgettable

    plan = suite.recorded()
    entries = Entries(plan)
    selects = entries.selected_by(only)
    if not any(selects(result) for result in plan.recorded.values()):
        raise entries.unknown(only, list(plan.recorded.values()))
    location = suite.location(plan.suite.name)
    found = forgettable(location.read(), selects) if dry_run else remove(location, selects)
    _tell(found, entries, str(location), "would remove" if dry_run else "removed")


def _tell(found: Forgotten, entries: Entries, place: str, verb: str) -> None:
    """The removed trials by entry and size, and the results that were computed from them."""
    trials = {result.key: result for result in found.results}
    counts = Counter(
        (*entries.labels(result), result.spec.train_size, result.spec.configuration is not None)
        for result in trials.values()
    )
    for (task, method, size, is_training), count in counts.items():
        what = "training of its search" if is_training else "trial"
        typer.echo(for_terminal(f"{task}/{method}, N = {size}: {count} {what}{'s' if count > 1 else ''}"))
    lines = len(found.results)
    typer.echo(
        f"{verb} {lines} result{'s' if lines != 1 else ''} of {found.trials} trials in {place}; {found.kept} stay"
    )
    if found.used_by:
        users = sorted({"/".join(entries.labels(result)) for result in found.used_by})
        typer.echo(
            for_terminal(f"{len(found.used_by)} results that stay were computed from these: {', '.join(users)}"),
            err=True,
        )
