"""Two sets of results side by side: what a change of code, of settings or of machine made of the scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from symbench.api.results import Results
from symbench.driver.entries import Entries
from symbench.driver.recorded import recorded_plan
from symbench.errors import JournalError
from symbench.home import Home
from symbench.journal.merge import open_source
from symbench.leaderboard import select
from symbench.leaderboard.comparison import compare_results, comparison_frame
from symbench.suite.packaged import locate
from symbench.suite.source import read_source
from symbench.trial.result import TrialResult

if TYPE_CHECKING:
    import pandas as pd


def compare(
    one: Results | str | Path,
    other: Results | str | Path | None = None,
    *,
    metric: str | None = None,
    home: str | Path | None = None,
) -> pd.DataFrame:
    """Score of `one` minus score of `other` for each task, method and training size.

    one, other   results; or where they are: a journal, the folder of a run or of an export, a suite recorded in `home`.
                 Without `other`, `one` is compared with its own stale results, those of former code or data
    metric       another metric than the score of the track

    Differences are paired by seed, with a 95 % interval over seeds. `differs` says whether a difference is real at 5 %
    for all entries together, `same_keys` whether the trials are the same, key by key, so that a difference can come
    from nothing but chance or the machine, and `changed` what differs in the keys. Raises JournalError if there is
    nothing to read, UnknownNameError for a metric that no result has.
    """
    first, second = two_sets(one, other, Home.default() if home is None else Home(Path(home).absolute()))
    return comparison_frame(compare_results(first, second, metric))


def two_sets(
    one: Results | str | Path, other: Results | str | Path | None, home: Home
) -> tuple[Sequence[TrialResult], Sequence[TrialResult]]:
    """The results to compare; see `compare`."""
    current, stale = _opened(one, home)
    if other is not None:
        return current, _opened(other, home)[0]
    if not stale:
        raise JournalError("there are no results of former code or data to compare with: name a second set")
    return current, stale


def _opened(place: Results | str | Path, home: Home) -> tuple[Sequence[TrialResult], Sequence[TrialResult]]:
    """Current and stale results; a journal without its suite keeps the labels that were recorded."""
    if isinstance(place, Results):
        return place.recorded
    path = Path(place)
    if path.suffix == ".jsonl" or (path.is_dir() and (path / "journal.jsonl").is_file()):
        _, journal = open_source(str(path), "", home)
        trials = [result for result in journal.latest().values() if result.spec.configuration is None]
        chosen = select(trials)
        return chosen.current, chosen.stale
    file = locate(path)
    plan = recorded_plan(read_source(file), file.resolve().parent, home)
    view = plan.view()
    return view.results, Entries(plan).former(plan.recorded.values(), view.keys)
