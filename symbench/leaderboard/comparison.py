"""Two sets of results side by side: the difference of each entry's score, and what differs in the keys of its trials.

Entries correspond by their labels and training size, trials by their seed: the same seed means the same data unless the
data changed. A difference is marked as real if the test of `stats.separation` finds it at 5 % for all entries of the
comparison together (Bonferroni): of twenty entries that nothing touched, one would else seem changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from symbench.component import FrozenModel, Track
from symbench.errors import UnknownNameError
from symbench.leaderboard.estimates import scores_by_seed
from symbench.leaderboard.table import NOTHING, Line, Table, grouped
from symbench.metrics.catalog import SCORE, metric
from symbench.metrics.metric import Metric
from symbench.stats import paired_difference, separated_pairs
from symbench.trial.result import TrialResult
from symbench.trial.spec import TrialSpec

if TYPE_CHECKING:
    import pandas as pd

Entry = tuple[Track, str, str, int]

_LEVEL = 0.95
_LONGEST = 40  # characters of a value that is shown
_MOST_CHANGES = 4


class ComparedRow(FrozenModel):
    """One entry of two sets of results; the difference is that of the first minus the second."""

    track: Track
    task: str
    method: str
    train_size: int
    metric: str = Field(description="the metric that is compared")
    one: float | None = Field(description="mean over the common seeds in the first set, over all if there are none")
    other: float | None = Field(description="the same in the second set")
    difference: float | None = Field(description="mean paired difference; None without a common seed")
    low: float | None = Field(description="lower end of its 95 % interval; None for fewer than two seeds")
    high: float | None = Field(description="upper end")
    seeds: int = Field(ge=0, description="number of common seeds")
    differs: bool = Field(description="whether the difference is real at 5 % for all entries together")
    same_keys: bool = Field(description="whether the trials of the common seeds are the same, key by key")
    changed: tuple[str, ...] = Field(description="what differs in the keys, as `method.version 1 → 2`")


def compare_results(
    one: Sequence[TrialResult], other: Sequence[TrialResult], name: str | None = None
) -> list[ComparedRow]:
    """The entries of both sets, in the order of the first; entries without a value in both are left out.

    name    a metric; by default the score of the track

    Raises UnknownNameError for a metric that no result has.
    """
    left, right = _by_entry(one), _by_entry(other)
    entries = [entry for entry in {**left, **right} if _has_value(entry, left, name) or _has_value(entry, right, name)]
    if name is not None and not entries:
        raise UnknownNameError(
            "recorded metric", name, {known for result in (*one, *other) for known in result.metrics}
        )
    level = 1.0 - (1.0 - _LEVEL) / max(1, len(entries))
    return [_row(entry, left.get(entry, []), right.get(entry, []), name, level) for entry in entries]


def _by_entry(results: Sequence[TrialResult]) -> dict[Entry, list[TrialResult]]:
    entries: dict[Entry, list[TrialResult]] = {}
    for result in results:
        spec = result.spec
        entries.setdefault((spec.track, spec.task_label, spec.method_label, spec.train_size), []).append(result)
    return entries


def _has_value(entry: Entry, entries: Mapping[Entry, Sequence[TrialResult]], name: str | None) -> bool:
    return bool(scores_by_seed(entries.get(entry, []), name or SCORE[entry[0]]))


def _row(
    entry: Entry, ours: Sequence[TrialResult], theirs: Sequence[TrialResult], name: str | None, level: float
) -> ComparedRow:
    track, task, method, size = entry
    column = metric(name or SCORE[track])
    scores = scores_by_seed(ours, column.name), scores_by_seed(theirs, column.name)
    common = scores[0].keys() & scores[1].keys()
    means = [_mean([value for seed, value in each.items() if seed in common or not common]) for each in scores]
    difference = paired_difference(*scores)
    mine, yours = ({r.spec.seed: r for r in each} for each in (ours, theirs))
    pairs = [(mine[seed].spec, yours[seed].spec) for seed in sorted(mine.keys() & yours.keys())]
    return ComparedRow(
        track=track,
        task=task,
        method=method,
        train_size=size,
        metric=column.name,
        one=means[0],
        other=means[1],
        difference=None if difference is None else difference.mean,
        low=None if difference is None else difference.low,
        high=None if difference is None else difference.high,
        seeds=len(common),
        differs=_differs(scores, column, level),
        same_keys=bool(pairs) and all(a.key == b.key for a, b in pairs),
        changed=_presence(ours, theirs) or key_changes(pairs),
    )


def _differs(scores: tuple[dict[int, float], dict[int, float]], column: Metric, level: float) -> bool:
    both = {"one": scores[0], "other": scores[1]}
    return bool(separated_pairs(both, shapeless=column.shapeless, level=level))


def _mean(values: Sequence[float]) -> float | None:
    return sum(sorted(values)) / len(values) if values else None


def _presence(ours: Sequence[TrialResult], theirs: Sequence[TrialResult]) -> tuple[str, ...]:
    if ours and theirs:
        return ()
    return ("only in the first",) if ours else ("only in the second",)


def key_changes(pairs: Sequence[tuple[TrialSpec, TrialSpec]]) -> tuple[str, ...]:
    """What differs in the keys of pairs of trials: versions, data, parameters; each once over all pairs.

    `second → first` is written as `from → to`, so that the second set is the former one. Values that differ between the
    pairs are left out.
    """
    found: dict[str, set[str]] = {}
    for new, old in pairs:
        if new.key == old.key:
            continue
        after, before = _flat(new.content()), _flat(old.content())
        for path in sorted(after.keys() | before.keys()):
            if after.get(path) != before.get(path):
                found.setdefault(path, set()).add(f"{_short(path, before)} → {_short(path, after)}")
    changes = [f"{path} {texts.pop()}" if len(texts) == 1 else f"{path} changed" for path, texts in found.items()]
    more = len(changes) - _MOST_CHANGES
    return (*changes[:_MOST_CHANGES], *([f"{more} more"] if more > 0 else []))


def _flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested values by their path; a change of version is listed first."""
    flat: dict[str, Any] = {}
    for name, value in content.items():
        path = f"{prefix}{name}"
        flat.update(_flat(value, f"{path}.") if isinstance(value, Mapping) else {path: value})
    return flat


