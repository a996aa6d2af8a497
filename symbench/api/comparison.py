"""Two sets of results side by side: what a change of code, of settings or of machine made of the scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbench.api.results import Results, Trial
from symbench.metrics.catalog import SCORE
from symbench.stats.intervals import paired_difference

if TYPE_CHECKING:
    import pandas as pd

Entry = tuple[str, str, int]


def compare(one: Results, other: Results) -> pd.DataFrame:
    """Score of `one` minus score of `other` for each task, method and training size that both have.

    Differences are paired by seed, with a 95 % interval over seeds; `same_keys` says whether all trials of the entry
    are the same, key by key, so that a difference can come from nothing but chance or the machine.
    """
    import pandas as pd

    left, right = _by_entry(one), _by_entry(other)
    records = []
    for entry in (entry for entry in left if entry in right):
        ours, theirs = _scores(left[entry]), _scores(right[entry])
        difference = paired_difference(ours, theirs)
        if difference is None:
            continue
        task, method, train_size = entry
        records.append(
            {
                "task": task,
                "method": method,
                "train_size": train_size,
                "difference": difference.mean,
                "low": difference.low,
                "high": difference.high,
                "seeds": difference.n,
                "same_keys": {trial.key for trial in left[entry]} == {trial.key for trial in right[entry]},
            }
        )
    columns = ["task", "method", "train_size", "difference", "low", "high", "seeds", "same_keys"]
    return pd.DataFrame.from_records(records, columns=columns)


def _by_entry(results: Results) -> dict[Entry, list[Trial]]:
    entries: dict[Entry, list[Trial]] = {}
    for trial in results:
        entries.setdefault((trial.task, trial.method, trial.train_size), []).append(trial)
    return entries


def _scores(trials: list[Trial]) -> dict[int, float]:
    """Seed → the track's score, of the trials that have one."""
    return {trial.seed: trial.metrics[name] for trial in trials if (name := SCORE[trial.track]) in trial.metrics}
