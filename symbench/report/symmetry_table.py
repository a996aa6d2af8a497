"""What a symmetry that was found, or stated, made of the classifiers that were built or trained on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from symbench.algebra.metric import signature
from symbench.leaderboard.scores import estimate_text
from symbench.leaderboard.table import NOTHING, Line, Table
from symbench.metrics.catalog import metric
from symbench.report.study import Study
from symbench.trial.reference import PLACEHOLDER
from symbench.trial.result import TrialResult

_TOLD = ("augmented_by", "eta_cosine", "metric_defect", "metric_gap")
_VANISHES = 0.05  # of the largest eigenvalue: a found metric is known to a few per cent


def given_table(study: Study, task: str) -> Table | None:
    """Of each classifier with a metric or a group of its own: whose it is, and how well it is determined.

    At the largest size; None where no classifier tells of one.
    """
    size = study.largest(task)
    lines = []
    for row in study.rows_of(task, size):
        if any(name in row.metrics for name in _TOLD):
            trials = study.ok(task, row.method, size)
            told = (estimate_text(metric(name), row.metrics.get(name)) for name in _TOLD)
            lines.append(Line((row.method, _source(trials), *told, _signatures(trials))))
    heads = ("method", "symmetry of", *(metric(name).heading for name in _TOLD), "signature")
    words = ("method", "symmetry of", "signature")
    return (
        Table(f"The symmetry that classifiers were given, N = {size:,}", heads, tuple(lines), words) if lines else None
    )


def _source(trials: Sequence[TrialResult]) -> str:
    """`liegan on top-tagging-density, N = 1,000`, where generators of it enter the classifier's parameters."""
    found = {
        f"{t.spec.source.method_label} on {t.spec.source.task_label}, N = {t.spec.source.train_size:,}"
        for t in trials
        if t.spec.source is not None and PLACEHOLDER in t.spec.method.parameters.values()
    }
    return ", ".join(sorted(found)) or "the suite"


def _signatures(trials: Sequence[TrialResult]) -> str:
    """(positive, negative) eigenvalues of the metric, with how many seeds have it; a third number where some vanish."""
    forms = [form for t in trials if (form := t.array("metric")) is not None]
    counts: Counter[str] = Counter()
    for form in forms:
        positive, negative, vanishing = signature(form, _VANISHES)
        counts[f"({positive}, {negative}{f', {vanishing}' if vanishing else ''})"] += 1
    return ", ".join(f"{text} in {n} of {len(forms)}" for text, n in counts.most_common()) or NOTHING