def _short(path: str, values: Mapping[str, Any]) -> str:
    if path not in values:
        return "not stated"
    text = str(values[path])
    if path in ("data_digest", "source"):
        return text[:8]
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def environment_changes(one: Sequence[TrialResult], other: Sequence[TrialResult]) -> list[str]:
    """What differs in the environments, as `torch 2.6.0 → 2.7.0`; several values of a set are joined by `and`."""
    sets = [_environment(other), _environment(one)]
    names = sorted(sets[0].keys() | sets[1].keys())
    return [
        f"{name} {' and '.join(sorted(sets[0].get(name, {NOTHING})))} → "
        f"{' and '.join(sorted(sets[1].get(name, {NOTHING})))}"
        for name in names
        if sets[0].get(name) != sets[1].get(name)
    ]


def _environment(results: Sequence[TrialResult]) -> dict[str, set[str]]:
    values: dict[str, set[str]] = {}
    for result in results:
        for name, value in result.environment.items():
            values.setdefault(name, set()).add(value)
    return values


def comparison_frame(rows: Sequence[ComparedRow]) -> pd.DataFrame:
    """The rows as a pandas table; `changed` is one text."""
    import pandas as pd

    records = [{**row.model_dump(mode="json"), "changed": "; ".join(row.changed)} for row in rows]
    return pd.DataFrame.from_records(records, columns=list(ComparedRow.model_fields))


def comparison_tables(rows: Sequence[ComparedRow], names: tuple[str, str], notes: Sequence[str] = ()) -> list[Table]:
    """One table for each track.

    names   how the two sets are called
    notes   sentences for the last table
    """
    heads = ("task", "method", "N", *names, "difference", "seeds", "changed")
    explanation = (
        "Paired by seed, with 95 % intervals over seeds; * is a difference at 5 % for all entries together. If every "
        "seed has the same difference, its interval has no width and says nothing."
    )
    tables = []
    for track in Track:
        group = [row for row in rows if row.track is track]
        if group:
            title = f"{metric(group[0].metric).title}, {track} track: {names[0]} − {names[1]}"
            tables.append((title, grouped([Line(_cells(row)) for row in group])))
    last = len(tables) - 1
    return [
        Table(title, heads, lines, ("task", "method", "changed"), " ".join([explanation, *notes]) if i == last else "")
        for i, (title, lines) in enumerate(tables)
    ]


def _cells(row: ComparedRow) -> tuple[str, ...]:
    column = metric(row.metric)

    def shown(value: float | None) -> str:
        return NOTHING if value is None else column.text(value)

    return (
        row.task,
        row.method,
        f"{row.train_size:,}",
        shown(row.one),
        shown(row.other),
        _difference(row),
        str(row.seeds),
        "; ".join(row.changed) or ("same trials" if row.same_keys else NOTHING),
    )


def _difference(row: ComparedRow) -> str:
    if row.difference is None:
        return NOTHING
    text = f"{row.difference:+.4g}"
    if row.low is None or row.high is None:
        return f"{text} (1 seed)"
    return f"{text} [{row.low:+.4g}, {row.high:+.4g}]" + (" *" if row.differs else "")
