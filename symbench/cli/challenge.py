"""`symbench challenge`: which transformations do the events of a task exclude as symmetries?"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from symbench.cli.catalogue import JsonOption
from symbench.cli.options import DataRootOption, HomeOption, TrustOption, open_home, open_tasks, trust_of
from symbench.errors import DataError
from symbench.words import for_terminal


def challenge(
    name: Annotated[str, typer.Argument(help="A suite, or the name of a task (with its default parameters).")],
    transformations: Annotated[
        list[str] | None,
        typer.Option(
            "--transformation",
            "-t",
            help="A transformation, such as parity, exchange*parity or beam_boost:0.5; may be repeated.",
            show_default="parity, beam_flip, beam_rotation, swap_xz, beam_boost:0.5",
        ),
    ] = None,
    events: Annotated[int, typer.Option(min=40, help="Largest number of events to use of each task.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the order of events and of the draws.")] = 0,
    as_json: JsonOption = False,
    home: HomeOption = None,
    data_root: DataRootOption = None,
    trust_plugins: TrustOption = False,
) -> None:
    """Test transformations on events without a label: can a classifier tell an event from its transformed copy?

    A symmetry is challenged or not challenged; it is never confirmed. A transformation keeps the class labels of jets.
    """
    from symbench.data.draws import drawn
    from symbench.tasks.base import DataContext
    from symbench.which_is_real.table import challenge as tested
    from symbench.which_is_real.transformations import DEFAULTS
    from symbench.which_is_real.trial import classes_of, events_of

    context = DataContext(open_home(home).data)
    answers = {}
    for label, task in open_tasks(name, data_root, trust_of(home, trust_plugins, [])):
        data = task.load(context)
        some = data.take(drawn(len(data), min(events, len(data)), seed))
        sample = events_of(task, some)
        try:
            table = tested(
                sample.vectors,
                transformations or DEFAULTS,
                labels=classes_of(task, some),
                charges=sample.charges,
                seed=seed,
            )
        except ValueError as error:
            raise DataError(f"{label}: {error}") from None
        answers[label] = table.to_dict("records")
        if not as_json:
            typer.echo(for_terminal(f"{label}: {len(some)} events"))
            typer.echo(table.to_string(index=False, float_format=lambda value: f"{value:.3g}"))
    if as_json:
        typer.echo(json.dumps(answers, indent=1))
