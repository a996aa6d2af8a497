"""`symbench merge`: join journals of one suite that were written apart."""

from __future__ import annotations

from typing import Annotated

import typer

from symbench.cli.options import SuiteOptions, grouped
from symbench.words import for_terminal


@grouped
def merge(
    suite: SuiteOptions,
    journals: Annotated[
        list[str],
        typer.Argument(
            help="Journals: a .jsonl file, a folder that contains one (of a job, a run or an export), or a URL.",
            show_default=False,
        ),
    ],
) -> None:
    """Add the results of other journals of the suite to its journal; the data need not be here."""
    from symbench.driver.entries import Entries
    from symbench.driver.recorded import plan_with, stated_name
    from symbench.errors import JournalError
    from symbench.journal.merge import merge as join
    from symbench.journal.merge import open_source
    from symbench.suite.packaged import locate
    from symbench.suite.source import read_source

    file = locate(suite.suite)
    source = read_source(file)
    name = stated_name(source)
    if name is None:
        suite.checked()  # raises SuiteError with the mistake
        raise AssertionError("a suite without a name was accepted")
    sources = [open_source(place, name, suite.folder) for place in journals]
    location = suite.location(name)
    with location.write() as (journal, copy):
        held = {key: result for _, each in [*sources, ("", journal)] for key, result in each.latest().items()}
        plan = plan_with(
            source, file.resolve().parent, suite.folder, held, data_root=suite.data_root, trust=suite.trust()
        )
        entries = Entries(plan)
        merged = join(journal, sources, lambda result: entries.own(result) is not None)
    for part in merged:
        text = f"{part.source}: {part.trials} trials, {part.added} added"
        text += f", {part.better} in place of one that failed" if part.better else ""
        text += f", {part.foreign} left out, which are no trials of {name}" if part.foreign else ""
        typer.echo(for_terminal(text))
    typer.echo(f"{sum(part.added + part.better for part in merged)} results added to {location}")
    if copy is not None and copy.failure:
        raise JournalError(f"the copy of the journal is not up to date ({copy.failure}); repeat the command")
    if merged and all(part.foreign == part.trials for part in merged):
        raise JournalError(f"none of these journals has a result of {name}")
